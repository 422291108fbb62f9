/* Rights: what SQL lets through, what access_row says, and what the words of the scopes mean are one and the same. */
#include "company.h"

#define OWNERS (PEOPLE_END - BOSS + 1) /* nobody, and each person */

/* The meaning of the scopes, written down once more without looking at the code: who reports to whom, which team is
 * below which. */
static bool reports_to(int64_t person, int64_t boss)
{
    static const int64_t superior[] = {[MARY - BOSS] = BOSS, [ED - BOSS] = MARY,  [BO - BOSS] = ED,
                                       [WES - BOSS] = BOSS,  [INA - BOSS] = MARY, [NILS - BOSS] = MARY};

    while (person) {
        if (person == boss)
            return true;
        person = person < PEOPLE_END ? superior[person - BOSS] : 0;
    }
    return false;
}

static bool team_within(int64_t team, int64_t above)
{
    static const int64_t parent[] = {[EAST] = WORLD, [BOSTON] = EAST, [WEST] = WORLD, [TEAM_COUNT] = 0};

    while (team) {
        if (team == above)
            return true;
        team = parent[team];
    }
    return false;
}

static const int64_t team_of[] = {[BOSS - BOSS] = WORLD, [MARY - BOSS] = EAST, [ED - BOSS] = EAST,  [BO - BOSS] = BOSTON,
                                  [WES - BOSS] = WEST,   [INA - BOSS] = EAST,  [NILS - BOSS] = EAST};

static bool meant(const char *role, int64_t me, int64_t owner, int64_t team)
{
    bool own = owner == me, nobodys = !owner && !team, mine = team && team_within(team, team_of[me - BOSS]);

    if (strcmp(role, "own") == 0)
        return own;
    if (strcmp(role, "team") == 0)
        return own || mine || nobodys;
    if (strcmp(role, "below") == 0)
        return (owner && reports_to(owner, me)) || nobodys || (!owner && mine);
    return strcmp(role, "all") == 0;
}

static int64_t row_id(int64_t owner, int64_t team)
{
    return 1000 + (owner ? owner - BOSS + 1 : 0) * 10 + team;
}

static void fill_leads(struct company *c)
{
    for (int64_t o = 0; o < OWNERS; o++)
        for (int64_t t = 0; t < TEAM_COUNT; t++) {
            int64_t owner = o ? BOSS + o - 1 : 0;

            company_exec(c, "INSERT INTO o_lead (id, created_at, updated_at, version, owner, team) VALUES (%lld, 0, 0, 1, %s, %s)",
                         (long long)row_id(owner, t), owner ? str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)owner)) : "NULL",
                         t ? str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)t)) : "NULL");
        }
}

struct ask {
    struct company *c;
    const struct actor *a;
    enum verb verb;
    bool seen[2000];
    int n;
};

static struct err *ask_sql(struct tx *tx, void *ctx)
{
    struct ask *k = ctx;
    struct sql_text q = sql_text_new(tx_arena(tx), tx_kind(tx));
    struct stmt *st;
    bool row;

    sql_add(&q, "SELECT r.\"id\" FROM \"o_lead\" r WHERE r.\"deleted_at\" IS NULL");
    access_sql(&q, k->a, k->c->lead, k->verb, "r");
    TRY(sql_prepare(tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        k->seen[db_i64(st, 0)] = true;
        k->n++;
    }
}

static void check_everywhere(struct company *c, int64_t person, const char *const *roles, enum verb verb)
{
    struct ask *k = NEW(c->arena, struct ask);

    k->c = c;
    k->a = company_actor(c, person);
    k->verb = verb;
    assert_ok(db_read(c->db, c->arena, ask_sql, k));
    for (int64_t o = 0; o < OWNERS; o++)
        for (int64_t t = 0; t < TEAM_COUNT; t++) {
            int64_t owner = o ? BOSS + o - 1 : 0;
            bool want = false;

            for (const char *const *r = roles; *r; r++)
                want = want || meant(*r, person, owner, t);
            if (k->seen[row_id(owner, t)] != want || access_row(k->a, c->lead, verb, owner, t) != want) {
                print_error("person %d, role %s..., owner %d, team %d: want %d, SQL %d, row %d\n", (int)person, *roles, (int)owner,
                            (int)t, want, k->seen[row_id(owner, t)], access_row(k->a, c->lead, verb, owner, t));
                fail();
            }
        }
}

TEST(sql_and_plain_facts_agree_with_the_meaning_of_every_scope)
{
    static const char *const sets[][4] = {{"own", NULL}, {"team", NULL}, {"below", NULL}, {"all", NULL}, {NULL},
                                          {"own", "team", NULL}, {"team", "below", NULL}, {"own", "below", NULL},
                                          {"own", "team", "below", NULL}};
    struct company *c = *state;

    fill_leads(c);
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
        for (int64_t person = BOSS; person < INA; person++) {
            struct buf b = buf_new(c->arena, 64);

            for (const char *const *r = sets[s]; *r; r++)
                buf_fmt(&b, "%s,", *r);
            company_roles(c, person, str_cstr(c->arena, buf_str(&b)));
            check_everywhere(c, person, sets[s], VERB_READ);
        }
}

TEST(each_verb_has_its_own_scope)
{
    struct company *c = *state;
    const struct actor *a;

    company_roles(c, ED, "own,all");
    a = company_actor(c, ED);
    assert_int_equal(access_scope(a, c->lead, VERB_READ), SCOPE_ALL);
    assert_int_equal(access_scope(a, c->lead, VERB_UPDATE), SCOPE_OWN);
    assert_int_equal(access_scope(a, c->lead, VERB_DELETE), SCOPE_NONE);
    assert_true(access_row(a, c->lead, VERB_READ, WES, WEST));
    assert_false(access_row(a, c->lead, VERB_UPDATE, WES, WEST));
    assert_true(access_row(a, c->lead, VERB_UPDATE, ED, WEST));
    assert_false(access_row(a, c->lead, VERB_DELETE, ED, EAST));
}

TEST(long_lists_of_people_give_the_same_rows)
{
    struct company *c = *state;
    struct ask *k = NEW(c->arena, struct ask);
    int64_t *crowd = NEW_ARRAY(c->arena, 3000, int64_t);
    struct actor *a;

    fill_leads(c);
    company_roles(c, MARY, "below");
    a = company_actor(c, MARY);
    for (size_t n = 1; n <= 3000; n = n * 3 + 1) {
        for (size_t i = 0; i < n; i++)
            crowd[i] = 500000 + (int64_t)i;
        crowd[0] = ED;
        a->below = crowd;
        a->n_below = n;
        memset(k, 0, sizeof *k);
        k->c = c;
        k->a = a;
        assert_ok(db_read(c->db, c->arena, ask_sql, k));
        for (int64_t t = 0; t < TEAM_COUNT; t++) {
            assert_true(k->seen[row_id(ED, t)]);
            assert_false(k->seen[row_id(WES, t)]);
        }
    }
}

TEST(nothing_is_allowed_without_a_role)
{
    struct company *c = *state;
    const struct actor *a = company_actor(c, NILS);
    const struct err *e;

    assert_int_equal(a->n_roles, 0);
    for (size_t o = 0; o < c->m->n_objects; o++)
        for (int v = 0; v < VERB_COUNT; v++)
            assert_int_equal(access_scope(a, (int)o, (enum verb)v), SCOPE_NONE);
    for (int r = 0; r < RIGHT_COUNT; r++)
        assert_false(access_right(a, (enum right)r));
    e = assert_err(access_need(c->arena, c->m, a, c->lead, VERB_READ), "access.denied");
    assert_int_equal(e->kind, ERR_FORBIDDEN);
    assert_has(e->way_out, "below");
    assert_has(e->way_out, "own");
    e = assert_err(access_need_right(c->arena, c->m, a, RIGHT_PUBLISH), "access.denied");
    assert_has(e->way_out, "all");
    assert_has(e->message, "publish");
}

static int field(struct company *c, int object, const char *name)
{
    return object_field(&c->m->objects[object], str_from(name))->index;
}

TEST(field_rights_of_several_roles_add_up_and_silence_opens_nothing)
{
    struct company *c = *state;
    int amount = field(c, c->deal, "amount"), cost = field(c, c->deal, "cost"), name = field(c, c->deal, "name");
    const struct actor *a;

    company_roles(c, ED, "clerk");
    a = company_actor(c, ED);
    assert_int_equal(access_field(a, c->deal, amount), FR_READ);
    assert_int_equal(access_field(a, c->deal, cost), FR_NONE);
    assert_int_equal(access_field(a, c->deal, name), FR_WRITE);
    assert_true(access_right(a, RIGHT_IMPORT));
    company_roles(c, ED, "clerk,controller");
    a = company_actor(c, ED);
    assert_int_equal(access_field(a, c->deal, cost), FR_READ);
    assert_int_equal(access_field(a, c->deal, name), FR_WRITE);
    company_roles(c, ED, "clerk,own"); /* `own` says nothing about deals */
    a = company_actor(c, ED);
    assert_int_equal(access_field(a, c->deal, cost), FR_NONE);
}

TEST(an_expression_cannot_ask_about_what_may_not_be_read)
{
    struct company *c = *state;
    const struct expr *e;
    const struct actor *a;

    company_roles(c, ED, "clerk");
    a = company_actor(c, ED);
    assert_ok(expr_compile(c->arena, c->m->schema, c->deal, STR("amount > 5"), EXPR_CONDITION, &e));
    assert_ok(access_check_expr(c->arena, c->m, a, e));
    assert_ok(expr_compile(c->arena, c->m->schema, c->deal, STR("amount > 5 and cost > 1"), EXPR_CONDITION, &e));
    assert_has(assert_err(access_check_expr(c->arena, c->m, a, e), "access.field_denied")->message, "deal.cost");
    company_roles(c, ED, "buyer");
    a = company_actor(c, ED);
    assert_ok(expr_compile(c->arena, c->m->schema, c->lead, STR("account.name = 'x'"), EXPR_CONDITION, &e));
    assert_ok(access_check_expr(c->arena, c->m, a, e));
    assert_ok(expr_compile(c->arena, c->m->schema, c->lead, STR("account.secret = 'x'"), EXPR_CONDITION, &e));
    assert_err(access_check_expr(c->arena, c->m, a, e), "access.field_denied");
    assert_ok(expr_compile(c->arena, c->m->schema, c->lead, STR("count(activities) > 0"), EXPR_CONDITION, &e));
    assert_err(access_check_expr(c->arena, c->m, a, e), "access.field_denied");
    assert_ok(access_check_expr(c->arena, c->m, actor_system(c->arena, c->m, STR_NONE), e));
}

TEST(an_actor_knows_teams_people_and_zone)
{
    struct company *c = *state;
    const struct actor *a = company_actor(c, MARY);

    assert_int_equal(a->n_teams, 2);
    assert_i64(a->teams[0], EAST);
    assert_i64(a->teams[1], BOSTON);
    assert_int_equal(a->n_below, 5); /* Mary, Ed, Bo, Ina, Nils */
    assert_i64(a->below[0], MARY);
    assert_str(zone_name(a->zone), "Europe/Berlin");
    assert_str(a->team_name, "east");
}

TEST(cycles_in_teams_and_lines_end)
{
    struct company *c = *state;
    const struct actor *a;

    company_exec(c, "UPDATE o_team SET parent = %d WHERE id = %d", BOSTON, WORLD);
    company_exec(c, "UPDATE o_user SET reports_to = %d WHERE id = %d", BO, BOSS);
    a = company_actor(c, MARY);
    assert_int_equal(a->n_teams, 4);
    assert_int_equal(a->n_below, 7);
}

struct people {
    int64_t superior, *ids;
    size_t n;
    int64_t of;
    const char *role;
};

static struct err *superior(struct tx *tx, void *ctx)
{
    struct people *p = ctx;

    return access_superior(tx, p->of, &p->superior);
}

static struct err *with_role(struct tx *tx, void *ctx)
{
    struct people *p = ctx;

    return access_users_with_role(tx, str_from(p->role), &p->ids, &p->n);
}

TEST(the_engine_finds_superiors_and_people_with_a_role)
{
    struct company *c = *state;
    struct people p = {.of = BO};

    assert_ok(db_read(c->db, c->arena, superior, &p));
    assert_i64(p.superior, ED);
    company_exec(c, "UPDATE o_user SET active = 0 WHERE id = %d", ED);
    assert_ok(db_read(c->db, c->arena, superior, &p));
    assert_i64(p.superior, MARY); /* over the head of whoever left */
    p.of = BOSS;
    assert_ok(db_read(c->db, c->arena, superior, &p));
    assert_i64(p.superior, 0);
    company_roles(c, BO, "own,team");
    company_roles(c, WES, "team_2");
    company_roles(c, INA, "team");
    p.role = "team";
    assert_ok(db_read(c->db, c->arena, with_role, &p));
    assert_int_equal(p.n, 1);
    assert_i64(p.ids[0], BO);
}

static struct err *load_ina(struct tx *tx, void *ctx)
{
    struct company *c = ctx;
    struct actor *a;

    return actor_load(tx, c->m, INA, VIA_WEB, &a);
}

TEST(who_left_acts_no_more)
{
    struct company *c = *state;

    assert_int_equal(assert_err(db_read(c->db, c->arena, load_ina, c), "access.sign_in_needed")->kind, ERR_UNAUTHORIZED);
}

TEST_MAIN_WITH(company_setup, company_teardown, sql_and_plain_facts_agree_with_the_meaning_of_every_scope, each_verb_has_its_own_scope,
               long_lists_of_people_give_the_same_rows, nothing_is_allowed_without_a_role,
               field_rights_of_several_roles_add_up_and_silence_opens_nothing, an_expression_cannot_ask_about_what_may_not_be_read,
               an_actor_knows_teams_people_and_zone, cycles_in_teams_and_lines_end, the_engine_finds_superiors_and_people_with_a_role,
               who_left_acts_no_more)
