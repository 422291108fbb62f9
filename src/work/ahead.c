/* Records read ahead. A tick of the engine, the end of a period and a sweep know which records they will look at; asked one by
 * one each costs PostgreSQL two turns there and back. What was read serves until something is saved or rolled back.
 */
#include "work/work_impl.h"

#include <string.h>

struct records_ahead {
    const struct object *o;
    const int64_t *ids; /* expected */
    size_t n, at;       /* the first that was not read yet */
    int64_t saves, undone;
    struct record read[RECORDS_AT_ONCE];
    size_t n_read;
};

void work_expect(const struct work *w, int object, const int64_t *ids, size_t n)
{
    struct work_memory *mem = work_memory(w->tx);

    if (!mem->ahead)
        mem->ahead = NEW(w->arena, struct records_ahead);
    mem->ahead->o = &w->m->objects[object];
    mem->ahead->ids = ids;
    mem->ahead->n = n;
    mem->ahead->at = mem->ahead->n_read = 0;
    mem->ahead->saves = mem->saves;
    mem->ahead->undone = tx_undone(w->tx);
}

/* Callers may write into what they were given. */
static void copy(const struct work *w, const struct record *r, struct record *out)
{
    *out = *r;
    out->values = NEW_ARRAY(w->arena, r->object->n_fields + 1, struct value);
    memcpy(out->values, r->values, r->object->n_fields * sizeof *r->values);
}

static bool found(const struct work *w, const struct records_ahead *x, int64_t id, struct record *out)
{
    for (size_t i = 0; i < x->n_read; i++)
        if (x->read[i].id == id) {
            copy(w, &x->read[i], out);
            return true;
        }
    return false;
}

struct err *ahead_read(const struct work *w, const struct object *o, int64_t id, struct record *out)
{
    struct work_memory *mem = work_memory(w->tx);
    struct records_ahead *x = mem->ahead;
    size_t at, n;

    if (!x || x->o != o)
        return record_read(w->tx, w->m, o, id, out);
    if (x->saves != mem->saves || x->undone != tx_undone(w->tx)) { /* rules save as they go: read as they go */
        mem->ahead = NULL;
        return record_read(w->tx, w->m, o, id, out);
    }
    if (found(w, x, id, out))
        return NULL;
    for (at = x->at; at < x->n && x->ids[at] != id; at++)
        ;
    if (at == x->n)
        return record_read(w->tx, w->m, o, id, out);
    n = x->n - at < RECORDS_AT_ONCE ? x->n - at : RECORDS_AT_ONCE;
    x->at = at + n;
    TRY(records_read(w->tx, w->m, o, &x->ids[at], n, x->read, &x->n_read));
    return found(w, x, id, out) ? NULL : record_read(w->tx, w->m, o, id, out);
}
