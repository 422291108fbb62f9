#pragma once
/* Phone numbers to E.164 (ITU-T E.164), by the numbering plans of phone_table.c. */
#include "base/str.h"

struct phone_plan {
    const char
        *country;     /* ISO 3166 alpha-2; "" for shared codes such as +800; NULL ends the table */
    int calling;      /* country calling code */
    int main;         /* first among those who share the code */
    unsigned lengths; /* bit n: national numbers of n digits exist */
    const char *idd;  /* pattern: dialled before a foreign calling code */
    const char *prefix; /* dialled before a national number, "0" */
    const char *
        parsing; /* pattern of what may stand before the national number, where it is more than prefix */
    const char *transform; /* "9$1": what a number becomes whose groups matched */
    const char *leading;   /* pattern: which numbers of a shared code are this country's */
    const char *pattern;   /* pattern of valid national numbers */
};
extern const struct phone_plan phone_plans[];

enum phone_state {
    PHONE_VALID,    /* E.164, fits the plan of its country */
    PHONE_DOUBTFUL, /* written as E.164 or as bare digits, but no plan knows it */
    PHONE_BAD       /* no phone number at all */
};

/* text as typed; country: where numbers without + belong, may be empty. *out: "+4930123456", with ";ext=12" (RFC 3966)
 * where an extension was given. */
enum phone_state phone_clean(struct arena *arena, struct str text, struct str country,
                             struct str *out);
/* Does the whole of s match? The subset of regular expressions that numbering plans use. */
bool phone_match(const char *pattern, struct str s);
