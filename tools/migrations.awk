# src/<room>/migrations/NNNN-name.sql -> C: struct migration migrations[], sorted by number, ending with number 0.
# The text stays as it is, comments included: its hash is kept in the database.

function fail(text) {
    print text > "/dev/stderr"
    failed = 1
    exit 1
}

function c_string(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    gsub(/\?/, "\\?", s)
    gsub(/\t/, "\\t", s)
    gsub(/\r/, "", s)
    return "\"" s "\\n\""
}

FNR == 1 {
    base = FILENAME
    sub(/^.*\//, "", base)
    if (base !~ /^[0-9][0-9][0-9][0-9]-[a-z0-9-]+\.sql$/)
        fail(FILENAME ": a migration is named NNNN-name.sql")
    number = substr(base, 1, 4) + 0
    if (number == 0)
        fail(FILENAME ": numbers begin at 1")
    if (number in text)
        fail(FILENAME ": number " number " is taken by " path[number])
    path[number] = FILENAME
    word = substr(base, 6)
    sub(/\.sql$/, "", word)
    name[number] = word
    text[number] = ""
}

{ text[number] = text[number] "     " c_string($0) "\n" }

END {
    if (failed)
        exit 1
    print "/* Made by tools/migrations.awk. */\n#include \"db/migrations.h\"\n\n#include <stddef.h>\n"
    print "const struct migration migrations[] = {"
    for (n = 1; n <= 9999; n++)
        if (n in text)
            printf "    {%d, \"%s\",\n%s    },\n", n, name[n], text[n]
    print "    {0, NULL, NULL},\n};"
}
