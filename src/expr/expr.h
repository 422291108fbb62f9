#pragma once
/* Expressions: the one language of filters, gates, policies, metrics and rights (design, section 5).
 *
 * expr_compile reads and checks a text against a schema; the result is immutable and may be shared by threads. Two back
 * ends: expr_sql makes a condition (or value) for SQLite or PostgreSQL with bound parameters; expr_eval computes it in
 * memory. They agree on every input (tests/unit/expr/test_differential.c). Expressions are total: no error at run time,
 * no loops; their cost is bounded when compiled.
 *
 * Empty values. A comparison with an empty value is false, its negation true (two-valued; unlike SQL); != is the
 * negation of =, as `not in` is of `in`. An empty text or set is empty. Arithmetic with an empty value is empty; division
 * by zero is empty; joining texts leaves empty parts out. Text compares by bytes with = < in; `contains` and `starts with`
 * compare folded text (utf8_fold). Numbers compare exactly as scaled integers where no arithmetic is involved; arithmetic
 * is done in IEEE doubles on all three back ends.
 */
#include "base/clock.h"
#include "base/worktime.h"
#include "db/db.h"

enum expr_type { ET_BOOL, ET_NUMBER, ET_TEXT, ET_DATE, ET_INSTANT, ET_DURATION, ET_REF, ET_SET, ET_RELATED, ET_EMPTY, ET_ANY };
enum field_store { FS_TEXT, FS_TEXT_FOLD, FS_I64, FS_MONEY, FS_SET, FS_LINKS, FS_NONE };
enum field_type {
#define FIELD_TYPE(id, word, et, store, doc) FT_##id,
#include "expr/field_types.def"
#undef FIELD_TYPE
    FT_COUNT
};
struct field_type_info {
    const char *word;
    enum expr_type expr_type;
    enum field_store store;
    const char *doc;
};
extern const struct field_type_info field_types[FT_COUNT];

/* What the manual tells expressions about objects. Owned by the snapshot, immutable. */
struct expr_field {
    struct str name;   /* as written in expressions and JSON: "close_date" */
    struct str column; /* unquoted column; FS_NONE: empty */
    enum field_type type;
    int scale;         /* DECIMAL: digits; PERCENT: 2; MONEY: of its default currency; else 0 */
    int to_object;     /* USER, TEAM, REF, REFS: index in schema; -1: any object */
    const struct str *options; /* CHOICE and MULTI_CHOICE: literals are checked against these */
    size_t n_options;
    const struct expr *formula; /* FORMULA that is computed on reading: its expression on the same object. While it is
                                 * NULL and there is no column, expressions that use the field are refused (expr.name):
                                 * compile formulas in any order, those that fail again; what stays is a circle. */
    enum expr_type value_type;  /* of field_types, or of the formula */
    uint32_t index;    /* position in the object's fields */
};
enum expr_join {
    EJ_BACK_REF, /* related.via_column = outer.id */
    EJ_LINK,     /* link rows (from_id = related.id, field = via_field, to_id = outer.id) */
    EJ_LINK_OUT, /* link rows (from_id = outer.id, field = via_field, to_id = related.id) */
    EJ_RECORD    /* related.record_id = outer.id: tasks, breaches, runs, changes */
};
struct expr_relation {
    struct str name; /* "activities", "tasks", "deals" */
    int object; /* -1: any that can be in the bin; EJ_LINK_OUT alone */
    enum expr_join join;
    struct str via; /* column or link field */
};
struct expr_object {
    struct str name, table; /* table unquoted: "o_lead", "task" */
    struct expr_field *fields;
    size_t n_fields;
    struct strmap *field_by_name; /* name -> index */
    struct expr_relation *relations;
    size_t n_relations;
    struct str bin_column;  /* deleted_at: rows with it set are never related or counted; empty: none */
    struct str default_time; /* field that orders last(): "at", else "created_at" */
    struct str open_when;    /* what the word `open` means for this object, as an expression text; empty: none */
};
/* A name every object has that has what its text asks about; a field or relation of the same name comes first. */
struct expr_shorthand {
    struct str name, text; /* "last_contact_at": one function over related records, "last(activities).at" */
    struct str instead;    /* tried where text does not hold; empty: none */
};
struct expr_schema {
    struct expr_object *objects;
    size_t n_objects;
    struct strmap *object_by_name;
    const struct expr_shorthand *shorthands;
    size_t n_shorthands;
};

enum expr_use {
    EXPR_CONDITION = 1, /* must be a yes/no expression */
    EXPR_VALUE = 2,     /* any value (formulas, measures) */
    EXPR_CHANGE = 4,    /* or-ed: changed(x) and was(x) are allowed */
};
struct expr; /* compiled */

/* Fails: expr.syntax, expr.name, expr.type, expr.cost; line and column within text, nearest name in way_out. */
MUST_USE struct err *expr_compile(struct arena *arena, const struct expr_schema *schema, int object,
                                  struct str text, unsigned use, const struct expr **out);
enum expr_type expr_result_type(const struct expr *e);
int expr_result_scale(const struct expr *e); /* of an exact number; -1: a double; 0 for other types */
int expr_object_of(const struct expr *e);
struct str expr_text(const struct expr *e);                         /* as written */
struct str expr_print(struct arena *arena, const struct expr *e);   /* canonical text; compiles to the same tree */
/* Plain words for people: "status is New and there is no owner". */
struct str expr_words(struct arena *arena, const struct expr *e);
/* A conjunction/negation of compiled conditions on the same object. NULL means "always". */
const struct expr *expr_and(struct arena *arena, const struct expr *a, const struct expr *b);

/* What it reads: for the dependency index, field rights and plans. path: fields hopped through, "" for own fields. */
struct expr_dep {
    int object;
    int field;      /* index in that object, or -1: any row of it (count(activities ...)) */
    bool related;   /* read through an aggregate */
    struct str path; /* "account" for account.industry; relation name for aggregates */
};
void expr_deps(struct arena *arena, const struct expr *e, struct expr_dep **deps, size_t *n);
bool expr_uses_time(const struct expr *e); /* now, today ...: truth may change without a write */
/* When its truth may turn without a write: at the start of a day (*by_day), or when now_us + shift_us passes a value of
 * that field. Adds to marks, *n of at most max. False: at any moment, and what was added does not tell. */
struct expr_mark {
    int object, field;
    int64_t shift_us;
};
bool expr_marks(const struct expr *e, struct expr_mark *marks, size_t max, size_t *n, bool *by_day);

/* Constants of one evaluation. */
struct expr_env {
    int64_t now_us;
    const struct zone *zone;          /* whose "today" */
    const struct worktime *worktime;  /* for business durations; NULL: Mon-Fri 9-17 in zone */
    int64_t me;                       /* user id; 0: nobody */
    const int64_t *my_teams;
    size_t n_my_teams;
};

/* Values. */
struct expr_val {
    enum expr_type type; /* ET_EMPTY: empty */
    bool b;
    int64_t i;      /* NUMBER scaled by scale if exact, DATE days, INSTANT us, DURATION us, REF id */
    double d;       /* NUMBER, inexact */
    bool exact;
    int scale;
    struct str s;   /* TEXT; SET as stored (U+001F enclosed) */
    struct str fold; /* TEXT: folded if already known, else ptr NULL */
};
bool expr_val_eq(const struct expr_val *a, const struct expr_val *b);

/* SQL. Collects text and parameters; statements are then prepared with db_stmt_text and bound with sql_bind. */
enum sql_param_kind { SP_I64, SP_REAL, SP_STR, SP_NULL };
struct sql_param {
    enum sql_param_kind kind;
    int64_t i;
    double d;
    struct str s;
};
struct sql_text {
    enum db_kind kind;
    struct buf text;
    VEC(struct sql_param) params;
    int aliases; /* counter for unique table aliases */
};
struct sql_text sql_text_new(struct arena *arena, enum db_kind kind);
void sql_add(struct sql_text *q, const char *sql);          /* literal pieces written in our code */
void sql_add_ident(struct sql_text *q, struct str name);    /* quoted */
void sql_add_i64(struct sql_text *q, int64_t v);            /* as a bound parameter */
void sql_add_str(struct sql_text *q, struct str v);
void sql_add_real(struct sql_text *q, double v);
void sql_add_null(struct sql_text *q);
MUST_USE struct err *sql_prepare(struct tx *tx, struct sql_text *q, struct stmt **out); /* prepares and binds */
/* Adds e as a condition that is never NULL in negative position, or as a value expression. alias: of its object's
 * table in the statement, e.g. "r". Equality and ranges on plain columns stay usable by indexes. */
void expr_sql(struct sql_text *q, const struct expr *e, const char *alias, const struct expr_env *env);
/* Row rights that must hold for related rows and references as well: added by access for each object read through, as a
 * bare condition; nothing where all rows may be read. */
typedef void (*expr_scope_fn)(void *ctx, struct sql_text *q, int object, const char *alias);
void expr_sql_scoped(struct sql_text *q, const struct expr *e, const char *alias, const struct expr_env *env,
                     expr_scope_fn scope, void *scope_ctx);
/* The sort expression of a field, quoted with alias: the folded column of a text that has one, else the column; the
 * value of a formula. */
void expr_sql_field(struct sql_text *q, const struct expr_object *object, const struct expr_field *field,
                    const char *alias, const struct expr_env *env);

/* In memory. Numbers come as scaled integers in the scale of their field. The record is reached through these; before: old value for changed()/was(), may be NULL. */
struct expr_record {
    const struct expr_object *object;
    void *ctx;
    struct expr_val (*get)(void *ctx, struct arena *arena, int field);
    struct expr_val (*get_before)(void *ctx, struct arena *arena, int field);
    /* Follows a reference: fills *to; false if empty, gone or in the bin. */
    bool (*follow)(void *ctx, struct arena *arena, int field, struct expr_record *to);
    /* Calls each(each_ctx, rec) for the related rows, until it returns false. Order is free. */
    void (*related)(void *ctx, struct arena *arena, int relation,
                    bool (*each)(void *each_ctx, const struct expr_record *rec), void *each_ctx);
    int64_t id;
};
struct expr_val expr_eval(struct arena *arena, const struct expr *e, const struct expr_record *rec,
                          const struct expr_env *env);
bool expr_test(struct arena *arena, const struct expr *e, const struct expr_record *rec,
               const struct expr_env *env); /* NULL expression: true */

/* Why does it (not) match? One node per term, in the order written. */
struct expr_why {
    struct str text;  /* the term as written */
    struct str words; /* "status is New: no, it is Contacted" */
    bool holds;
    bool any; /* of an `or`: one of the parts would do */
    struct expr_why *parts; /* of and / or / not */
    size_t n_parts;
};
struct expr_why *expr_explain(struct arena *arena, const struct expr *e, const struct expr_record *rec,
                              const struct expr_env *env);

/* The functions and operators of the language, for docs/manual and completion. */
struct expr_function_doc {
    const char *name, *signature, *doc, *example;
};
extern const struct expr_function_doc expr_functions[]; /* ends with name NULL */
struct str expr_manual_page(struct arena *arena);        /* the text of docs/manual/expressions.md */
