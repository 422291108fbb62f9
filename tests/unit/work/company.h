#pragma once
/* A small company for the tests of the engine: a manual, people, and a clock that stands where the test puts it. */
#include "db_fixture.h"
#include "record/record.h"
#include "test.h"
#include "work/work.h"

struct company {
    struct db_fixture *f;
    struct arena *arena; /* the fixture's */
    struct manual_store *store;
    int64_t now;
    int64_t lena, rob, ana, tom,
        admin; /* manager; her reps; a rep of another team; superior of all */
    int64_t north, south;
    VEC(struct page_file) pages;
};

/* Monday 2026-03-02 09:00 UTC. Mon-Fri 9-17 UTC is the company's calendar. */
#define MONDAY_9 1772442000000000LL
#define HOUR US_PER_HOUR
#define DAY US_PER_DAY

struct company *company_open(void); /* base pages published, people made */
void company_close(struct company *c);
/* Puts a page: front matter without kind and name. Published with company_publish. */
void company_page(struct company *c, const char *path, const char *front, const char *body);
void company_drop_page(struct company *c, const char *path);
void company_publish(struct company *c);
struct err *company_try_publish(struct company *c);

/* Fields as text pairs, ended by NULL: "name", "Ann", "owner", "@rob" (people by first name) or ids as text. */
int64_t company_create(struct company *c, const char *object, ...);
void company_set(struct company *c, const char *object, int64_t id, ...);
/* As a person (0: the program), with a reason or NULL; gives the error. */
struct err *company_try_set(struct company *c, int64_t user, const char *reason, const char *object,
                            int64_t id, ...);
/* The same for a new record; *id of it, 0 if refused. */
struct err *company_try_create(struct company *c, int64_t user, int64_t *id, const char *object, ...);
/* An activity linked to a record. */
int64_t company_activity(struct company *c, const char *kind, const char *direction,
                         int64_t record);
void company_move(struct company *c, const char *object, int64_t id, enum record_move move);

/* Moves the clock to `to` and lets everything due happen on the way. */
void company_until(struct company *c, int64_t to);
/* The same in steps of step_us. */
void company_run(struct company *c, int64_t to, int64_t step_us);

/* One number from the database. $1 is id where the statement has one. */
int64_t company_count(struct company *c, const char *sql, int64_t id);
struct str company_text(struct company *c, const char *sql, int64_t id);
#define open_tasks(c, id) \
    company_count((c), "SELECT COUNT(*) FROM task WHERE closed_us IS NULL AND record_id = $1", (id))
#define breaches(c, id) company_count((c), "SELECT COUNT(*) FROM breach WHERE record_id = $1", (id))
struct str company_dump(struct company *c);
/* No finding of work_check. */
void company_sound(struct company *c);

/* Calls within a write transaction as a person (0: the program). */
typedef struct err *(*company_fn)(struct tx *tx, const struct save_context *cx, void *ctx);
struct err *company_as(struct company *c, int64_t user, company_fn fn, void *ctx);
int64_t task_of(struct company *c, int64_t record, const char *title); /* the open one, 0: none */
struct err *company_finish(struct company *c, int64_t user, int64_t task, const char *outcome,
                           const char *note);
