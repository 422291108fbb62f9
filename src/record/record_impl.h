#pragma once
/* Inside record. Way of a save: decode.c -> save.c (rights, defaults) -> clean.c -> check.c -> write.c (row, links) ->
 * history.c (change rows) -> index.c (search) -> the hooks. plan.c holds what is computed once per manual. */
#include "base/limits.h"
#include "record/record.h"

/* ---- plan.c: statement texts and lists, once per manual and object ---- */
struct field_plan {
    const struct field *f;
    int col;          /* first column in `columns`; -1: not in the row */
    int n_cols;       /* 1, or 2 with a companion */
    struct str key;   /* "name": */
    struct str link;  /* REFS: what stands in link.field */
    bool writable;    /* by people: not system-kept, no formula */
    bool has_default; /* the constant one */
    struct value dflt;
};
struct int_list {
    int *at;
    size_t n;
};
struct object_plan {
    const struct object *o;
    const struct expr_object *eo;
    struct field_plan *fields;
    int n_cols;
    struct str columns;    /* r."id", r."created_at" ... */
    struct str table;      /* quoted */
    struct str select_one; /* $1 id */
    struct str insert;     /* all columns in order */
    struct str ref_check;  /* $1 id: owner, team, deleted_at, title or NULL; has_row_rights */
    struct str touch;      /* last_activity_at: $1 when, $2 id */
    struct int_list searched, links, formulas, defaults, required, conditions, unique, autos,
        stored;
    bool title_stored; /* the title field has a column */
    int account_field; /* reference to account, followed for timelines; -1 */
    int time_field;    /* orders the timeline */
};
struct plans;
/* The plans of m; stay while arena does. */
const struct plans *plans_of(struct arena *arena, const struct manual *m);
const struct object_plan *plan_of(struct arena *arena, const struct manual *m,
                                  const struct object *o);
/* The same, remembered on the transaction. */
const struct object_plan *plan_tx(struct tx *tx, const struct manual *m, const struct object *o);
/* A compiled expression from the bounded cache of the plans: text -> expr. Same errors as expr_compile. */
MUST_USE struct err *plan_expr(struct arena *arena, const struct manual *m, int object,
                               struct str text, unsigned use, const struct expr **out);

/* ---- value.c, value_read.c, currency.c ---- */
int currency_exponent(struct str code); /* ISO 4217 minor units; -1: no such code */
struct str set_pack(struct arena *arena, struct str *terms,
                    size_t n); /* sorts, drops doubles; "" for none */
bool set_next(struct str *rest, struct str *term);
void value_set_empty(struct value *v, const struct field *f);
/* Decimal places of a number field; money depends on its currency. */
int field_scale(const struct field *f);
/* From a JSON value. base: pointer prefix for findings. */
MUST_USE struct err *value_from_json(struct arena *arena, const struct field *f,
                                     const struct json *j, const char *pointer, struct value *out);
/* For the change log: references as plain ids. */
struct str value_log_json(struct arena *arena, const struct field *f, const struct value *v);
bool type_is_ref(enum field_type t); /* one reference in a column */
struct expr_val value_expr(const struct field *f, const struct value *v);
struct value value_of_expr(struct arena *arena, const struct field *f, struct expr_val e);

/* ---- clean.c ---- */
struct cleaner {
    struct arena *arena;
    const struct save_context *cx;
    VEC(struct cleaned) list;
    struct err *errors;
};
void clean_field(struct cleaner *c, const struct field *f, struct value *v);

/* ---- read.c ---- */
void row_read(struct arena *arena, const struct object_plan *p, const struct stmt *st,
              int first_col, struct record *out);
MUST_USE struct err *links_read(struct tx *tx, const struct object_plan *p, struct record *r);
void formulas_compute(struct tx *tx, const struct manual *m, struct record *r,
                      const struct expr_env *env, bool timed);
MUST_USE struct err *err_not_found(struct arena *arena, const struct object *o, int64_t id);
/* The name of a record, if the actor may see it; else STR_NONE. */
MUST_USE struct err *title_of(struct tx *tx, const struct manual *m, const struct actor *a,
                              const struct object *o, int64_t id, struct str *out);
/* Who may do what hangs on people and teams: tells access when one of them was written. */
void rights_moved(struct tx *tx, const struct manual *m, const struct object *o);
int64_t record_owner(const struct record *r);
int64_t record_team(const struct record *r);
bool record_in_bin(const struct record *r);

/* ---- the save ---- */
struct save {
    struct tx *tx;
    struct arena *arena;
    const struct save_context *cx;
    const struct object_plan *p;
    const struct save_input *in;
    struct record before, after; /* before.object NULL on create */
    bool *given, *changed;
    struct err *errors; /* findings, one chain */
    struct cleaner cleaner;
    int64_t undo_of, change_id;
    struct expr_record face_after, face_before;
};
bool save_creates(const struct save *s);
void check_save(struct save *s); /* adds to s->errors */
MUST_USE struct err *check_references(struct save *s);
MUST_USE struct err *check_unique(struct save *s);
MUST_USE struct err *write_save(struct save *s);
MUST_USE struct err *touch_activity(struct save *s); /* last_activity_at of linked records */
MUST_USE struct err *give_numbers(struct save *s);
void compose_title(struct save *s);
MUST_USE struct err *record_save_as(struct tx *tx, const struct save_context *cx,
                                    const struct save_input *in, int64_t undo_of,
                                    struct save_result *out);
MUST_USE struct err *record_move_as(struct tx *tx, const struct save_context *cx,
                                    const struct object *o, int64_t id, int64_t if_version,
                                    enum record_move move, int64_t undo_of, struct record *out,
                                    int64_t *change_id);

/* ---- history.c ---- */
struct change_row {
    int64_t id, save_id, record_id;
    struct str object, kind, field, old_json, new_json;
};
MUST_USE struct err *history_write(struct tx *tx, const struct save_context *cx,
                                   const struct change_row *row, int64_t undo_of);
MUST_USE struct err *history_save(struct save *s);

/* ---- index.c ---- */
#define INDEX_TITLE_MARK "\u01c0" /* a letter nobody types: before the first word of the title */
MUST_USE struct err *index_record(struct tx *tx, const struct manual *m, const struct record *r,
                                  bool fresh);
MUST_USE struct err *index_drop(struct tx *tx, int64_t record_id);
/* Folded words of a folded text, joined by blanks, appended to out. */
void index_words(struct buf *out, struct str folded, size_t bytes_max);
size_t index_tokens(struct arena *arena, struct str text, struct str *tokens, size_t max);
size_t index_folded_tokens(struct str folded, struct str *tokens, size_t max); /* slices of folded */
