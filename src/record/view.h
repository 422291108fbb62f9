#pragma once
/* Saved views: a list as somebody likes to see it, with filter, order, columns and grouping, under a name.
 *
 * A view belongs to the person who saved it and is of one object. Shared ones are seen by everybody who may read that
 * object; they are changed by their owner and by those who manage users. A view is checked when it is saved. Later the
 * manual may take a field away, and others may read less than the owner: such a view says what is wrong with it.
 * Tables: view, view_use. Statements: view.sql. Only this file writes them.
 */
#include "record/record.h"

#define VIEW_NAME_CHARS_MAX 80
#define VIEW_COLUMNS_MAX 100
#define VIEW_COLUMN_PX_MAX 2000
#define VIEWS_MAX 200                                 /* of one person and object */
#define VIEW_LIST_MAX 1000                            /* in one answer */
#define VIEW_USE_US (90LL * 24 * 3600 * US_PER_SECOND) /* whoever opened it within this time uses it */

struct view_column {
    struct str field; /* as in fields=: "amount", "account.name" */
    int width_px;     /* 0: as wide as it needs */
};
struct view {
    int64_t id, owner, version, used_by; /* used_by: other people than the one who asks, within VIEW_USE_US */
    struct str owner_name, object, name, layout, filter, sort, group;
    const struct view_column *columns;
    size_t n_columns;
    bool shared;
    bool may_change;    /* by the one who asks */
    struct str problem; /* why it cannot be shown to the one who asks; empty: it can */
};
/* What a person sends. A text with ptr NULL, shared -1 and columns NULL say: as it is, or the default of a new view. */
struct view_input {
    struct str object, name, layout, filter, sort, group;
    int shared;
    const struct view_column *columns;
    size_t n_columns;
};

/* Own views and shared ones of the objects the actor may read, by name. object empty: of all. Fails: query.parameter if
 * there is no such object. */
MUST_USE struct err *view_list(struct tx *tx, const struct manual *m, const struct actor *a, struct str object, int64_t now_us,
                               struct view **out, size_t *n);
/* Fails: record.not_found, also where it is another's and not shared. */
MUST_USE struct err *view_get(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us,
                              struct view *out);
/* Fails: access.denied if the object may not be read; record.field_invalid, record.not_unique, query.parameter, expr.* with
 * a pointer to the member. */
MUST_USE struct err *view_create(struct tx *tx, const struct manual *m, const struct actor *a, const struct view_input *in,
                                 int64_t now_us, struct view *out);
/* Fails as view_get and view_create; access.denied for those who may see but not change it; record.version_conflict.
 * if_version -1: any. */
MUST_USE struct err *view_change(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t if_version,
                                 const struct view_input *in, int64_t now_us, struct view *out);
MUST_USE struct err *view_delete(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us);

/* The actor opened it. Written down once an hour at most. */
MUST_USE struct err *view_use(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us);
struct view_user {
    int64_t id, at_us;
    struct str name;
};
/* The other people who use it, the latest first: for those who may change it, before they do. */
MUST_USE struct err *view_users(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, int64_t now_us,
                                struct view_user **out, size_t *n);
