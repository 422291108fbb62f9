/* The engine against a slow, obvious interpreter: small random policies, small random histories, the same breaches.
 *
 * The interpreter keeps no rows and no timers. It holds the whole history and asks, for each policy, minute by minute:
 * does the rule hold now, since when has it not, and has the time run out?
 */
#include "company.h"

#define POLICIES 4
#define LEADS 3
#define MINUTE US_PER_MINUTE

struct rule_model {
    int when; /* 0: always; 1: status = 'New'; 2: priority = 'High' */
    int must; /* 0: owner is not empty; 1: need is not empty; 2: source = 'Web' */
    bool always, of_created, except;
    int64_t within_min;
};
struct lead_model {
    bool there, owner, need, web, high, fresh; /* fresh: status New */
    int64_t created;
};
struct clock_model {
    bool running, over, met; /* over: breached */
    int64_t start;
};
struct model {
    struct rule_model rule[POLICIES];
    struct lead_model lead[LEADS];
    struct clock_model clock[POLICIES][LEADS];
    int64_t broken[POLICIES][LEADS][64]; /* moments of breaches */
    int n_broken[POLICIES][LEADS];
};

static bool model_scope(const struct rule_model *r, const struct lead_model *l)
{
    bool when = r->when == 0 || (r->when == 1 ? l->fresh : l->high);

    return l->there && when && !(r->except && l->web && l->high);
}

static bool model_holds(const struct rule_model *r, const struct lead_model *l)
{
    return r->must == 0 ? l->owner : r->must == 1 ? l->need : l->web;
}

static void model_break(struct model *m, int p, int k, int64_t start, int64_t at)
{
    for (int i = 0; i < m->n_broken[p][k]; i++) /* once per cause: the same start of the clock */
        if (m->broken[p][k][i] == at && m->rule[p].of_created)
            return;
    (void)start;
    assert_true(m->n_broken[p][k] < 64);
    m->broken[p][k][m->n_broken[p][k]++] = at;
}

/* The state of the world is as it is at `now`; time has just come to `now`, or something has just changed. */
static void model_look(struct model *m, int64_t now, bool changed)
{
    for (int p = 0; p < POLICIES; p++)
        for (int k = 0; k < LEADS; k++) {
            const struct rule_model *r = &m->rule[p];
            const struct lead_model *l = &m->lead[k];
            struct clock_model *c = &m->clock[p][k];
            bool in = model_scope(r, l), holds = model_holds(r, l);
            int64_t due;

            if (!in) {
                *c = (struct clock_model){0};
                continue;
            }
            if (!c->running && !c->over && !c->met) { /* falls into the rule */
                c->start = r->of_created && !r->always ? l->created : now;
                c->met = holds;
                c->running = !holds;
            } else if (holds) {
                c->running = c->over = false;
                c->met = true;
            } else if (c->met && (r->always || !r->of_created)) { /* no longer met: anew */
                c->met = false;
                c->running = true;
                c->start = now;
            }
            due = r->always ? c->start : c->start + r->within_min * MINUTE;
            if (c->running && (due <= now && (!changed || r->always || due < now || true))) {
                c->running = false;
                c->over = true;
                model_break(m, p, k, c->start, due > c->start ? due : c->start);
            }
        }
}

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *d, unsigned n)
{
    d->state = d->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(d->state >> 33) % n;
}

static void page_of(struct company *c, int i, const struct rule_model *r)
{
    static const char *const when[] = {"", "when: \"status = 'New'\"\n",
                                       "when: \"priority = 'High'\"\n"};
    static const char *const must[] = {"owner is not empty", "need is not empty",
                                       "\"source = 'Web'\""};
    static const char *const modes[] = {"watch", "remind"};
    struct str path = str_fmt(c->arena, "policy/rule-%d", i);
    struct str clock = r->always ? STR("always: true\n")
                                 : str_fmt(c->arena, "within: %lldm\n%s", (long long)r->within_min,
                                           r->of_created ? "of: created_at\n" : "");

    company_page(
        c, str_cstr(c->arena, path),
        str_cstr(c->arena,
                 str_fmt(c->arena, "for: lead\n%smust: %s\n%.*s%sowed_by: owner\nmode: %s\n",
                         when[r->when], must[r->must], STR_ARG(clock),
                         r->except ? "except: \"source = 'Web' and priority = 'High'\"\n" : "",
                         modes[i % 2])),
        NULL);
}

static void change(struct company *c, struct model *m, int64_t *ids, struct dice *d)
{
    int k = (int)roll(d, LEADS);
    struct lead_model *l = &m->lead[k];

    if (!l->there) {
        *l = (struct lead_model){.there = true,
                                 .fresh = true,
                                 .created = c->now,
                                 .owner = roll(d, 2),
                                 .need = roll(d, 2),
                                 .web = roll(d, 2),
                                 .high = roll(d, 2)};
        ids[k] = company_create(c, "lead", "name", "L", "owner", l->owner ? "@rob" : "", "need",
                                l->need ? "x" : "", "source", l->web ? "Web" : "Import", "priority",
                                l->high ? "High" : "Low", NULL);
        return;
    }
    switch (roll(d, 5)) {
    case 0:
        l->owner = !l->owner;
        break;
    case 1:
        l->need = !l->need;
        break;
    case 2:
        l->web = !l->web;
        break;
    case 3:
        l->high = !l->high;
        break;
    default:
        l->fresh = !l->fresh;
        break;
    }
    company_set(c, "lead", ids[k], "owner", l->owner ? "@rob" : "", "need", l->need ? "x" : "",
                "source", l->web ? "Web" : "Import", "priority", l->high ? "High" : "Low", "status",
                l->fresh ? "New" : "Contacted", NULL);
}

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void compare(struct company *c, struct model *m, const int64_t *ids, uint64_t seed)
{
    for (int p = 0; p < POLICIES; p++)
        for (int k = 0; k < LEADS; k++) {
            int n = m->n_broken[p][k];
            struct str where = str_fmt(
                c->arena, "FROM breach WHERE record_id = $1 AND page = 'policy/rule-%d'", p);
            struct str sql = str_fmt(c->arena, "SELECT COUNT(*) %.*s", STR_ARG(where));

            qsort(m->broken[p][k], (size_t)n, sizeof(int64_t), by_time);
            if (company_count(c, str_cstr(c->arena, sql), ids[k]) != n)
                fail_msg("seed %llu, rule %d, lead %d: engine %lld breaches, model %d",
                         (unsigned long long)seed, p, k,
                         (long long)company_count(c, str_cstr(c->arena, sql), ids[k]), n);
            for (int i = 0; i < n; i++) {
                sql = str_fmt(c->arena, "SELECT at_us %.*s ORDER BY at_us LIMIT 1 OFFSET %d",
                              STR_ARG(where), i);
                if (company_count(c, str_cstr(c->arena, sql), ids[k]) != m->broken[p][k][i])
                    fail_msg("seed %llu, rule %d, lead %d: breach %d at %lld, model %lld",
                             (unsigned long long)seed, p, k, i,
                             (long long)company_count(c, str_cstr(c->arena, sql), ids[k]),
                             (long long)m->broken[p][k][i]);
            }
        }
}

static void one_history(struct company *c, uint64_t seed, int64_t *total)
{
    struct dice d = {seed * 2654435761ULL + 1};
    struct model m = {0};
    int64_t ids[LEADS] = {0}, start;

    for (int p = 0; p < POLICIES; p++) {
        struct rule_model *r = &m.rule[p];

        *r = (struct rule_model){.when = (int)roll(&d, 3),
                                 .must = (int)roll(&d, 3),
                                 .always = roll(&d, 4) == 0,
                                 .of_created = roll(&d, 2),
                                 .except = roll(&d, 3) == 0,
                                 .within_min = 1 + roll(&d, 40)};
        if (r->must == 2)
            r->except = false;
        page_of(c, p, r);
    }
    company_publish(c);
    c->now += MINUTE;
    start = c->now;
    for (int minute = 0; minute < 240; minute++) {
        int64_t at = start + minute * MINUTE;

        c->now = at;
        /* Sometimes the engine gets its turn, sometimes it sleeps for a while. */
        if (roll(&d, 3) == 0)
            company_until(c, at);
        model_look(&m, at - 1, false);
        if (roll(&d, 4) == 0) {
            /* What ran out before this moment ran out; what is met in this very moment is met in time. */
            c->now = at + 30 * US_PER_SECOND;
            model_look(&m, at, false);
            change(c, &m, ids, &d);
            model_look(&m, c->now, true);
        } else {
            model_look(&m, at, false);
        }
    }
    company_until(c, start + 300 * MINUTE);
    for (int64_t at = start + 240 * MINUTE; at <= c->now; at += MINUTE / 2)
        model_look(&m, at, false);
    compare(c, &m, ids, seed);
    company_sound(c);
    for (int p = 0; p < POLICIES; p++)
        for (int k = 0; k < LEADS; k++)
            *total += m.n_broken[p][k];
    for (int p = 0; p < POLICIES; p++)
        company_drop_page(c, str_cstr(c->arena, str_fmt(c->arena, "policy/rule-%d", p)));
    company_publish(c);
}

TEST(engine_and_interpreter_agree)
{
    struct company *c = company_open();
    int rounds = db_fixture_kind() == DB_SQLITE ? 40 : 6;
    int64_t total = 0;

    for (int seed = 1; seed <= rounds; seed++)
        one_history(c, (uint64_t)seed, &total);
    assert_true(total > rounds * 3);
    company_close(c);
}

TEST_MAIN(engine_and_interpreter_agree)
