/* The manual that ships, with every rule switched on, on a small team through a quarter. */
#include "company.h"

static struct err *starter_in(struct tx *tx, void *ctx)
{
    struct company *c = ctx;
    struct page_file *files;
    size_t n;

    TRY(manual_starter(tx_arena(tx), STR("b2b-sales"), &files, &n));
    c->pages.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct page_file f = {str_dup(c->arena, files[i].path), str_dup(c->arena, files[i].text)};

        VEC_PUSH(c->arena, c->pages) = f;
    }
    return NULL;
}

/* The shipped pages with the people of the test company; mode of all policies. */
static struct company *starter(const char *mode)
{
    struct company *c = company_open();

    assert_ok(db_read(c->f->db, c->arena, starter_in, c));
    for (size_t i = 0; mode && i < c->pages.n; i++)
        if (str_starts(c->pages.at[i].path, STR("policy/")))
            assert_ok(page_set_key(c->arena, c->pages.at[i].text, STR("mode"), str_from(mode),
                                   &c->pages.at[i].text));
    company_publish(c);
    return c;
}

static const char *id_text(struct company *c, int64_t id)
{
    return str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)id));
}

TEST(shipped_policies_are_off)
{
    struct company *c = starter(NULL);

    assert_i64(company_count(c, "SELECT COUNT(*) FROM policy_on", 0), 0);
    company_create(c, "contact", "first_name", "Ann", "last_name", "Lee", NULL);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM task", 0) +
                   company_count(c, "SELECT COUNT(*) FROM timer", 0),
               0);
    company_close(c);
}

TEST(P58_shipped_rules_are_said_in_one_plain_sentence)
{
    static const char *const said[][2] = {
        {"policy/lead-assigned",
         "Every lead where status is New (except where source is Import) must have an owner within 24 hours of its creation."},
        {"policy/contact-has-account",
         "Every contact must have an account, a first name and a last name within 5 business days of its creation."},
        {"policy/lead-reachable", "Every lead (except where source is Import) must always have an email or a phone."},
        {"policy/qualified-is-complete",
         "Every lead where status is Qualified must always have a budget, a timeline and \"Who decides\"."},
        {"policy/call-has-note", "Every activity where kind is one of call, meeting or visit must have \"What was said\" or an outcome "
                                 "within 4 business hours of taking place."},
        {"policy/three-touches-a-week", "Every account where type is Customer must have at least 3 activities where kind is one of call, "
                                        "email, meeting, visit or message each week."},
        {"policy/deal-named", "Every deal where there is an account and there is a product, always: name contains \" – \"."},
    };
    struct company *c = starter(NULL);
    const struct manual *m = manual_live(c->store);

    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        size_t k = 0;

        while (k < m->n_policies && !str_eq(m->policies[k].page->path, str_from(said[i][0])))
            k++;
        assert_true(k < m->n_policies);
        assert_str(m->policies[k].sentence, said[i][1]);
    }
    manual_unpin(m);
    company_close(c);
}

TEST(a_lead_goes_the_shipped_way_to_a_deal)
{
    struct company *c = starter(NULL);
    int64_t id = company_create(c, "lead", "first_name", "Ann", "last_name", "Lee", "company",
                                "Acme Tools", "email", "ann@acme.example", NULL);

    assert_true(task_of(c, id, "Assign an owner") != 0);
    company_set(c, "lead", id, "owner", "@rob", NULL);
    c->now += HOUR;
    assert_ok(
        company_finish(c, c->rob, task_of(c, id, "First reply"), "Reached them", "wants a quote"));
    assert_str(company_text(c, "SELECT status FROM o_lead WHERE id = $1", id), "In conversation");
    assert_str(
        company_text(
            c,
            "SELECT end_name FROM run WHERE record_id = $1 AND workflow = 'workflow/lead-capture'",
            id),
        "Answered");
    assert_i64(company_count(c,
                             "SELECT COUNT(*) FROM run WHERE record_id = $1 AND workflow = "
                             "'workflow/lead-qualification' AND ended_us IS NULL",
                             id),
               1);
    c->now += HOUR;
    assert_ok(
        company_finish(c, c->rob, task_of(c, id, "Discovery call"), "Had the talk", "two offices"));
    assert_err(company_try_set(c, 0, NULL, "lead", id, "status", "Qualified", NULL), "work.gate");
    company_set(c, "lead", id, "need", "PCs that start", "budget", "20000", "timeline",
                "This quarter", "decision_maker", "Ms Okafor, CFO", NULL);
    while (company_count(c,
                         "SELECT COUNT(*) FROM task WHERE record_id = $1 AND closed_us IS NULL AND "
                         "optional = 0 AND kind = 'step'",
                         id)) {
        int64_t task = company_count(c,
                                     "SELECT id FROM task WHERE record_id = $1 AND closed_us IS "
                                     "NULL AND optional = 0 AND kind = 'step' ORDER BY id LIMIT 1",
                                     id);
        struct err *e = company_finish(c, c->rob, task, "", "");

        if (e)
            break; /* done by what comes next */
    }
    assert_ok(company_try_set(c, 0, NULL, "lead", id, "status", "Qualified", NULL));
    assert_str(company_text(c, "SELECT detail FROM decision WHERE what = 'conversion refused'", 0),
               "");
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_account WHERE name LIKE 'Acme Tools%'", 0),
               1);
    assert_i64(
        company_count(c, "SELECT COUNT(*) FROM o_contact WHERE email = 'ann@acme.example'", 0), 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_deal WHERE owner = $1", c->rob), 1);
    assert_i64(
        company_count(
            c, "SELECT COUNT(*) FROM run WHERE workflow = 'workflow/closing' AND ended_us IS NULL",
            0),
        1);
    assert_true(company_count(c, "SELECT deal FROM o_lead WHERE id = $1", id) != 0);
    company_sound(c);
    company_close(c);
}

TEST(a_quarter_under_every_shipped_rule_stays_sound)
{
    struct company *c = starter("fix");
    int64_t leads[60], deals[20], accounts[10];
    int n_leads = 0, n_deals = 0, n_accounts = 0;
    static const char *const people[] = {"@rob", "@ana", "@tom"};

    for (int day = 0; day < 90; day++) {
        company_until(c, MONDAY_9 + day * DAY);
        if (day % 2 == 0 && n_leads < 60)
            leads[n_leads++] =
                company_create(c, "lead", "first_name", "Ann", "last_name", id_text(c, day),
                               "owner", day % 3 ? people[day % 3] : "", NULL);
        if (day % 9 == 0 && n_accounts < 10)
            accounts[n_accounts++] =
                company_create(c, "account", "name", id_text(c, 1000 + day), "type", "Customer",
                               "owner", people[day % 3], NULL);
        if (day % 5 == 0 && n_accounts && n_deals < 20)
            deals[n_deals++] = company_create(c, "deal", "name", id_text(c, day), "account",
                                              id_text(c, accounts[day % n_accounts]), "owner",
                                              people[day % 3], NULL);
        if (n_leads && day % 3)
            company_activity(c, "call", "out", leads[day % n_leads]);
        if (n_deals && day % 4 == 1)
            company_activity(c, "meeting", "out", deals[day % n_deals]);
        if (n_leads > 3 && day % 4 == 2)
            (void)company_try_set(c, 0, NULL, "lead", leads[n_leads - 3], "status", "Contacted",
                                  NULL);
    }
    company_until(c, MONDAY_9 + 100 * DAY);
    assert_true(company_count(c, "SELECT COUNT(*) FROM breach", 0) > 20);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM decision WHERE what = 'could not run'", 0),
               0);
    assert_str(company_text(c, "SELECT detail FROM decision WHERE what = 'action refused'", 0), "");
    company_sound(c);
    company_close(c);
}

TEST_MAIN(shipped_policies_are_off, P58_shipped_rules_are_said_in_one_plain_sentence, a_lead_goes_the_shipped_way_to_a_deal,
          a_quarter_under_every_shipped_rule_stays_sound)
