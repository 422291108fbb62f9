#!/usr/bin/env bash
# Checks docs/promises.md against the tests, then runs every *.test.mjs of this folder against a built fairlead (FAIRLEAD_BIN,
# else build/fairlead). Last line: "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")" || exit 2
passed=0 failed=0 skipped=0
run() {
    local out last
    echo "== $1"
    out=$("${@:2}" 2>&1)
    printf '%s\n' "$out"
    last=$(printf '%s\n' "$out" | tail -n 1)
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
    else
        echo "$1 ended without a count"
        failed=$((failed + 1))
    fi
}
run docs/promises.md ../../tools/promises
for t in *.test.mjs; do
    run "$t" node "$t"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
