#pragma once
/* The demo company, as `fairlead start` makes it: the starter manual, data/maven-crm through the ordinary import, its
 * newest day shifted to the day before OPENING. Then the given policies are switched on. */
#include "firm.h"

enum { DEMO_AGENTS = 35, DEMO_ACCOUNTS = 85, DEMO_DEALS = 8800 };

struct demo {
    struct company *c; /* its arena is for what one day needs: demo_forget */
    int64_t agents[DEMO_AGENTS], managers[DEMO_AGENTS], accounts[DEMO_ACCOUNTS]; /* by name; managers[i] leads agents[i] */
};

/* modes as in firm_open; for_all: the policies that bind the records there are already, ended by NULL. Imported once in a
 * program, which therefore asks for one set of modes, and copied after that. */
struct demo *demo_open(const char *const *modes, const char *const *for_all);
void demo_close(struct demo *d);
/* Drops what the arena of the company gathered. */
void demo_forget(struct demo *d);
/* Closes the database and opens it again, as a server that was stopped. */
void demo_restart(struct demo *d);
/* The first column of up to max rows. $1 is id where the statement has one. */
size_t demo_ids(struct demo *d, const char *sql, int64_t id, int64_t *out, size_t max);
