#include "test.h"
#include "unit/expr/test_schema.h"

struct world {
    struct arena *arena;
    struct expr_schema *schema;
};

static int setup(void **state)
{
    static struct world w;

    w.arena = arena_new(0);
    w.schema = test_schema(w.arena);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    arena_free(((struct world *)*state)->arena);
    return 0;
}

static struct err *compile(struct world *w, const char *text, unsigned use, const struct expr **out)
{
    return expr_compile(w->arena, w->schema, O_DEAL, str_from(text), use, out);
}

TEST(printing_gives_the_canonical_text)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"status_free is empty", NULL},
        {"stage='New'", "stage = 'New'"},
        {"stage <> 'New'", "stage != 'New'"},
        {"STAGE = 'New'", NULL},
        {"stage = 'New' AND owner IS EMPTY and created_at < now - 24h",
         "stage = 'New' and owner is empty and created_at < now - 1d"},
        {"(stage = 'New' or hot) and vip", "(stage = 'New' or hot) and vip"},
        {"stage = 'New' or (hot and vip)", "stage = 'New' or hot and vip"},
        {"not (hot and vip)", "not (hot and vip)"},
        {"not not hot", "not not hot"},
        {"10_000 <= amount", "amount >= 10000"},
        {"amount > 12.50", "amount > 12.5"},
        {"amount > -0.5", "amount > -0.5"},
        {"-amount < -(-5)", "-amount < -(-5)"},
        {"amount - (rate - 1) > 2 * (3 + probability)",
         "amount - (rate - 1) > 2 * (3 + probability)"},
        {"stage in ('New', 'Won')", "stage in ('New', 'Won')"},
        {"not stage in ('New')", "not stage in ('New')"},
        {"stage not in ('New')", "stage not in ('New')"},
        {"close_date in this month", "close_date in this month"},
        {"close_date in last quarter or close_date = NEXT year",
         "close_date in last quarter or close_date = next year"},
        {"created_at between '2026-01-01' and today", "created_at between '2026-01-01' and today"},
        {"name contains 'it''s'", "name contains 'it''s'"},
        {"name not contains 'x' and name starts with 'a' and email ends with '.de'",
         "name not contains 'x' and name starts with 'a' and email ends with '.de'"},
        {"owner = me", "owner = me"},
        {"owner != empty", "owner is not empty"},
        {"stage = ''", "stage is empty"},
        {"owner in my team", "owner.team in my teams"},
        {"team in my teams", "team in my teams"},
        {"account.industry = 'Healthcare'", "account.industry = 'Healthcare'"},
        {"account.parent.owner.name = 'Ann'", "account.parent.owner.name = 'Ann'"},
        {"count(activities where kind = 'call' and at >= today - 7d) >= 1",
         "count(activities where kind = 'call' and at >= today - 7d) >= 1"},
        {"last(activities).at < now - 14d or not exists(tasks where open)",
         "last(activities).at < now - 14d or not exists(tasks where open)"},
        {"exists(activities where at > outer.created_at)",
         "exists(activities where at > outer.created_at)"},
        {"sum(account.deals.amount where stage = 'Won') > 0",
         "sum(account.deals.amount where stage = 'Won') > 0"},
        {"watchers is empty", "not exists(watchers)"},
        {"watchers is not empty", "exists(watchers)"},
        {"watchers contains me", "exists(watchers where id = me)"},
        {"watchers in (me, '12')", "exists(watchers where id in (me, '12'))"},
        {"watchers not in ('12')", "not exists(watchers where id in ('12'))"},
        {"created_at < now - 2 business days", "created_at < now - 2 business days"},
        {"created_at > now - 4 business hours", "created_at > now - 4 business hours"},
        {"created_at + 3 days > now", "created_at + 3d > now"},
        {"3d + created_at > now", "created_at + 3d > now"},
        {"(close_date - engage_date) / 1d > 30", "(close_date - engage_date) / 1d > 30"},
        {"hot = yes and vip != true", "hot = yes and vip != yes"},
        {"tags contains 'vip' and products in ('GTX Pro', 'GTX Basic')",
         "tags contains 'vip' and products in ('GTX Pro', 'GTX Basic')"},
        {"open -- a comment\n and late", "open and late"},
        {"\"empty\" > 1", "\"empty\" > 1"},
        {"id = '12'", "id = '12'"},
        {"name || '!' = title", "name + '!' = title"},
        {"if(hot, 'a', 'b') = 'a'", "if(hot, 'a', 'b') = 'a'"},
        {"round(amount / 3, 2) = 1 or abs(rate) > 2 or length(name) > 3",
         "round(amount / 3, 2) = 1 or abs(rate) > 2 or length(name) > 3"},
        {"created_at >= '2026-01-31T08:00:00Z'", "created_at >= '2026-01-31T08:00:00Z'"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct expr *e, *again;

        if (!cases[i].printed) {
            assert_err(compile(w, cases[i].text, EXPR_CONDITION, &e), "expr.name");
            continue;
        }
        assert_ok(compile(w, cases[i].text, EXPR_CONDITION, &e));
        assert_str(expr_print(w->arena, e), cases[i].printed);
        assert_ok(compile(w, cases[i].printed, EXPR_CONDITION, &again));
        assert_str_eq(expr_print(w->arena, again), expr_print(w->arena, e));
    }
}

TEST(values_have_types_and_scales)
{
    static const struct {
        const char *text;
        enum expr_type type;
        int scale;
    } cases[] = {
        {"amount", ET_NUMBER, 2},
        {"factor", ET_NUMBER, 4},
        {"amount + 1", ET_NUMBER, -1},
        {"expected", ET_NUMBER, -1},
        {"worth", ET_NUMBER, 2},
        {"coalesce(amount, 1.5)", ET_NUMBER, 2},
        {"coalesce(amount, 1.555)", ET_NUMBER, -1},
        {"coalesce(amount, factor)", ET_NUMBER, -1},
        {"count(tasks)", ET_NUMBER, 0},
        {"sum(activities.price)", ET_NUMBER, -1},
        {"max(activities.price)", ET_NUMBER, 2},
        {"last(activities).at", ET_INSTANT, 0},
        {"title", ET_TEXT, 0},
        {"late", ET_BOOL, 0},
        {"ends", ET_INSTANT, 0},
        {"today + 3d", ET_DATE, 0},
        {"today + 3h", ET_INSTANT, 0},
        {"today - 2 business days", ET_DATE, 0},
        {"today + 2 business hours", ET_INSTANT, 0},
        {"close_date + 2w", ET_DATE, 0},
        {"close_date - engage_date", ET_DURATION, 0},
        {"now - created_at", ET_DURATION, 0},
        {"created_at - today", ET_DURATION, 0},
        {"cycle / 1d", ET_NUMBER, -1},
        {"account.owner", ET_REF, 0},
        {"tags", ET_SET, 0},
        {"coalesce(created_at, '2026-01-01')", ET_INSTANT, 0},
        {"length(name)", ET_NUMBER, 0},
        {"empty", ET_EMPTY, 0},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct expr *e;

        assert_ok(compile(w, cases[i].text, EXPR_VALUE, &e));
        if (expr_result_type(e) != cases[i].type || expr_result_scale(e) != cases[i].scale)
            fail_msg("%s: type %d, scale %d", cases[i].text, (int)expr_result_type(e),
                     expr_result_scale(e));
    }
}

TEST(errors_say_where_and_what_to_do)
{
    static const struct {
        const char *text, *code;
        int line, column;
        const char *message, *way_out;
    } cases[] = {
        {"", "expr.syntax", 1, 1, "is empty", "Write a condition"},
        {"stage = ", "expr.syntax", 1, 9, "ends where", ""},
        {"stage = 'New", "expr.syntax", 1, 9, "never ends", "Close it"},
        {"stage = New", "expr.name", 1, 9, "no field 'New'", "'New'"},
        {"stagee = 'New'", "expr.name", 1, 1, "no field 'stagee'", "Did you mean stage?"},
        {"hot and\n  stag = 'New'", "expr.name", 2, 3, "no field 'stag'", "stage"},
        {"name = '\xC3\xA9' and foo = 1", "expr.name", 1, 16, "no field 'foo'", ""},
        {"stage = 'Won!'", "expr.name", 1, 9, "'Won!' is not an option of stage",
         "Did you mean 'Won'?"},
        {"stage in ('New', 'won')", "expr.name", 1, 18, "'won' is not an option", "'Won'"},
        {"stage = 'zzzzzzzz'", "expr.name", 1, 9, "not an option",
         "The options are: New, Proposal"},
        {"products contains 'GTX'", "expr.name", 1, 19, "not an option of products", ""},
        {"amount > 'ten'", "expr.type", 1, 1, "cannot be compared", "without quotes"},
        {"hot = 'yes'", "expr.type", 1, 1, "cannot be compared", "yes or no, without quotes"},
        {"tags = 'vip'", "expr.type", 1, 1, "cannot be compared", "contains"},
        {"amount", "expr.type", 1, 1, "is a number", "is not empty"},
        {"activities", "expr.type", 1, 1, "list of records", "exists(activities)"},
        {"close_date = '2026-02-30'", "expr.type", 1, 14, "not a date", "2026-01-31"},
        {"close_date < created_at", "expr.type", 1, 1, "cannot be compared", ""},
        {"owner = 'Darcel'", "expr.type", 1, 9, "not the id", "owner.name"},
        {"owner = team", "expr.type", 1, 1, "refers to user", ""},
        {"owner = my team", "expr.type", 1, 9, "several", "in my team"},
        {"account in my team", "expr.type", 1, 1, "no team", ""},
        {"created_at + 2 business days < now", "expr.type", 1, 1, "field", "now - 2 business days"},
        {"cycle > 2 business days", "expr.type", 1, 9, "no fixed length", "now - 2 business days"},
        {"close_date + 12h < today", "expr.type", 1, 14, "hours", "days"},
        {"amount + 1d > 0", "expr.type", 1, 1, "cannot be added", ""},
        {"created_at + 1 > now", "expr.type", 1, 1, "cannot be added", "duration"},
        {"amount < 1 < 2", "expr.syntax", 1, 12, "cannot follow", "between"},
        {"cuont(tasks) > 1", "expr.name", 1, 1, "no function cuont", "count(...)"},
        {"count(task) > 1", "expr.name", 1, 1, "no related records", "tasks"},
        {"sum(activities.subject) > 1", "expr.type", 1, 1, "only numbers", ""},
        {"sum(activities) > 1", "expr.type", 1, 1, "Which field", "sum(deals.amount)"},
        {"last(activities) is empty", "expr.syntax", 1, 1, "not a value", "last(activities).at"},
        {"activities.at > now", "expr.type", 1, 1, "list of records", "last(activities).at"},
        {"name.length > 1", "expr.type", 1, 1, "no reference", ""},
        {"about.name = 'x'", "expr.type", 1, 1, "any kind", ""},
        {"outer.name = 'x'", "expr.name", 1, 1, "inside `where`", ""},
        {"changed(stage)", "expr.type", 1, 1, "change is judged", ""},
        {"name contains ''", "expr.type", 1, 15, "nothing", ""},
        {"name contains '\xCC\x81'", "expr.type", 1, 15, "nothing", ""},
        {"name contains email", "expr.type", 1, 15, "text in quotes", ""},
        {"amount in (rate, 2)", "expr.type", 1, 12, "fixed values", "or"},
        {"amount > empty", "expr.type", 1, 1, "larger than empty", "is empty"},
        {"stage == 'New' &", "expr.syntax", 1, 16, "no meaning", ""},
        {"name = \xE2\x80\x98New\xE2\x80\x99", "expr.syntax", 1, 8, "does not quote", "straight"},
        {"amount > 12abc", "expr.syntax", 1, 10, "neither", "30m"},
        {"amount > 1234567890123456789", "expr.cost", 1, 10, "too long", ""},
        {"amount > 0.123456789", "expr.cost", 1, 10, "too long", ""},
        {"a.b.c.d.e.f = 1", "expr.name", 1, 1, "no field 'a'", ""},
        {"account.parent.parent.parent.parent.name = 'x'", "expr.cost", 1, 1, "4 references", ""},
        {"coalesce(amount, 'x') = 1", "expr.type", 1, 18, "one kind", ""},
        {"if(amount, 1, 2) = 1", "expr.type", 1, 4, "a condition", ""},
        {"this month < close_date + 1", "expr.type", 1, 14, "cannot be added", ""},
        {"this month + 1d < close_date", "expr.type", 1, 1, "not one value", ""},
        {"exists(tasks where stage = 'New')", "expr.name", 1, 20, "task has no field 'stage'", ""},
        {"hot = (vip", "expr.syntax", 1, 11, "ends where", ""},
        {"hot vip", "expr.syntax", 1, 5, "cannot stand here", ""},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct expr *ex;
        const struct err *e = compile(w, cases[i].text, EXPR_CONDITION, &ex);

        if (!e)
            fail_msg("`%s` compiled", cases[i].text);
        if (strcmp(e->code, cases[i].code) || e->line != cases[i].line ||
            e->column != cases[i].column)
            fail_msg("`%s`: %s at %d:%d: %.*s", cases[i].text, e->code, e->line, e->column,
                     STR_ARG(e->message));
        assert_has(e->message, cases[i].message);
        assert_has(e->way_out, cases[i].way_out);
    }
}

TEST(change_words_work_where_allowed)
{
    struct world *w = *state;
    const struct expr *e;

    assert_ok(
        compile(w, "changed(stage) and was(stage) = 'Proposal'", EXPR_CONDITION | EXPR_CHANGE, &e));
    assert_str(expr_print(w->arena, e), "changed(stage) and was(stage) = 'Proposal'");
    assert_err(compile(w, "was(stage) = 'Nope'", EXPR_CONDITION | EXPR_CHANGE, &e), "expr.name");
    assert_err(compile(w, "changed(expected)", EXPR_CONDITION | EXPR_CHANGE, &e), "expr.type");
    assert_err(compile(w, "exists(tasks where changed(title))", EXPR_CONDITION | EXPR_CHANGE, &e),
               "expr.type");
}

static struct str repeat(struct arena *arena, const char *part, int n, const char *end)
{
    struct buf b = buf_new(arena, 256);

    for (int i = 0; i < n; i++)
        buf_add(&b, str_from(part));
    buf_add(&b, str_from(end));
    return buf_str(&b);
}

TEST(size_and_depth_are_bounded)
{
    struct world *w = *state;
    struct arena *a = w->arena;
    const struct expr *e;

    assert_ok(
        expr_compile(a, w->schema, O_DEAL, repeat(a, "hot and ", 400, "vip"), EXPR_CONDITION, &e));
    assert_err(
        expr_compile(a, w->schema, O_DEAL, repeat(a, "hot and ", 600, "vip"), EXPR_CONDITION, &e),
        "expr.cost");
    assert_ok(expr_compile(a, w->schema, O_DEAL, repeat(a, "not ", 40, "vip"), EXPR_CONDITION, &e));
    assert_err(expr_compile(a, w->schema, O_DEAL, repeat(a, "not ", 70, "vip"), EXPR_CONDITION, &e),
               "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL, repeat(a, "(", 4000, "vip"), EXPR_CONDITION, &e),
               "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL,
                            repeat(a, "-", 1, repeat(a, "- ", 100, "amount").ptr), EXPR_VALUE, &e),
               "expr.syntax");
    assert_err(expr_compile(a, w->schema, O_DEAL, repeat(a, "- ", 100, "amount"), EXPR_VALUE, &e),
               "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL, repeat(a, "amount + ", 17, "1"), EXPR_VALUE, &e),
               "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL, repeat(a, "amount * ", 9, "1"), EXPR_VALUE, &e),
               "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL, repeat(a, "expected + ", 5, "1"), EXPR_VALUE, &e),
               "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL,
                            repeat(a, "exists(tasks) and ", 8, "exists(tasks)"), EXPR_CONDITION,
                            &e),
               "expr.cost");
    assert_err(
        expr_compile(a, w->schema, O_DEAL, repeat(a, "          ", 900, "vip"), EXPR_CONDITION, &e),
        "expr.cost");
    assert_err(expr_compile(a, w->schema, O_DEAL, STR("vip\xff"), EXPR_CONDITION, &e),
               "expr.syntax");
}

TEST(plain_words_read_well)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"stage = 'New' and owner is empty", "stage is New and there is no owner"},
        {"account is not empty", "there is an account"},
        {"close_date is not empty", "there is a close date"},
        {"amount >= 10000 and stage in ('Won', 'Lost')",
         "amount is at least 10000 and stage is one of Won or Lost"},
        {"created_at < now - 24h", "created at is more than 1 day ago"},
        {"close_date <= today + 7d", "close date is no later than 7 days from now"},
        {"name contains ' – '", "name contains \" – \""},
        {"close_date in this month", "close date is in this month"},
        {"count(activities where kind = 'call') >= 1",
         "the number of activities where kind is call is at least 1"},
        {"not exists(tasks where open)", "there are no tasks that are open"},
        {"account.industry = 'Retail'", "account's industry is Retail"},
        {"hot and not vip", "hot is yes and it is not so that vip is yes"},
        {"hot", "hot is yes"},
        {"hot and (vip or open)", "hot is yes and (vip is yes or it is open)"},
        {"last(activities).at < now - 14d",
         "at of the last of the activities is more than 14 days ago"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct expr *e;

        assert_ok(compile(w, cases[i].text, EXPR_CONDITION, &e));
        assert_str(expr_words(w->arena, e), cases[i].words);
    }
}

static bool has_dep(const struct expr_dep *deps, size_t n, const struct expr_schema *schema,
                    int object, const char *field, bool related, const char *path)
{
    for (size_t i = 0; i < n; i++) {
        struct str name = deps[i].field < 0
                              ? STR("*")
                              : schema->objects[deps[i].object].fields[deps[i].field].name;

        if (deps[i].object == object && str_eq(name, str_from(field)) &&
            deps[i].related == related && str_eq(deps[i].path, str_from(path)))
            return true;
    }
    return false;
}

TEST(dependencies_name_all_that_is_read)
{
    struct world *w = *state;
    const struct expr *e;
    struct expr_dep *deps;
    size_t n;

    assert_ok(compile(
        w,
        "stage = 'New' and account.owner.name = 'x' and expected > 1 and open and stage != 'Won'",
        EXPR_CONDITION, &e));
    expr_deps(w->arena, e, &deps, &n);
    assert_int_equal(n, 7);
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "stage", false, ""));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "account", false, ""));
    assert_true(has_dep(deps, n, w->schema, O_ACCOUNT, "owner", false, "account"));
    assert_true(has_dep(deps, n, w->schema, O_USER, "name", false, "account.owner"));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "expected", false, ""));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "amount", false, ""));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "probability", false, ""));
    assert_false(expr_uses_time(e));
    assert_ok(compile(w, "last(account.deals where amount > outer.amount).rate > 1 or late",
                      EXPR_CONDITION, &e));
    expr_deps(w->arena, e, &deps, &n);
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "account", false, ""));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "*", true, "account.deals"));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "account", true, "account.deals"));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "created_at", true, "account.deals"));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "amount", true, "account.deals"));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "amount", false, ""));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "rate", true, "account.deals"));
    assert_true(has_dep(deps, n, w->schema, O_DEAL, "stage", false, ""));
    assert_true(expr_uses_time(e));
}

/* activity.links: nothing but the id of what is linked is known, and that is enough to ask. */
TEST(links_to_records_of_any_kind_are_asked_about)
{
    static const struct {
        const char *text, *printed; /* NULL: expr.type */
    } cases[] = {
        {"links contains '12'", "exists(links where id = '12')"},
        {"links not contains me", "not exists(links where id = me)"},
        {"links in ('12', '13')", "exists(links where id in ('12', '13'))"},
        {"links not in ('12')", "not exists(links where id in ('12'))"},
        {"links is empty", "not exists(links)"},
        {"count(links) >= 2", "count(links) >= 2"},
        {"count(links where id != '12' and outer.done) = 0", "count(links where id != '12' and outer.done) = 0"},
        {"links = '12'", NULL},
        {"links contains 'x'", NULL},
        {"links contains owner", NULL},
        {"links in my teams", NULL},
        {"links.name = 'x'", NULL},
        {"exists(links where name = 'x')", NULL},
        {"exists(links where owner.id = '1')", NULL},
        {"exists(links where open)", NULL},
        {"exists(links where exists(tasks))", NULL},
        {"last(links).id = '12'", NULL},
        {"max(links.at) > now", NULL},
        {"links", NULL},
    };
    struct world *w = *state;
    struct expr_dep *deps;
    size_t n;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct expr *e, *again;
        struct err *err = expr_compile(w->arena, w->schema, O_ACTIVITY, str_from(cases[i].text), EXPR_CONDITION, &e);

        if (!cases[i].printed) {
            assert_err(err, "expr.type");
            continue;
        }
        assert_ok(err);
        assert_str(expr_print(w->arena, e), cases[i].printed);
        assert_ok(expr_compile(w->arena, w->schema, O_ACTIVITY, str_from(cases[i].printed), EXPR_CONDITION, &again));
        expr_deps(w->arena, e, &deps, &n); /* the record itself says what is linked */
        assert_true(n >= 1 && deps[0].object == O_ACTIVITY && !deps[0].related);
        assert_str(w->schema->objects[O_ACTIVITY].fields[deps[0].field].name, "links");
    }
}

TEST(conditions_are_joined_by_and)
{
    struct world *w = *state;
    const struct expr *a, *b;

    assert_ok(compile(w, "hot or vip", EXPR_CONDITION, &a));
    assert_ok(compile(w, "amount > 1", EXPR_CONDITION, &b));
    assert_ptr_equal(expr_and(w->arena, NULL, a), a);
    assert_ptr_equal(expr_and(w->arena, a, NULL), a);
    assert_str(expr_print(w->arena, expr_and(w->arena, a, b)), "(hot or vip) and amount > 1");
    assert_str(expr_text(expr_and(w->arena, a, b)), "(hot or vip) and (amount > 1)");
}

TEST(a_formula_that_is_not_ready_cannot_be_used)
{
    struct world *w = *state;
    const struct expr *e;

    w->schema->objects[O_DEAL].fields[25].formula = NULL;
    assert_has(assert_err(compile(w, "expected > 1", EXPR_CONDITION, &e), "expr.name")->message,
               "expected");
}

TEST_MAIN_WITH(setup, teardown, printing_gives_the_canonical_text, values_have_types_and_scales,
               errors_say_where_and_what_to_do, change_words_work_where_allowed,
               size_and_depth_are_bounded, plain_words_read_well,
               dependencies_name_all_that_is_read, links_to_records_of_any_kind_are_asked_about, conditions_are_joined_by_and,
               a_formula_that_is_not_ready_cannot_be_used)
