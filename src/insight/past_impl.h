#pragma once
/* What the two files of the look at the past share. */
#include "insight/past.h"
#include "record/rewind.h"
#include "work/due.h"

#define PAST_BATCH 500 /* records in memory at a time, with their changes and what is related to them */

struct past_week {
    int64_t kept, breached;
};
struct past_owed { /* who owes what of this owner and team is */
    int64_t owner, team, user;
};
struct past_person {
    int64_t user;
    bool here; /* at work at the period's end, by this calendar */
};
struct past_period { /* of one calendar */
    const struct worktime *wt;
    struct period period;
    int64_t quota;
    VEC(struct past_person) people;
};
struct past {
    struct tx *tx;
    struct arena *arena;
    const struct manual *m;
    const struct policy *p;
    const struct object *object;
    struct rewind *rw;
    struct expr_env env;
    int64_t from_us, to_us; /* the rule is taken to have been switched on at from_us */
    bool swept;             /* its truth changes with the time: looked at every `stride` hours */
    int64_t stride;
    bool calendars;         /* whose it is matters, because people's time differs */
    bool *reads;            /* own fields of the record that make the engine look */
    struct past_period *periods;
    size_t n_periods;
    int time_field;         /* of what a period rule counts */
    int step_field;
    struct past_week *weeks;
    int64_t *steps;         /* [option of step_field] */
    VEC(struct past_breach) broken;
    VEC(struct past_owed) owed;
    int64_t in_scope, kept, breached, running, reminders;
    VEC(struct str) assumed;
};

void past_add_records(struct past *x, struct sql_text *q);
void past_assume(struct past *x, struct str sentence); /* once each */
int64_t past_week(const struct past *x, int64_t us);   /* the Monday of its week */
MUST_USE struct err *past_begin(struct past *x);
MUST_USE struct err *past_walk(struct past *x, struct old_record *r);
