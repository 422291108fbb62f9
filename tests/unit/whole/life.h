#pragma once
/* A firm at work: people who call, forget, move on and go on leave, by the throw of seeded dice. */
#include "firm.h"

struct dice {
    uint64_t state;
};
enum { LEADS = 240, DEALS = 120, ACCOUNTS = 24 };
struct life {
    struct company *c;
    struct dice dice;
    int64_t leads[LEADS], deals[DEALS], accounts[ACCOUNTS];
    int n_leads, n_deals, n_accounts;
};

void life_begins(struct life *l);
/* What happens on a day after OPENING, up to its evening. */
void life_day(struct life *l, int day);
