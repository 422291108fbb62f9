#pragma once
/* The matcher behind phone.c. */
#include "record/phone_impl.h"

#define PHONE_GROUPS 4

struct phone_matcher {
    const char *pattern;
    struct str subject;
    bool whole;
    size_t end;                                  /* where the match ended */
    size_t from[PHONE_GROUPS], to[PHONE_GROUPS]; /* captures; to 0: did not take part */
};
/* Matches at the beginning of subject; whole: up to its end. */
bool phone_match_run(struct phone_matcher *m, const char *pattern, struct str subject, bool whole);
