#pragma once
/* Objects at work: save, read, change log, timeline, bin. One write path: record_save (design, section 6).
 *
 * Tables: o_<object> (made by manual), link, change, change_seal, search_entry, auto_number, idempotency. query.h lists
 * and counts, search.h finds, import.h and export.h move files, clean.h cleans single values.
 */
#include "access/access.h"
#include "base/json.h"

/* A value of a field, as stored. */
struct value {
    enum field_type type;
    bool empty;
    int64_t i;           /* numbers scaled, money minor, dates, instants, durations, refs, yes/no */
    struct str s;        /* texts, choices; sets as stored (U+001F enclosed, sorted) */
    struct str currency; /* money */
    struct str fold;     /* folded companion */
    const int64_t *ids;  /* references */
    size_t n_ids;
};

/* One row as read: values[field->index]. */
struct record {
    const struct object *object;
    int64_t id, version;
    struct value *values; /* n_fields of the object; REFS empty unless loaded */
};

/* What a person typed and what was stored, where they differ. */
struct cleaned {
    const struct field *field;
    struct str typed, stored;
    struct str rule;   /* "vocabulary/sectors", "trim", "phone" */
    bool doubtful;     /* kept, but somebody should look */
};

struct save_context {
    const struct manual *manual;
    const struct actor *actor;
    int64_t now_us;
    int depth;             /* rules that trigger rules; 0 for a person */
    bool import;           /* may set created_at, closed stages; never weakens checks of types */
    int64_t import_id;     /* for the change log and undo; 0 */
    struct str reason;     /* of a bypass; empty */
    bool keep_typed;       /* skip cleaning that is a matter of taste (case, vocabulary, names) */
    bool dry_run;          /* the caller will roll back: skip search and hooks' outbox */
};

struct save_input {
    const struct object *object;
    int64_t id;               /* 0: create */
    int64_t if_version;       /* -1: any; else the version the caller read */
    const struct field **fields; /* fields given, each at most once */
    struct value *values;     /* typed values, parallel to fields */
    size_t n;
    int64_t set_id;           /* create with this id (move, undo of a purge); 0: a new one */
};
struct save_result {
    struct record record;   /* after */
    struct record before;   /* object NULL on create */
    const struct cleaned *cleaned;
    size_t n_cleaned;
    bool unchanged;         /* nothing differed: nothing was written */
    int64_t change_id;
};

/* The write path, in this order: may the actor -> clean -> defaults and formulas -> checks (types, required, unique,
 * references visible, gates and block policies by record_hooks.check) -> version -> write -> change rows -> search ->
 * record_hooks.on_change. All findings of the checks come back in one chain, field by field.
 * Fails: access.denied, access.field_denied, record.* , work.gate, work.blocked. */
MUST_USE struct err *record_save(struct tx *tx, const struct save_context *cx, const struct save_input *in,
                                 struct save_result *out);

/* What the room above does in the same transaction. Filled by main. */
struct record_hooks {
    /* May refuse (gates, block policies). before->object NULL on create; after is complete but not written. */
    struct err *(*check)(struct tx *tx, const struct save_context *cx, const struct record *before,
                         const struct record *after, const bool *changed);
    /* After the write and the change rows. */
    struct err *(*on_change)(struct tx *tx, const struct save_context *cx, const struct record *before,
                             const struct record *after, const bool *changed, int64_t change_id);
    /* archived_at / deleted_at were set or cleared. */
    struct err *(*on_gone)(struct tx *tx, const struct save_context *cx, const struct record *record, bool gone);
};
extern struct record_hooks record_hooks;

/* Decodes a JSON object's members into fields and values; every finding has its pointer. Unknown members: nearest name.
 * References are ids as strings; references-many arrays of ids; money {"amount":"12.50","currency":"EUR"} or a number in
 * major units; decimals as numbers or strings; sets as arrays; dates and instants as RFC 3339; durations as "3d". */
MUST_USE struct err *record_decode(struct arena *arena, const struct manual *m, const struct object *o,
                                   const struct json *body, struct save_input *in);
/* Parses the text of a cell or a page's default for a field (import, outcome.set, defaults); env for me/now/today. */
MUST_USE struct err *value_parse(struct arena *arena, const struct manual *m, const struct field *f, struct str text,
                                 const struct expr_env *env, struct value *out);
void value_json(struct json_writer *w, const struct field *f, const struct value *v);
struct str value_text(struct arena *arena, const struct manual *m, const struct field *f, const struct value *v); /* for people */
bool value_eq(const struct value *a, const struct value *b);

/* Reads one row the actor may see; in the bin only with bin. Fails: record.not_found. */
MUST_USE struct err *record_get(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                                int64_t id, bool bin, struct record *out);
/* Without rights, for the engine. */
MUST_USE struct err *record_read(struct tx *tx, const struct manual *m, const struct object *o, int64_t id, struct record *out);
/* Up to RECORDS_AT_ONCE of them with one question, and one per field of links; out has room for n. Those that are not there are
 * left out; in no particular order. */
#define RECORDS_AT_ONCE 32
MUST_USE struct err *records_read(struct tx *tx, const struct manual *m, const struct object *o, const int64_t *ids, size_t n,
                                  struct record *out, size_t *n_read);
/* Brings the statistics up to date by which both databases choose their plans. After imports, and once a day: without
 * them SQLite takes any index on an equality for a good one, and sorts what a list could have read in order. */
MUST_USE struct err *record_tune(struct tx *tx);
/* The object an id belongs to, by asking the tables; NULL if none. */
MUST_USE struct err *record_object_of(struct tx *tx, const struct manual *m, int64_t id, const struct object **out);
/* Fills in the names of what a saved record refers to, as far as the actor may read them; record_get has done so. */
MUST_USE struct err *record_titles(struct tx *tx, const struct manual *m, const struct actor *a, struct record *r);
/* Computes formulas that depend on the time; record_get computes the others, record_save all. */
void record_compute(struct tx *tx, const struct manual *m, struct record *r, const struct expr_env *env);
/* As JSON, only fields the actor may read; fields NULL: all but retired ones. References are {"id","name"} (name only where
 * it was read and may be), references-many arrays of ids, money {"amount","currency"}, sets arrays, empty ones null. */
void record_json(struct json_writer *w, const struct manual *m, const struct actor *a, const struct record *r,
                 const bool *fields);
/* The record's name for people. */
struct str record_title(struct arena *arena, const struct manual *m, const struct record *r);
/* The face expressions see: related rows are read through tx on demand. Lives on tx's arena. */
struct expr_record record_expr(struct tx *tx, const struct manual *m, const struct record *r, const struct record *before);

/* archive, restore, bin (delete), purge. Fails as above. */
enum record_move { RECORD_ARCHIVE, RECORD_UNARCHIVE, RECORD_DELETE, RECORD_RESTORE };
/* *change_id (NULL: not wanted): the save, to take it back; 0: it was so already and nothing was written. */
MUST_USE struct err *record_move(struct tx *tx, const struct save_context *cx, const struct object *o, int64_t id,
                                 int64_t if_version, enum record_move move, struct record *out, int64_t *change_id);
MUST_USE struct err *record_purge(struct tx *tx, const struct save_context *cx, const struct object *o, int64_t id);

/* ---- change log ---- */
struct change {
    int64_t id, record_id, at_us, actor, manual_version;
    struct str object, kind; /* created updated archived restored deleted purged */
    struct str field;        /* empty for created: new holds a JSON object of all values */
    struct str old_json, new_json;
    struct str via, page;
};
MUST_USE struct err *change_list(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                                 int64_t record_id, int64_t before_id, int limit, struct change **out, size_t *n);
/* Since when a field has the value it has: its last change, or the creation of the record. Fails: record.not_found. */
MUST_USE struct err *change_since(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                                  int64_t record_id, const struct field *f, int64_t *since_us);
/* Takes one save (all its change rows) back, through record_save. Fails: record.version_conflict if a field moved on. */
MUST_USE struct err *change_undo(struct tx *tx, const struct save_context *cx, int64_t change_id, struct save_result *out);
/* Which record a change belongs to; 0: there is no such change, or the actor may not see it. */
MUST_USE struct err *change_record(struct tx *tx, const struct manual *m, const struct actor *a, int64_t change_id, int64_t *record_id);
/* Seals rows not yet in the hash chain into the next batches (a job). *next_us: when there is more to seal, now_us if at
 * once; DATE_NONE: every row is sealed. */
MUST_USE struct err *change_seal(struct tx *tx, int64_t now_us, int64_t *sealed, int64_t *next_us);
/* Recomputes the chain; adds findings. */
MUST_USE struct err *change_verify(struct tx *tx, struct buf *findings, int64_t *rows);

/* ---- timeline: activities, changes, tasks and breaches of a record, newest first ---- */
struct timeline_entry {
    int64_t at_us, id;
    struct str kind;  /* "activity", "change", "task", "breach", "run" */
    struct str json;  /* ready object */
};
MUST_USE struct err *timeline_list(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                                   int64_t record_id, int64_t before_us, int64_t before_id, int limit,
                                   struct timeline_entry **out, size_t *n);

/* ---- query ---- */
struct query {
    const struct object *object;
    struct str filter;        /* expression; empty: all */
    struct str sort;          /* "close_date desc, name"; empty: newest first */
    struct str fields;        /* "name,amount,account.name"; empty: all readable */
    struct str cursor;        /* of the last answer; empty: first page */
    int limit;                /* 0: PAGE_ROWS_DEFAULT */
    bool bin, archived;       /* only the bin; archived rows too */
    bool count;               /* also count, up to COUNT_MAX */
};
/* Writes {"data":[...],"next":"cursor" or null,"count":n,"count_is_exact":true} straight from the rows. */
MUST_USE struct err *query_list(struct tx *tx, const struct manual *m, const struct actor *a, const struct query *q,
                                int64_t now_us, struct buf *json);
/* Columns of a list that are worked out from what is related, for those who ask for them by name in `fields`: who was in
 * touch last, what comes next, what is broken. */
struct computed_column {
    struct str name, label;
    struct str expression; /* the same for filters; empty: there is none */
    enum field_type type;
    bool sort; /* lists can be sorted by it */
};
/* Those the object has and the actor may ask for, in a fixed order; at most COMPUTED_MAX. */
enum { COMPUTED_MAX = 8 };
size_t query_computed(struct arena *arena, const struct manual *m, const struct actor *a, const struct object *o,
                      struct computed_column *out);
/* Can a list be sorted by this field of an object it shows? */
bool query_sortable(const struct field *f);
/* Would it run? Reads and checks filter, sort and fields with the actor's rights, without asking for a row. */
MUST_USE struct err *query_check(struct tx *tx, const struct manual *m, const struct actor *a, const struct query *q);
MUST_USE struct err *query_count(struct tx *tx, const struct manual *m, const struct actor *a, const struct query *q,
                                 int64_t now_us, int64_t *count, bool *exact);
/* Ids that match, ascending from after_id, for bulk work and sweeps; a NULL: without rights. */
MUST_USE struct err *query_ids(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o,
                               const struct expr *filter, const struct expr_env *env, int64_t after_id, int limit,
                               int64_t **ids, size_t *n);
struct group_query {
    const struct object *object;
    struct str filter;
    struct str by;      /* "owner" or "close_date by month" or "stage, owner.team": up to 3 keys; empty: one total */
    struct str measure; /* "count", "sum(amount)", "avg(amount)", "min(..)", "max(..)", "median(..)", several with commas */
    int limit;          /* 0: GROUP_ROWS_MAX */
};
MUST_USE struct err *query_group(struct tx *tx, const struct manual *m, const struct actor *a, const struct group_query *q,
                                 int64_t now_us, struct buf *json);

/* ---- search ---- */
/* {"data":[{"object","id","title","snippet"}...]} ranked; text: what was typed. objects: names, empty for all. */
MUST_USE struct err *search_run(struct tx *tx, const struct manual *m, const struct actor *a, struct str text, struct str objects,
                                int limit, struct buf *json);
