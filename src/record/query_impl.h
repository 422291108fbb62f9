#pragma once
/* A list query on its way to SQL: query.c reads and checks it, query_list.c runs it, cursor.c pages. */
#include "record/record_impl.h"

#define JOINS_MAX 40
#define SORTS_MAX 4

/* A table joined for the sake of one reference of the row. */
struct join {
    const struct field *ref;
    const struct object_plan *target;
    bool entry;     /* search_entry is joined: the title is a formula and stands there only */
    char alias[16]; /* "t1" */
};
struct out_col {
    const struct field *f;          /* whose value is written: own, or of the joined record */
    const struct object_plan *plan; /* f's object */
    int join;                       /* -1: own field */
    int title_join;                 /* reference: where its name comes from; -1: none */
    int col, title_col;             /* columns of the statement */
    const struct computed *computed; /* NULL: f's column */
    const struct expr *e;           /* of a computed one; NULL: the next action */
    struct str key;                 /* ,"name": */
};
enum key_kind { KEY_INT, KEY_TEXT, KEY_REAL };
struct sort_key {
    const struct field *f;
    const struct object_plan *plan;
    int join;
    bool desc, nullable;
    bool entry; /* the folded title of search_entry */
    const struct computed *computed; /* NULL: f's column */
    const struct expr *e;            /* of a computed one */
    bool named;                      /* a person: by name, not by id */
    enum key_kind kind;
    int col;
};
struct key_value {
    bool null;
    int64_t i;
    double d;
    struct str s;
};
struct list_plan {
    struct tx *tx;
    struct arena *arena;
    const struct manual *m;
    const struct actor *a; /* NULL: without rights */
    const struct query *q;
    const struct object_plan *p;
    struct expr_env env;
    const struct expr *filter;
    struct join joins[JOINS_MAX];
    int n_joins;
    struct out_col *cols;
    size_t n_cols;
    struct sort_key sorts[SORTS_MAX + 1]; /* the id last */
    size_t n_sorts;
    bool paged;
    bool outside; /* a key is worked out: once per row in a subquery, ordered and paged around it */
    struct key_value after[SORTS_MAX + 1];
};
MUST_USE struct err *list_plan_make(struct list_plan *l);
/* FROM ... WHERE ... of the rows asked for, without paging. */
void list_from(struct list_plan *l, struct sql_text *q, bool with_joins);
/* Adds " AND ..." : the rows of alias (a search_entry) that belong to objects and records a may read. wanted NULL: all. */
void entry_rights(struct sql_text *q, const struct manual *m, const struct actor *a,
                  const bool *wanted, const char *alias);
void sort_sql(struct list_plan *l, struct sql_text *q, const struct sort_key *k);
MUST_USE struct err *err_parameter(struct arena *arena, const char *name, struct str way,
                                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));
MUST_USE struct err *unknown_name(struct arena *arena, const char *parameter,
                                  const struct object *o, struct str name);

/* computed.c */
struct computed {
    const char *name, *label;
    enum field_type type;
    bool expression; /* the name is one of the language; else: the title of the open task that is due first */
};
/* The computed column of this name, compiled for the object; *out NULL if there is none. */
MUST_USE struct err *computed_find(struct arena *arena, const struct manual *m, const struct object *o, struct str name,
                                   const struct computed **out, const struct expr **e);
/* A field that stands for its type alone. */
const struct field *computed_field(struct arena *arena, const struct manual *m, const struct computed *c);
/* e NULL: the next action. */
void computed_sql(struct list_plan *l, struct sql_text *q, const struct expr *e);
/* The name (column "name", or "name$f" to sort by) of the person in a column f of type user; computed_named: may it be read? */
bool computed_named(const struct list_plan *l, const struct field *f);
void computed_name_sql(struct list_plan *l, struct sql_text *q, const struct field *f, const struct expr *e, const char *column);

/* cursor.c */
MUST_USE struct err *cursor_read(struct list_plan *l);
struct str cursor_write(const struct list_plan *l, const struct key_value *keys);

/* json_row.c: values straight from a statement's columns */
void put_json_str(struct buf *b, struct str s);
void put_column(struct buf *b, const struct field *f, const struct stmt *st, int col,
                int title_col);
