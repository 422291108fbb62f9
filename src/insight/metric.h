#pragma once
/* Metrics: figures with a written definition, an owner and a target, computed from records by the page that defines
 * them. {"name","label","definition","value","display","n","target","better","groups":[{"key","label","value","n"}],
 * "list":"/api/v1/records/deal?filter=..."}: every figure names the list behind it.
 */
#include "record/record.h"

struct metric_ask {
    struct str name;
    struct str by;     /* one of the page's groupings, or any expression the actor may read; empty: the total */
    struct str filter; /* further condition; empty */
    int64_t now_us;
};
/* Fails: metric.not_found, expr.*, access.* */
MUST_USE struct err *metric_json(struct tx *tx, const struct manual *m, const struct actor *a, const struct metric_ask *ask, struct buf *json);
MUST_USE struct err *metric_list_json(struct tx *tx, const struct manual *m, const struct actor *a, struct buf *json);
