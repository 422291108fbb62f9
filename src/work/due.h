#pragma once
/* When something is owed, by whom, and what becomes of it: the part of a policy that needs no table. The engine runs on it,
 * and so does whoever looks at what a rule would have done in the past.
 */
#include "record/record.h"

#define SWEEP_EVERY_US US_PER_HOUR /* rules that look at the clock itself are looked at again on each full hour */

/* ---- one clock of one policy on one record ---- */
enum clock_state { CLOCK_NONE, CLOCK_RUNNING, CLOCK_MET, CLOCK_BREACHED };
enum clock_turn {
    TURN_STAY,         /* nothing to do */
    TURN_LEAVE,        /* the record is not one of the rule's any more: the clock goes */
    TURN_BEGIN,        /* a clock starts; holds says whether it is met at once */
    TURN_MET,          /* in time if it was running, late if it was breached */
    TURN_GO_ON,        /* still running: due time and person may have moved */
    TURN_STILL_BROKEN,
};
/* What looking at a record does. in_scope: when holds, except does not, the record is live, and old enough for the rule.
 * clock_us: start of the clock there is. of: the value of the field at which clocks start; NULL if the rule names none. */
enum clock_turn clock_turn(const struct policy *p, enum clock_state state, int64_t clock_us, int64_t on_us, bool in_scope,
                           bool holds, const struct value *of);
/* Where a clock that begins now starts: at the value of the field, else now; never before the rule was switched on. */
int64_t clock_start(const struct value *of, int64_t on_us, int64_t now_us);
/* 0: never. */
int64_t clock_due(const struct policy *p, const struct worktime *wt, int64_t clock_us);
/* When somebody is reminded; 0: never. */
int64_t clock_remind(const struct policy *p, const struct worktime *wt, int64_t due_us);
/* Can the truth of its conditions change without a save: with the time, or with tasks, runs and breaches? Such a rule is
 * swept. False for period rules, which are judged at their ends only. */
bool clock_is_swept(struct arena *arena, const struct manual *m, const struct policy *p);

/* ---- periods ---- */
struct period {
    int64_t start_us, end_us, first_day;
    bool working; /* for working days: it is one */
};
struct period period_at(const struct policy *p, const struct worktime *wt, int64_t at_us);
int64_t period_quota(const struct policy *p, const struct period *period);
/* The calendars by whose periods the rule is judged: each one of the manual, and the built-in one if it is the default. */
void period_calendars(struct arena *arena, const struct manual *m, const struct worktime ***out, size_t *n);

/* ---- people ---- */
/* The calendar by which a person's time counts; user 0: the company's. */
MUST_USE struct err *due_worktime(struct tx *tx, const struct manual *m, int64_t user, const struct worktime **out);
/* Whose it is, from the record's owner and team; *user 0: nobody in particular. */
MUST_USE struct err *due_owed_by(struct tx *tx, const struct manual *m, const struct policy *p, const struct record *r,
                                 int64_t now_us, int64_t *user);
/* Does this person's time run in this calendar, and are they at work at the period's end? */
MUST_USE struct err *due_owes_in(struct tx *tx, const struct manual *m, int64_t user, const struct worktime *wt,
                                 const struct period *period, bool *out);
