#pragma once
/* What the two files of the rewind share. */
#include "record/record_impl.h"
#include "record/rewind.h"

enum assumed { ASSUMED_IMPORT, ASSUMED_PURGED, ASSUMED_ENGINE, ASSUMED_KEPT, ASSUMED_UNREADABLE, ASSUMED_LINKS, ASSUMED_COUNT };

/* Of a row of the engine: what its fields tell about then. */
enum fate {
    FATE_FIXED,   /* as it was when the row began */
    FATE_CLOSING, /* empty until the row was closed */
    FATE_MOVES,   /* may have been otherwise while the row was open */
    FATE_STAGE,   /* since the run entered its stage */
};
struct engine_field {
    enum fate fate;
};
struct engine_object {
    struct engine_field *fields;
    int begun, closed, entered, version; /* fields; -1: none */
};

struct old_change {
    struct moment at;
    int field;
    bool read;
    struct str old_json;
    struct value old;
};
struct touch { /* an activity that moved last_activity_at */
    struct moment at;
    int64_t activity_us;
};
struct relation_rows {
    struct old_record **rows;
    int *via;         /* the field of the row that says whose it is; -1: it never changes */
    bool *linked_now;
    size_t n, cap;
};
struct old_record {
    struct rewind *rw;
    struct record now;
    struct moment born;
    struct moment known; /* of an import: when it came in */
    struct old_change *changes; /* oldest first */
    size_t n_changes, cap_changes;
    struct relation_rows *related; /* [relation] once loaded */
    bool *related_loaded;
    struct touch *touches;
    size_t n_touches, cap_touches;
    struct value last_activity, updated;
    const struct engine_object *engine;
    struct moment closed, entered; /* rows of the engine */
    bool imported, links_read, touches_loaded, moved, in_batch;
};

struct rewind {
    struct tx *tx;
    const struct manual *m;
    struct arena *arena;   /* of the batch */
    struct arena *scratch; /* of one evaluation */
    struct arena *kept;    /* of the whole */
    int64_t from_us;
    struct moment at, next;
    const struct object *object; /* of the batch */
    struct old_record **batch;
    size_t n_batch;
    struct strmap *loaded; /* "object id" -> pointer */
    struct engine_object *engine; /* [object] */
    struct former **former; /* [object * fields + field], once asked */
    unsigned assumed;
    struct err *err;
};

/* One record of an object (-1: ask the tables), from memory or the database; NULL: gone. */
struct old_record *rewind_one(struct rewind *rw, int object, int64_t id);
const struct relation_rows *rewind_related(struct rewind *rw, struct old_record *r, int relation);
void rewind_activities(struct rewind *rw, struct old_record *r);
