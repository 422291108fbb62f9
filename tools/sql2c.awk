# Fixed statements: src/<room>/<thing>.sql -> out/<room>/<thing>.sql.h and out/sql_all.c. Works with mawk and gawk.
#
# A statement begins at `-- name: word` and ends at the next one. Comments go, lines are joined by one blank, the last
# semicolon goes. n_params is the highest $n. `-- plan: scan` says that a full scan is meant.

function fail(text) {
    print FILENAME ":" FNR ": " text > "/dev/stderr"
    failed = 1
    exit 1
}

# Adds a line without its comment; quotes may not span lines.
function add_line(line,   i, c, n, quote, kept, num) {
    quote = ""
    kept = ""
    n = length(line)
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1)
        if (quote != "") {
            if (c == quote)
                quote = ""
        } else if (c == "'" || c == "\"") {
            quote = c
        } else if (c == "-" && substr(line, i + 1, 1) == "-") {
            break
        } else if (c == "$") {
            if (!match(substr(line, i + 1), /^[0-9]+/))
                fail("a $ without a number")
            num = substr(line, i + 1, RLENGTH) + 0
            if (num < 1 || num > 999)
                fail("parameter out of range")
            if (num > params[count])
                params[count] = num
        }
        kept = kept c
    }
    if (quote != "")
        fail("a quote stays open at the end of the line")
    gsub(/[ \t\r]+$/, "", kept)
    gsub(/^[ \t]+/, "", kept)
    if (kept == "")
        return
    if (text[count] ~ /;$/)
        fail("more than one statement under one name")
    text[count] = text[count] (text[count] == "" ? "" : " ") kept
}

function finish_statement() {
    if (count > 0 && open) {
        sub(/[ \t]*;$/, "", text[count])
        if (text[count] == "") {
            print file_of[count] ": statement " name[count] " is empty" > "/dev/stderr"
            failed = 1
            exit 1
        }
    }
    open = 0
}

function c_string(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    gsub(/\?/, "\\?", s)
    gsub(/\t/, "\\t", s)
    return "\"" s "\""
}

function header_path(file) {
    sub(/^src\//, "", file)
    return out "/" file ".h"
}

BEGIN { count = 0; files = 0; open = 0 }

FNR == 1 {
    finish_statement()
    files++
    file[files] = FILENAME
}

/^--[ \t]*name:/ {
    finish_statement()
    word = $0
    sub(/^--[ \t]*name:[ \t]*/, "", word)
    gsub(/[ \t\r]+$/, "", word)
    if (word !~ /^[a-z][a-z0-9_]*$/)
        fail("a statement's name has lower-case letters, digits and _ only: " word)
    if (word in seen)
        fail("statement " word " is also in " seen[word])
    seen[word] = FILENAME
    count++
    name[count] = word
    file_of[count] = FILENAME
    text[count] = ""
    params[count] = 0
    scan[count] = 0
    open = 1
    next
}

/^--[ \t]*plan:[ \t]*scan/ {
    if (!open)
        fail("a plan line before the first name")
    scan[count] = 1
    next
}

{
    bare = $0
    sub(/^[ \t\r]+/, "", bare)
    if (bare == "" || bare ~ /^--/)
        next
    if (!open)
        fail("text before the first `-- name:`")
    add_line($0)
}

END {
    if (failed)
        exit 1
    finish_statement()
    for (f = 1; f <= files; f++) {
        path = header_path(file[f])
        print "#pragma once\n/* Made by tools/sql2c from " file[f] ". */\n#include \"db/db.h\"\n" > path
        for (i = 1; i <= count; i++)
            if (file_of[i] == file[f])
                print "extern const struct sql sql_" name[i] ";" > path
        close(path)
    }
    path = out "/sql_all.c"
    print "/* Made by tools/sql2c. */\n#include \"db/db.h\"\n" > path
    for (i = 1; i <= count; i++) {
        print "extern const struct sql sql_" name[i] ";" > path
        print "const struct sql sql_" name[i] " = {\"" name[i] "\",\n    " c_string(text[i]) ",\n    " params[i] ", " (i - 1) ", " (scan[i] ? "true" : "false") "};" > path
    }
    print "\nconst struct sql *const sql_all[] = {" > path
    for (i = 1; i <= count; i++)
        print "    &sql_" name[i] "," > path
    print "    NULL,\n};\nconst int sql_count = " count ";" > path
    close(path)
}
