#pragma once
/* Live facts beside the steps of a workflow's page: "14 records here now, median 1.2 days, 61 % go on".
 *
 * How many records are at a place now counts those the asker may read: it is a list that can be opened. How long it takes
 * and how many go on are totals of the company, the same for everybody who reads the page: they hold no record and no
 * name, and out of three records of one's own they would say nothing. They look back FACTS_DAYS, at most FACTS_ROWS_MAX
 * rows of each kind.
 */
#include "record/record.h"

#define FACTS_DAYS 90
#define FACTS_ROWS_MAX 20000 /* closed tasks and left stages looked at, newest first */

/* {"page","object","days","now","stages":[{"name",..,"steps":[{"name",..}]}]}; each stage and step has records_now,
 * late_now, median_s, go_on_pct (null without a sample), done, late, skipped and sample.
 * Of a stage: records_now are runs that stand there; median_s how long records stayed that left it; go_on_pct how many of
 * them went on to a later stage or to an end that is not a lost one; done, late and skipped the sums of its steps.
 * Of a step: records_now are its open tasks; median_s from opened to done; go_on_pct how many of the closed ones were done.
 * late: done after their time; late_now: open after it.
 * Fails: manual.not_found if the manual has no such workflow. */
MUST_USE struct err *facts_json(struct tx *tx, const struct manual *m, const struct actor *a, struct str page, int64_t now_us,
                                struct buf *json);
