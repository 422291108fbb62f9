#pragma once
/* Records as they were: the values of now, taken back through the change log. Reads only.
 *
 * A rewind holds a batch of records and stands at one moment; expressions see what was there at that moment: the record's
 * own values, what it referred to, and the rows related to it, each with its own past. While an expression is evaluated
 * the rewind notes when next something that was read came to differ: until then the expression gives the same answer
 * (unless it looks at the time). So a history is walked from change to change, not from hour to hour.
 *
 * What cannot be known is taken for granted and listed by rewind_assumed: what an imported record was before it came in,
 * what became of rows that were purged, how tasks and runs stood before they were moved.
 */
#include "record/record.h"

/* Orders what happened: id is that of a save, a record or a task, which all grow with time. One save is one moment. */
struct moment {
    int64_t us, id;
};
#define MOMENT_NEVER ((struct moment){INT64_MAX, INT64_MAX})
#define MOMENT_END(us) ((struct moment){(us), INT64_MAX}) /* after all that happened at us */
bool moment_before(struct moment a, struct moment b);

struct rewind;
struct old_record; /* one record with its past */

/* Its memory is its own, and released with that of tx. Nothing before from_us will be asked for. */
struct rewind *rewind_new(struct tx *tx, const struct manual *m, int64_t from_us);
/* Loads records of o, in the bin or not; those of the batch before are forgotten. ids that are gone are left out. */
MUST_USE struct err *rewind_load(struct rewind *rw, const struct object *o, const int64_t *ids, size_t n, struct old_record ***out,
                                 size_t *n_out);

/* Stands at m from now on; forgets what was read. */
void rewind_to(struct rewind *rw, struct moment m);
/* The next moment at which something read since rewind_to was not as it is here; MOMENT_NEVER if nothing was. */
struct moment rewind_next(const struct rewind *rw);

int64_t old_id(const struct old_record *r);
/* When it came into being. */
struct moment old_born(const struct old_record *r);
/* Was it there, neither archived nor in the bin? */
bool old_live(struct rewind *rw, struct old_record *r);
/* Its value; stays until the next load. */
const struct value *old_value(struct rewind *rw, struct old_record *r, int field);
/* The next change of one of these fields after the moment. */
struct moment old_next_change(struct rewind *rw, struct old_record *r, const bool *fields);
/* For what wants a whole record: owner, team and all other values that have a column. */
struct record old_as_record(struct rewind *rw, struct old_record *r);
/* True as well where e is NULL. Fails if the past could not be read. */
MUST_USE struct err *old_test(struct rewind *rw, struct old_record *r, const struct expr *e, const struct expr_env *env, bool *out);
/* Rows of a relation that were there at the moment, for which where held (NULL: all) and whose time field lies in
 * [from_us, to_us). */
MUST_USE struct err *old_count(struct rewind *rw, struct old_record *r, int relation, int time_field, const struct expr *where,
                               const struct expr_env *env, int64_t from_us, int64_t to_us, int64_t *out);

/* Sentences for people: what had to be taken for granted so far. */
void rewind_assumed(const struct rewind *rw, struct arena *arena, struct str **out, size_t *n);
