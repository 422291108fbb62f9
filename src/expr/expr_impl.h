#pragma once
/* Inside expr: the tree, the compiler and what its files share.
 *
 * Way of a text: lex.c -> parse.c (names unresolved) -> check.c, check_name.c, check_compare.c, check_value.c (types,
 * names, constants to the right) -> an immutable tree that print.c, words.c, deps.c, eval.c, sql.c, sql_value.c and
 * explain.c only read. A node belongs to one compilation; trees of formulas and of `open` are shared.
 */
#include "base/limits.h"
#include "expr/expr.h"

#include <assert.h>

#define EXPR_ARITH_MAX \
    16 /* + - * / in one expression: keeps sums of clamped times inside 64 bits */
#define EXPR_SCALING_MAX \
    8 /* * and / among them: keeps every double between 1e-300 and 1e300, PostgreSQL raises outside */
#define EXPR_STACK_MAX \
    60 /* see stack.c: leaves 40 entries of SQLite's parser to the statement around it and to row rights */
#define EXPR_ARGS_MAX 16 /* arguments of coalesce */
#define NUMBER_DIGITS_MAX 18
#define NUMBER_SCALE_MAX 8
#define NUMBER_UNITS_MAX 1000000000000000LL /* largest number that can be written: 10^15 */
#define TIME_US_MAX \
    500000000000000000LL /* instants and durations beyond (15,000 years) count as empty in + and - */
#define TIME_DAYS_MAX 5000000LL       /* the same for dates */
#define SUM_SCALE 6                   /* computed values are summed rounded to so many decimals */
#define SUM_UNITS_MAX 9000000000000LL /* computed values beyond are left out of sums */
#define FORMULA_DEPTH_MAX 32 /* formulas in formulas; the compiler already refuses circles */

enum node_kind {
    NK_EMPTY,
    NK_BOOL,     /* b */
    NK_NUMBER,   /* i, scale */
    NK_TEXT,     /* s */
    NK_DURATION, /* dur */
    NK_DATE,     /* i days; s as written */
    NK_INSTANT,  /* i us; s as written */
    NK_ID,       /* i; s as written */
    NK_TIME,     /* op: enum time_word */
    NK_PERIOD,   /* op: enum period_unit, i: -1 last, 0 this, 1 next */
    NK_ME,
    NK_MY_TEAMS,
    NK_NAME,    /* parts; only before checking */
    NK_FIELD,   /* path */
    NK_OPEN,    /* path (field unused), kid 0: what it means there */
    NK_RELATED, /* path, relation: only inside `is empty` and `contains` while checking */
    NK_NOT,
    NK_AND,
    NK_OR,
    NK_COMPARE,  /* op: enum compare_op, as: enum compare_as, negated */
    NK_IN,       /* kid 0 value, then the list; negated */
    NK_BETWEEN,  /* kids value, low, high; negated */
    NK_IS_EMPTY, /* negated */
    NK_CONTAINS, /* kid 0, needle s (folded as the column needs it), kid 1 as written; negated */
    NK_STARTS,
    NK_ENDS,
    NK_ARITH, /* op: '+' '-' '*' '/' */
    NK_NEGATE,
    NK_DAY_START, /* a date constant as the instant its day begins */
    NK_AGGREGATE, /* op: enum aggregate_op, path (field unused), relation; kid 0: where or NULL, kid 1: value or NULL */
    NK_CHANGED,   /* path */
    NK_WAS,       /* path */
    NK_CALL,      /* op: enum call_op */
};
enum time_word { TW_NOW, TW_TODAY, TW_YESTERDAY, TW_TOMORROW };
enum period_unit { PU_WEEK, PU_MONTH, PU_QUARTER, PU_YEAR };
enum compare_op { CO_EQ, CO_LT, CO_LE, CO_GT, CO_GE };
enum compare_as {
    CA_INT,     /* equal scales, dates, durations, references, yes/no */
    CA_LITERAL, /* exact number with a constant exact number of any scale */
    CA_SCALED,  /* exact numbers of different scales */
    CA_REAL,
    CA_TEXT,
    CA_RANGE, /* date or instant with a constant date, instant or period */
    CA_SET,   /* `in` on a set: any of */
    CA_TEAMS, /* in my teams */
};
enum aggregate_op { AO_COUNT, AO_EXISTS, AO_SUM, AO_AVG, AO_MIN, AO_MAX, AO_LAST, AO_FIRST };
enum call_op { CALL_ABS, CALL_ROUND, CALL_LENGTH, CALL_COALESCE, CALL_IF };

struct path_step {
    int object, field; /* the reference followed and the object it belongs to */
};
struct path {
    int up; /* how many `outer.` */
    int n_hops;
    struct path_step hop[EXPR_HOPS_MAX];
    int object; /* where the last name belongs */
    int field;  /* index in object; -1: the id */
};

struct node {
    enum node_kind kind;
    enum expr_type type;
    int op;
    enum compare_as as;
    bool negated;
    bool constant; /* the same for every record of one evaluation */
    bool exact;    /* NUMBER: a scaled integer */
    int scale;
    bool b;
    int64_t i;
    struct str s;   /* literal, or needle ready for comparing */
    struct str src; /* as written */
    struct duration dur;
    struct str *parts; /* NK_NAME, NK_AGGREGATE, NK_CHANGED, NK_WAS before checking */
    size_t n_parts;
    struct path path;
    int relation; /* index in objects[path.object].relations */
    int inner; /* object of the related rows; references: object referred to, -1: any or unknown */
    struct str *value_parts; /* last(x).a.b before checking */
    size_t n_value_parts;
    struct node **kids;
    size_t n_kids;
};

struct expr {
    const struct expr_schema *schema;
    int object;
    struct str text;
    unsigned use;
    const struct node *root;
    int nodes, arith, scaling, related, stack; /* what it costs where it is used as a formula */
    bool uses_time;
};

enum token_kind { TK_END, TK_NUMBER, TK_SPAN, TK_TEXT, TK_WORD, TK_QUOTED, TK_OP };
struct token {
    enum token_kind kind;
    int op; /* TK_OP: character; '!' for !=, 'l' for <=, 'g' for >=, '|' for || */
    struct str src;
    struct str text; /* TK_TEXT, TK_QUOTED: unescaped; TK_SPAN: its unit letter */
    int64_t i;       /* TK_NUMBER, TK_SPAN */
    int scale;
};

struct compiler {
    struct arena *arena;
    const struct expr_schema *schema;
    struct str text;
    unsigned use;
    size_t fallback_pos; /* where errors inside the text of `open` are reported */
    bool nested;         /* reading the text of `open` */
    int depth, nodes, arith, scaling, related, open_depth;
    bool uses_time;
    VEC(struct token) tokens;
    size_t at;
};
/* The object whose names are valid, and the ones around it. */
struct scope {
    int object;
    const struct scope *outer;
};

/* lex.c */
MUST_USE struct err *expr_lex(struct compiler *c);
bool expr_reserved(struct str word);
extern const char *const expr_reserved_words[]; /* ends with NULL */
/* An error at the place of src. way_out may be empty. */
MUST_USE struct err *expr_fail_(const struct compiler *c, const char *code, struct str src,
                                struct str way_out, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Never NULL, said so that static analysis believes it. */
static inline struct err *expr_failed(struct err *e)
{
    assert(e);
    return e;
}
#define expr_fail(...) expr_failed(expr_fail_(__VA_ARGS__))
/* parse.c */
MUST_USE struct err *expr_parse(struct compiler *c, struct node **out);
struct node *node_new(struct compiler *c, enum node_kind kind, struct str src);
void node_add_kid(struct compiler *c, struct node *n, struct node *kid);
struct str src_span(struct str from, struct str to);
/* check.c */
MUST_USE struct err *check_node(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_condition(struct compiler *c, const struct scope *sc, struct node *n);
const char *type_word(enum expr_type type); /* "a text" */
struct str node_word(struct compiler *c,
                     const struct node *n); /* what to call it in a message: "stage" */
/* stack.c */
int stack_node(const struct expr_schema *schema, const struct node *n);
/* check_name.c */
MUST_USE struct err *check_name(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_aggregate(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_change(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *related_to_exists(struct compiler *c, struct node *n,
                                       const struct node *related, struct node *where);
/* check_compare.c */
MUST_USE struct err *check_compare(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_in(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_between(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_is_empty(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_search(struct compiler *c, const struct scope *sc, struct node *n);
/* A text literal becomes what type needs; anything else stays. */
MUST_USE struct err *check_literal(struct compiler *c, struct node *n, const struct node *other);
/* check_value.c */
MUST_USE struct err *check_arith(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_negate(struct compiler *c, const struct scope *sc, struct node *n);
MUST_USE struct err *check_call(struct compiler *c, const struct scope *sc, struct node *n);

/* What a field's column holds and how. */
const struct expr_field *path_field(const struct expr_schema *schema,
                                    const struct path *path); /* NULL: the id */
const struct expr_field *node_field(const struct expr_schema *schema,
                                    const struct node *n); /* FIELD, WAS; else NULL */
bool field_has_fold(const struct expr_field *f);
bool object_order_field(const struct expr_object *o,
                        int *field); /* what last() and first() go by */
bool object_find_field(const struct expr_object *o, struct str name, int *field);

/* time.c: constants of one evaluation. */
const struct zone *time_zone(const struct expr_env *env);
int64_t time_word(int time_word,
                  const struct expr_env *env); /* enum time_word: now in us, the others in days */
void time_period(const struct node *n, const struct expr_env *env, int64_t *from_day,
                 int64_t *to_day); /* half-open */
int64_t time_day_start(const struct expr_env *env, int64_t days);
/* A moment some business time before or after another; DATE_NONE: none within ten years. */
int64_t time_business(const struct expr_env *env, int64_t from_us, struct duration d, bool back);
bool time_in_bounds(enum expr_type type, int64_t v);

/* Numbers. */
extern const int64_t pow10_i64[19];
double pow10_real(int scale);
int compare_scaled(int64_t a, int a_scale, int64_t b, int b_scale);
/* The literal lit (scale from) among integers of scale to: *floor is the largest integer not above it, *hit whether it
 * is equal. False: beyond all integers; *above tells on which side. */
bool rescale_floor(int64_t lit, int from, int to, int64_t *floor, bool *hit, bool *above);
double sum_of_parts(int64_t high, int64_t low);
bool sum_fixed(double v, int64_t *out);
double round_half_away(double v, int digits);

/* eval.c */
struct evaluation {
    struct arena *arena;
    const struct expr_schema *schema;
    const struct expr_env *env;
    const struct expr_record *rec; /* NULL: constants only */
    const struct evaluation *outer;
    int depth;
};
struct expr_val eval_node(const struct evaluation *ev, const struct node *n);
bool eval_test(const struct evaluation *ev, const struct node *n);
/* The half-open range that a constant date, instant or period means among dates or instants. False: empty. */
bool eval_range(const struct evaluation *ev, const struct node *n, enum expr_type among,
                int64_t *lo, int64_t *hi);
struct expr_val eval_const(struct arena *arena, const struct expr_schema *schema,
                           const struct node *n, const struct expr_env *env);

/* print.c, words.c */
void print_node(struct buf *out, const struct expr_schema *schema, const struct node *n);
void print_duration(struct buf *out, struct duration d);
void words_node(struct buf *out, const struct expr_schema *schema, const struct node *n);
struct str words_value(struct arena *arena, struct expr_val v, const struct zone *zone);
