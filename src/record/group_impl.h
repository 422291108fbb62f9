#pragma once
/* Grouping: group.c reads the question and runs it, group_out.c folds rows into groups and writes them. */
#include "record/query_impl.h"

#define GROUP_KEYS_MAX 3
#define MEASURES_MAX 8
#define MEDIAN_VALUES_MAX 2000000 /* 16 MB of values in one answer */

enum bucket { BUCKET_NONE, BUCKET_DAY, BUCKET_WEEK, BUCKET_MONTH, BUCKET_QUARTER, BUCKET_YEAR };
struct group_key {
    struct str text; /* as asked: "close_date by month" */
    const struct expr *e;
    enum expr_type type;
    enum bucket bucket;
    const struct field *f; /* plain own field; NULL: an expression */
};
enum measure_kind { M_COUNT, M_SUM, M_AVG, M_MIN, M_MAX, M_MEDIAN };
struct group_measure {
    struct str text;
    enum measure_kind kind;
    const struct expr *e;
    enum expr_type type;
    int scale;                 /* -1: computed, doubles */
    const struct field *money; /* plain own money field; its currency goes along */
    int col;
};
struct group_value {
    bool null;
    int64_t i;
    double d;
    struct str s;
};
struct accumulator {
    int64_t n, high, low; /* sum of integers, in two parts */
    double sum;
    struct group_value min, max;
    struct str currency_min, currency_max;
    double *values; /* median */
    size_t n_values, cap;
};
struct group {
    struct group_value key[GROUP_KEYS_MAX];
    struct accumulator acc[MEASURES_MAX];
    int64_t rows;
};
struct group_slot {
    struct group *group;
};
struct group_ask {
    struct list_plan l;
    const struct group_query *g;
    struct group_key keys[GROUP_KEYS_MAX];
    size_t n_keys;
    struct group_measure measures[MEASURES_MAX];
    size_t n_measures;
    struct strmap *by_key;
    VEC(struct group_slot) groups;
    size_t median_values;
};
MUST_USE struct err *group_fold(struct group_ask *ask, const struct stmt *st, bool raw);
MUST_USE struct err *group_write(struct group_ask *ask, struct buf *json);
