#include "life.h"

static unsigned roll(struct dice *d, unsigned n)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(d->state >> 33) % n;
}

static const char *a_rep(struct life *l)
{
    return roll(&l->dice, 2) ? "@rob" : "@ana";
}

static int64_t user_of(struct life *l, const char *who)
{
    return who[1] == 'r' ? l->c->rob : l->c->ana;
}

static const char *text(struct life *l, const char *before, int n, const char *after)
{
    return str_cstr(l->c->arena, str_fmt(l->c->arena, "%s%d%s", before, n, after));
}

static const char *day_from_now(struct life *l, int days)
{
    return str_cstr(l->c->arena, date_text(l->c->arena, zone_date(zone_utc(), l->c->now) + days));
}

static void lead_comes_in(struct life *l)
{
    if (l->n_leads == LEADS)
        return;
    l->leads[l->n_leads] = company_create(
        l->c, "lead", "last_name", text(l, "Lead", l->n_leads, ""), "company", text(l, "Company ", l->n_leads, ""), "email",
        roll(&l->dice, 8) ? text(l, "lead", l->n_leads, "@lead.example") : "", "owner", roll(&l->dice, 2) ? a_rep(l) : "", NULL);
    l->n_leads++;
}

static void deal_begins(struct life *l)
{
    const char *account;

    if (l->n_deals == DEALS || !l->n_accounts)
        return;
    account = str_cstr(l->c->arena, str_fmt(l->c->arena, "%lld", (long long)l->accounts[roll(&l->dice, (unsigned)l->n_accounts)]));
    l->deals[l->n_deals++] = company_create(l->c, "deal", "account", roll(&l->dice, 6) ? account : "", "engage_date", day_from_now(l, 0), "owner",
                                            a_rep(l), NULL);
}

static void account_is_made(struct life *l)
{
    if (l->n_accounts == ACCOUNTS)
        return;
    l->accounts[l->n_accounts] = company_create(l->c, "account", "name", text(l, "Account ", l->n_accounts, ""), "type",
                                                roll(&l->dice, 3) ? "Customer" : "Prospect", "owner", roll(&l->dice, 5) ? a_rep(l) : "", NULL);
    l->n_accounts++;
}

/* A gate may refuse; then it stays where it is. */
static void lead_moves(struct life *l)
{
    static const char *const status[] = {"Contacted", "In conversation", "Nurture", "Qualified", "Disqualified"};
    int64_t lead = l->leads[roll(&l->dice, (unsigned)l->n_leads)];
    const char *to = status[roll(&l->dice, 5)];

    (void)company_try_set(l->c, 0, NULL, "lead", lead, "status", to, "next_contact", roll(&l->dice, 2) ? day_from_now(l, 20) : "", "lost_reason",
                          roll(&l->dice, 2) ? "No answer" : "", NULL);
}

static void deal_moves(struct life *l)
{
    static const char *const stage[] = {"Engaging", "Engaging", "Won", "Lost"};
    int64_t deal = l->deals[roll(&l->dice, (unsigned)l->n_deals)];
    const char *to = stage[roll(&l->dice, 4)];

    (void)company_try_set(l->c, 0, NULL, "deal", deal, "stage", to, "amount", "1200", "close_date",
                          to[0] == 'E' ? "" : day_from_now(l, 0), "lost_reason", to[0] == 'L' && roll(&l->dice, 2) ? "Price" : "", NULL);
    if (roll(&l->dice, 2))
        (void)company_try_set(l->c, 0, NULL, "deal", deal, "next_step", "Maria calls back", "next_step_on", day_from_now(l, 5), "expected_close",
                              day_from_now(l, 15), NULL);
}

static void somebody_talks(struct life *l)
{
    static const char *const kinds[] = {"call", "email", "meeting"};
    const char *kind = kinds[roll(&l->dice, 3)];
    unsigned to = roll(&l->dice, 3);

    if (to == 0 && l->n_leads)
        company_activity(l->c, kind, "out", l->leads[roll(&l->dice, (unsigned)l->n_leads)]);
    else if (to == 1 && l->n_deals)
        company_activity(l->c, kind, "out", l->deals[roll(&l->dice, (unsigned)l->n_deals)]);
    else if (l->n_accounts)
        company_activity(l->c, kind, "out", l->accounts[roll(&l->dice, (unsigned)l->n_accounts)]);
}

static void a_task_is_done(struct life *l)
{
    const char *who = a_rep(l);
    int64_t user = user_of(l, who);
    int64_t task = company_count(l->c, "SELECT id FROM task WHERE closed_us IS NULL AND owed_by = $1 ORDER BY due_us NULLS LAST, id LIMIT 1", user);

    if (task) /* refused where done_when does not hold yet */
        (void)company_finish(l->c, user, task, "", "done");
}

static void event(struct life *l)
{
    unsigned what = roll(&l->dice, 12);

    if (what < 3)
        lead_comes_in(l);
    else if (what < 4)
        account_is_made(l);
    else if (what < 5)
        deal_begins(l);
    else if (what < 7 && l->n_leads)
        lead_moves(l);
    else if (what < 8 && l->n_deals)
        deal_moves(l);
    else if (what < 9)
        a_task_is_done(l);
    else if (what < 10 && l->n_leads)
        company_set(l->c, "lead", l->leads[roll(&l->dice, (unsigned)l->n_leads)], "owner", a_rep(l), NULL);
    else
        somebody_talks(l);
}

static void someone_is_away(struct life *l, int day)
{
    int64_t who = day % 2 ? l->c->rob : l->c->ana;

    firm_absence(l->c, who, day, day + 4, roll(&l->dice, 2) ? l->c->lena : 0);
}

void life_begins(struct life *l)
{
    for (int i = 0; i < 6; i++)
        account_is_made(l);
}

void life_day(struct life *l, int day)
{
    unsigned events = day % 7 < 5 ? roll(&l->dice, 6) : roll(&l->dice, 8) == 0;

    if (day % 23 == 11)
        someone_is_away(l, day + 1);
    for (unsigned i = 0; i < events; i++) {
        int64_t at = OPENING + day * DAY + (int64_t)i * 90 * US_PER_MINUTE + (int64_t)roll(&l->dice, 60) * US_PER_MINUTE;

        /* nobody does anything at the very moment at which something is due */
        company_until(l->c, at + 1 + roll(&l->dice, 1000000));
        event(l);
    }
    company_until(l->c, OPENING + day * DAY + 12 * HOUR);
}
