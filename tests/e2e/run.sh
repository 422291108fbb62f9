#!/usr/bin/env bash
# Runs every *.test.mjs of this folder against a built fairlead (FAIRLEAD_BIN, else build/fairlead) and adds up their counts.
set -u
cd "$(dirname "$0")" || exit 2
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then
    npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 && touch node_modules || { echo "npm ci failed in tests/e2e"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
fi
passed=0 failed=0 skipped=0
for t in *.test.mjs; do
    echo "== $t"
    out=$(node "$t" 2>&1)
    code=$?
    printf '%s\n' "$out"
    last=$(printf '%s\n' "$out" | tail -n 1)
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
    else
        echo "$t ended with $code and no count"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
