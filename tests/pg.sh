#!/bin/sh
# tests/pg.sh run <command...>: starts a PostgreSQL of its own in a temporary folder, reachable by a unix socket only,
# runs the command with FAIRLEAD_TEST_DB=postgres and FAIRLEAD_TEST_PG_URL set, and always stops and removes the server.
# Without fsync and, where there is room, in memory: its data lives as long as the command. PG_BIN names the folder with initdb
# if it is not found.
set -eu

usage() {
    echo "usage: tests/pg.sh run <command...>" >&2
    exit 2
}
[ $# -ge 2 ] && [ "$1" = run ] || usage
shift

bin=${PG_BIN:-}
if [ -z "$bin" ]; then
    for d in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn) "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -x "$d/initdb" ]; then
            bin=$d
            break
        fi
    done
fi
if [ ! -x "$bin/initdb" ]; then
    echo "tests/pg.sh: PostgreSQL is not installed (apt-get install postgresql), or set PG_BIN" >&2
    exit 2
fi

# A database is 300 files, made and removed for nearly every test: in memory that costs half. Containers often have 64 MB there.
place=/tmp
[ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -1)" -ge 2000000 ] && place=/dev/shm

# The server refuses to run as root. A socket path has at most 107 bytes, so the folder is never below TMPDIR.
dir=$(mktemp -d $place/fairlead-pg.XXXXXX)
if [ "$(id -u)" = 0 ]; then
    chown postgres "$dir"
    as() { setpriv --reuid postgres --regid postgres --init-groups -- "$@"; }
    user=postgres
else
    as() { "$@"; }
    user=$(id -un)
fi
stop() {
    as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$dir"
if ! as "$bin/initdb" -D "$dir/data" -U "$user" -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1; then
    cat "$dir/log" >&2
    exit 2
fi
# max_connections also bounds how many finished transactions the server remembers one by one while another is open anywhere in it.
# With 200, the import of a large company beside a test of thousands of small ones had those refused as collisions.
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
port = 5432
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 1000
log_min_messages = panic
log_min_error_statement = panic
CONF
if ! as "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start >/dev/null 2>&1; then
    cat "$dir/server.log" >&2
    exit 2
fi
cd "$OLDPWD"

FAIRLEAD_TEST_DB=postgres
FAIRLEAD_TEST_PG_URL="postgresql://$user@/postgres?host=$dir&port=5432"
FAIRLEAD_TEST_PG_DATA=$dir/data
export FAIRLEAD_TEST_DB FAIRLEAD_TEST_PG_URL FAIRLEAD_TEST_PG_DATA
status=0
"$@" || status=$?
exit $status
