#pragma once
/* A rule tried on the past: what it would have found if it had been switched on some days ago. Reads only.
 *
 * Each record of the rule is walked through its own history, from change to change, with the clocks the engine runs
 * (work/due.h), so that where the rule was on in truth the answer is what happened. The rule only watches here: what its
 * actions would have changed, and what people would have done because they were reminded, nobody knows.
 */
#include "record/record.h"

#define PAST_DAYS_DEFAULT 90
#define PAST_DAYS_MAX 366
#define PAST_RECORDS_MAX 20000    /* of more, every n-th is looked at */
#define PAST_EXAMPLES_MAX 20
#define PAST_LOOKS_MAX 2000000    /* evaluations; a rule that reads the time is looked at less often than hourly beyond it */

struct past_breach {
    int64_t record, due_us, met_us; /* met_us 0: never, up to the end */
};
struct past_ask {
    struct str name; /* of the policy: "lead-assigned" */
    struct str text; /* its page as a draft; empty: the live page */
    int64_t days;    /* 0: PAST_DAYS_DEFAULT */
    int64_t now_us;
};
/* {"page","label","sentence","mode","clock","from","to","records","looked_at","in_scope","kept","breached","running",
 * "reminders","by_week":[{"week","kept","breached"}],"by_step":[{"step","breached"}],
 * "examples":[{"object","record","title","due_at","met_at"}],"assumed":["..."]}
 *
 * Counts are of the company and hold no names; examples are records the actor may read. by_step: by the step of the path
 * the record stood at when it broke the rule, where the object has such a field. A draft needs the right to publish: its
 * counts would otherwise tell about records one may not see.
 * Fails: manual.not_found, manual.check (findings as one chain), access.denied, query.parameter. */
MUST_USE struct err *past_json(struct tx *tx, const struct manual *m, const struct actor *a, const struct past_ask *ask, struct buf *json);
/* All breaches, newest first. Without rights: for tests and for whoever counts them by more than names. */
MUST_USE struct err *past_breaches(struct tx *tx, const struct manual *m, const struct past_ask *ask, const struct past_breach **out, size_t *n);
