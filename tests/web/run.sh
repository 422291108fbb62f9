#!/usr/bin/env bash
# Checks of the web client: types, lint, unit tests, sizes, the committed build, and the browser tests on the demo company. The checks
# that need no browser run beside the browser's.
# Ends with "N passed, N failed, N skipped".
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../web" || exit 2
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok   $1"; }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
skip() { skipped=$((skipped + 1)); echo "skip $1"; }
end() { echo "$passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }
# check "what" command...: shows what the command says only if it fails.
check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then ok "$what"; else bad "$what"; printf '%s\n' "$said" | tail -40; fi
}
# add FILE: what it says, and the counts of its last line to ours; fails if there is none.
add() {
    cat "$1"
    [[ $(tail -n 1 "$1") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]] || return 1
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
}

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    skip "the web client: no node and npm here"
    end
fi
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    if ! npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1; then
        bad "npm ci in web"
        end
    fi
fi
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
bin() { node "node_modules/$1" "${@:2}"; }
build() { bin vite/bin/vite.js build --outDir "$temp/dist" --emptyOutDir && node tools/compress.mjs "$temp/dist/"; }
# What is compressed may differ between versions of zlib; what it holds may not.
same() { diff -r --exclude='*.br' --exclude='*.gz' dist "$temp/dist"; }

without_browser() {
    local new_node
    check "types" bin typescript/bin/tsc --noEmit
    check "lint" bin eslint/bin/eslint.js . --max-warnings 0
    new_node=$(node -p 'const [a, b] = process.versions.node.split(".").map(Number); a > 20 || (a === 20 && b >= 19)')
    if [ "$new_node" = true ]; then
        check "unit tests" bin vitest/vitest.mjs run
        check "build" build
        check "the committed build is the build of these sources" same
    else
        skip "unit tests: Vitest needs Node 20.19, this is $(node --version)"
        skip "build: Vite needs Node 20.19, this is $(node --version)"
    fi
    check "each built file lies there compressed, and holds the same" node "$here/compressed.mjs"
    check "sizes" node "$here/sizes.mjs"
    end
}
without_browser >"$temp/checks" 2>&1 &
checks=$!

# The shell of Chromium does the same with half the work of the whole browser, which does where the shell is not to be had.
browser() {
    local b
    for b in "${CHROMIUM:-/usr/bin/chromium-headless-shell}" "${CHROMIUM:-/usr/bin/chromium}"; do
        [ -x "$b" ] && return
    done
    return 1
}
if ! browser; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    echo "Installing a browser from Debian's archive, for the browser tests: chromium-headless-shell"
    $as_root apt-get update -q >/dev/null 2>&1
    for package in chromium-headless-shell chromium; do
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" >/dev/null 2>&1 && break
    done
fi
# mail.test.mjs has a mail server of its own: that of the end-to-end tests, with their packages.
mailing=$here/../e2e
if [ ! -d "$mailing/node_modules" ] || [ "$mailing/package-lock.json" -nt "$mailing/node_modules/.package-lock.json" ]; then
    (cd "$mailing" && npm ci --ignore-scripts --no-audit --no-fund) >/dev/null 2>&1 || bad "npm ci in tests/e2e"
fi
if browser; then
    timeout -k 10 1800 node "$here/run.mjs" >"$temp/browser" 2>&1
else
    printf '%s\n' "skip browser tests: no chromium here" "0 passed, 0 failed, 1 skipped" >"$temp/browser"
fi
wait "$checks"
add "$temp/checks" || bad "the checks without a browser ended without a count"
add "$temp/browser" || bad "the browser tests ended without a count"
end
