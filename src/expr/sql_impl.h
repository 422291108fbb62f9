#pragma once
/* Inside expr: what sql.c (conditions) and sql_value.c (values) share while they write one statement. */
#include "expr/expr_impl.h"

struct sx {
    struct sql_text *q;
    const struct expr_schema *schema;
    const struct expr_env *env;
    const char *alias;      /* of the record whose names are valid here */
    const struct sx *outer; /* the record around an aggregate */
    expr_scope_fn scope;
    void *scope_ctx;
    int depth; /* formulas in formulas */
};
struct sql_alias {
    char name[16];
};
struct sql_alias sql_alias_new(const struct sx *sx, char letter);
void sql_column(const struct sx *sx, const char *alias, struct str column);
void sql_int(const struct sx *sx, int64_t literal); /* a literal of our own, not from input */
/* Keeps the planners from copying a subquery's expression to every place that uses it. */
void sql_barrier(const struct sx *sx);

/* A stored field of a record at hand: its column can be named again and again, and an index can serve it. */
bool sql_is_plain(const struct sx *sx, const struct node *n);
void sql_plain(const struct sx *sx, const struct node *n);
/* The end of a path: fn writes what is wanted there, with sx of the last record. */
typedef void (*sql_end_fn)(const struct sx *sx, const void *arg);
void sql_path(const struct sx *sx, const struct path *path, sql_end_fn fn, const void *arg);

/* A value that is needed several times: columns and constants are repeated, the rest is computed once in a subquery. */
struct sql_once {
    const struct sx *sx;
    const struct node *n;
    bool wrapped, real;
    struct sql_alias name;
};
struct sql_once sql_once_begin(const struct sx *sx, const struct node *n, bool repeated, bool real);
void sql_once_use(const struct sql_once *o,
                  bool raw); /* raw: a plain text column without its NULLIF */
void sql_once_end(const struct sql_once *o);

void sql_condition(const struct sx *sx, const struct node *n);
/* Natural form: yes/no 0 or 1, exact numbers at their scale, others as double, texts never ''. */
void sql_value(const struct sx *sx, const struct node *n);
void sql_real(const struct sx *sx, const struct node *n);
/* FROM ... WHERE ... of the related rows; *inner is the context for their names. alias must outlive inner. */
void sql_related_alias(const struct sx *sx, struct sql_alias *alias, struct sx *inner);
void sql_related_from(const struct sx *sx, const struct node *n, const struct sx *inner);
