#!/bin/bash
# Plays tests/api/cases/*.txt and the matrix of refusals against a real server, on SQLite and on PostgreSQL. FAIRLEAD_BIN: the
# program (default build/fairlead). API_DB=sqlite|postgres: only one of them. Last line: "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/../.." || exit 2
passed=0 failed=0 skipped=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count() {
    local p f s
    cat "$1"
    read -r p f s < <(sed -n 's/^\([0-9]\+\) passed, \([0-9]\+\) failed, \([0-9]\+\) skipped$/\1 \2 \3/p' "$1" | tail -1)
    [ -n "${p:-}" ] || { p=0 f=1 s=0; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

export FAIRLEAD_BIN=${FAIRLEAD_BIN:-build/fairlead}
FAIRLEAD_BIN=$(realpath "$FAIRLEAD_BIN")
export API_DUMP=$work/dump
if ! "${CC:-cc}" -std=c17 -O1 -o "$API_DUMP" tests/api/dump.c -lsqlite3; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
# Each has a company of its own, so both play at once.
wanted=${API_DB:-sqlite postgres}
for kind in $wanted; do
    if [ "$kind" = sqlite ]; then
        node tests/api/run.mjs >"$work/sqlite" 2>&1 &
    elif tests/pg.sh run true 2>/dev/null; then
        tests/pg.sh run node tests/api/run.mjs >"$work/postgres" 2>&1 &
    else
        printf 'skipped: PostgreSQL is not installed\n0 passed, 0 failed, 1 skipped\n' >"$work/postgres"
    fi
done
wait
for kind in $wanted; do
    echo "-- $kind"
    count "$work/$kind"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
