/* Promises that take hours or weeks, kept by the manual that ships, with a clock that a test can move. */
#include "firm.h"

#define MINUTE US_PER_MINUTE
#define count(c, sql, id) company_count((c), (sql), (id))

static int64_t customer(struct company *c, const char *owner)
{
    return company_create(c, "account", "name", "Acme", "type", "Customer", "owner", owner, NULL);
}

static int64_t called_at(struct company *c, int64_t escalation, const char *level)
{
    struct str sql = str_fmt(c->arena, "SELECT at_us FROM escalation_call WHERE escalation_id = $1 AND name = '%s'", level);

    return count(c, str_cstr(c->arena, sql), escalation);
}

static int64_t called_who(struct company *c, int64_t escalation, const char *level)
{
    struct str sql = str_fmt(c->arena, "SELECT who FROM escalation_call WHERE escalation_id = $1 AND name = '%s'", level);

    return count(c, str_cstr(c->arena, sql), escalation);
}

/* The path is started by `user`, nobody answers, and each level takes over on time; then an answer ends it. */
static void path_passes_on(const char *path, const char *const levels[], const int64_t after_us[])
{
    struct company *c = firm_open(NULL);
    int64_t sam = company_create(c, "user", "name", "Sam", "email", "sam@x.example", "roles", "support-agent", "team", "@north", "phone",
                                 "+1 212 555 0107", "reports_to", "@tom", NULL);
    int64_t account = customer(c, "@rob"), started = c->now;
    int64_t id = firm_escalate(c, c->ana, path, account, "they are upset"), due = started;

    for (size_t i = 0; levels[i]; i++) {
        due += after_us[i];
        if (i) {
            company_until(c, due - MINUTE);
            assert_i64(called_at(c, id, levels[i]), 0);
        }
        company_until(c, due);
        assert_i64(called_at(c, id, levels[i]), due);
        assert_true(called_who(c, id, levels[i]) > 0);
        /* whoever is asked has it on their list */
        assert_true(count(c, "SELECT COUNT(*) FROM task WHERE kind = 'escalation' AND closed_us IS NULL AND record_id = $1", account) > 0);
    }
    assert_ok(firm_acknowledge(c, called_who(c, id, levels[0]), id, "I have it"));
    assert_i64(count(c, "SELECT COUNT(*) FROM escalation_run WHERE id = $1 AND acknowledged_us IS NOT NULL", id), 1);
    assert_i64(count(c, "SELECT COUNT(*) FROM task WHERE kind = 'escalation' AND closed_us IS NULL AND record_id = $1", account), 0);
    company_until(c, c->now + 3 * DAY);
    assert_i64(count(c, "SELECT MAX(at_us) FROM escalation_call WHERE escalation_id = $1", id), due);
    assert_true(sam > 0);
    company_sound(c);
    company_close(c);
}

TEST(P21_P22_a_billing_problem_passes_from_level_to_level_on_time)
{
    static const char *const levels[] = {"Account owner", "Account manager on duty", "Sales manager", "end", NULL};
    static const int64_t after[] = {0, 2 * HOUR, 4 * HOUR, 4 * HOUR};

    path_passes_on("billing-problem", levels, after);
}

TEST(P23_a_technical_fault_has_a_path_of_its_own)
{
    static const char *const levels[] = {"Support on duty", "All of support", "Account owner", NULL};
    static const int64_t after[] = {0, 30 * MINUTE, 2 * HOUR};

    path_passes_on("technical-fault", levels, after);
}

TEST(P24_a_customer_who_demands_a_manager_gets_one)
{
    static const char *const levels[] = {"Their contact''s manager", "Any sales manager", NULL};
    static const int64_t after[] = {0, HOUR};

    path_passes_on("customer-wants-manager", levels, after);
}

TEST(P25_P140_who_would_be_called_at_a_moment_with_phone_absence_and_cover)
{
    struct company *c = firm_open(NULL);
    int64_t account = customer(c, "@rob");
    struct str today = firm_who(c, "billing-problem", account, c->now), away;

    assert_has(today, "\"name\":\"Rob\"");
    assert_has(today, "\"phone\":\"+12125550102\"");
    assert_has(today, "\"name\":\"Tom\"");
    assert_has(today, "\"name\":\"Lena\"");
    firm_absence(c, c->rob, 7, 11, c->ana);
    firm_absence(c, c->tom, 7, 11, 0);
    assert_str_eq(firm_who(c, "billing-problem", account, c->now), today);
    away = firm_who(c, "billing-problem", account, c->now + 8 * DAY);
    assert_has(away, "\"name\":\"Ana\"");
    assert_has(away, "\"instead_of_name\":\"Rob\"");
    assert_true(str_find(away, STR("\"name\":\"Rob\""), 0) == SIZE_MAX);
    assert_true(str_find(away, STR("\"name\":\"Tom\""), 0) == SIZE_MAX);
    assert_true(str_find(firm_who(c, "billing-problem", account, c->now + 14 * DAY), STR("\"name\":\"Rob\""), 0) != SIZE_MAX);
    company_close(c);
}

/* ---- P57 ---- */
static struct company *with_rule(const char *mode, const char *within)
{
    static const char *m[] = {"policy/lead-assigned", NULL, NULL};
    struct company *c;

    m[1] = mode;
    c = firm_open(m);
    if (within) {
        firm_set_key(c, "policy/lead-assigned", "within", within);
        company_publish(c);
    }
    return c;
}

static int64_t new_lead(struct company *c, const char *owner)
{
    return company_create(c, "lead", "last_name", "Lee", "email", "lee@lead.example", "owner", owner, NULL);
}

TEST(P57_a_lead_is_assigned_within_24_hours_after_a_reminder_and_with_the_chosen_action)
{
    struct company *c = with_rule("fix", NULL);
    int64_t made = c->now, lead = new_lead(c, "");
    static const char rule[] = "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/lead-assigned'";

    company_until(c, made + 22 * HOUR - 1);
    assert_i64(count(c, "SELECT COUNT(*) FROM notice WHERE page = 'policy/lead-assigned'", 0), 0);
    company_until(c, made + 22 * HOUR);
    assert_true(count(c, "SELECT COUNT(*) FROM notice WHERE page = 'policy/lead-assigned'", 0) > 0);
    company_until(c, made + 24 * HOUR - 1);
    assert_i64(count(c, rule, lead), 0);
    company_until(c, made + 24 * HOUR);
    assert_i64(count(c, rule, lead), 1);
    assert_i64(count(c, "SELECT at_us FROM breach WHERE record_id = $1 AND page = 'policy/lead-assigned'", lead), made + 24 * HOUR);
    assert_true(count(c, "SELECT owner FROM o_lead WHERE id = $1", lead) > 0);
    assert_i64(count(c, "SELECT COUNT(*) FROM change WHERE record_id = $1 AND page = 'policy/lead-assigned'", lead) > 0, 1);
    company_sound(c);
    company_close(c);
}

TEST(P57_watching_only_notes_the_breach)
{
    struct company *c = with_rule("watch", NULL);
    int64_t lead = new_lead(c, ""), mine = new_lead(c, "@rob");

    company_until(c, c->now + 2 * DAY);
    assert_i64(count(c, "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/lead-assigned'", lead), 1);
    assert_i64(count(c, "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/lead-assigned'", mine), 0);
    assert_i64(count(c, "SELECT COUNT(*) FROM o_lead WHERE id = $1 AND owner IS NOT NULL", lead), 0);
    company_close(c);
}

TEST(P57_in_working_time_the_night_and_the_weekend_do_not_count)
{
    struct company *c = with_rule("watch", "8 business hours");
    int64_t friday = OPENING + 4 * DAY + 2 * HOUR, lead; /* 11:00 */

    company_until(c, friday);
    lead = new_lead(c, "");
    /* six hours on Friday until 17:00; Monday is the first day of summer time: 9:00 is 13:00 UTC; two more: 11:00. */
    company_until(c, OPENING + 7 * DAY - HOUR + 2 * HOUR - 1);
    assert_i64(count(c, "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/lead-assigned'", lead), 0);
    company_until(c, OPENING + 7 * DAY - HOUR + 2 * HOUR);
    assert_i64(count(c, "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/lead-assigned'", lead), 1);
    company_close(c);
}

TEST(P40_P41_a_missed_step_is_a_breach_at_once_and_whoever_owed_it_says_why)
{
    struct company *c = firm_open(NULL);
    int64_t lead = new_lead(c, "@rob"), due;
    static const char step[] = "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND rule = 'First reply'";

    due = count(c, "SELECT due_us FROM task WHERE record_id = $1 AND title = 'First reply'", lead);
    assert_i64(due, OPENING + 4 * HOUR);
    company_until(c, due - 1);
    assert_i64(breaches(c, lead), 0);
    company_until(c, due);
    assert_i64(breaches(c, lead), 1);
    if (!count(c, step, lead))
        assert_has(company_text(c, "SELECT rule FROM breach WHERE record_id = $1", lead), "First reply");
    assert_i64(count(c, "SELECT owed_by FROM breach WHERE record_id = $1", lead), c->rob);
    company_close(c);
}

/* ---- P64, P87 ---- */
static void touch(struct company *c, int64_t account)
{
    company_activity(c, "call", "out", account);
}

#define daily_breaches(c, id) count((c), "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/daily-touch'", (id))

TEST(P64_one_activity_per_working_day_and_active_client_leave_and_holidays_left_out)
{
    static const char *const m[] = {"policy/daily-touch", "watch", NULL};
    struct company *c = firm_open(m);
    int64_t kept = customer(c, "@ana"), missed = company_create(c, "account", "name", "Quiet", "type", "Customer", "owner", "@rob", NULL);
    int64_t prospect = company_create(c, "account", "name", "Maybe", "type", "Prospect", "owner", "@rob", NULL);

    firm_absence(c, c->rob, 2, 3, 0); /* Wednesday and Thursday */
    for (int day = 0; day < 7; day++) {
        company_until(c, OPENING + day * DAY + HOUR);
        if (day < 5)
            touch(c, kept);
    }
    company_until(c, OPENING + 7 * DAY);
    assert_i64(daily_breaches(c, kept), 0);
    assert_i64(daily_breaches(c, missed), 2); /* Tuesday and Friday; on Monday it was no client for the whole day */
    assert_i64(daily_breaches(c, prospect), 0);
    assert_i64(count(c, "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND owed_by <> (SELECT owner FROM o_account WHERE id = $1)", missed), 0);
    company_until(c, OPENING + 83 * DAY); /* Sunday, May 24 */
    {
        int64_t before = daily_breaches(c, missed);

        company_until(c, OPENING + 85 * DAY); /* over Memorial Day */
        assert_i64(daily_breaches(c, missed), before);
        company_until(c, OPENING + 86 * DAY);
        assert_i64(daily_breaches(c, missed), before + 1);
    }
    company_close(c);
}

TEST(P87_a_new_quota_counts_from_its_day_and_days_before_keep_the_old_rule)
{
    static const char *const m[] = {"policy/daily-touch", "watch", NULL};
    struct company *c = firm_open(m);
    int64_t account = customer(c, "@ana");

    for (int day = 0; day < 4; day++) {
        company_until(c, OPENING + day * DAY + HOUR);
        touch(c, account);
    }
    company_until(c, OPENING + 4 * DAY - HOUR); /* Friday, before work */
    assert_i64(daily_breaches(c, account), 0);
    firm_set_key(c, "policy/daily-touch", "at_least", "2");
    company_publish(c);
    company_until(c, OPENING + 4 * DAY + HOUR);
    touch(c, account);
    company_until(c, OPENING + 5 * DAY);
    assert_i64(daily_breaches(c, account), 1);
    assert_i64(count(c, "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND count_seen = 1 AND count_due = 2", account), 1);
    company_close(c);
}

TEST(P87_a_season_has_a_quota_of_its_own_and_a_period_may_change)
{
    static const char *const m[] = {"policy/daily-touch", "watch", NULL};
    struct company *c = firm_open(m);
    int64_t account = customer(c, "@ana"), before;

    company_until(c, OPENING + 294 * DAY - HOUR); /* Monday, 2026-12-21, before work */
    before = daily_breaches(c, account);
    assert_true(before > 190);
    company_until(c, OPENING + 308 * DAY - HOUR); /* two weeks later the season is over */
    assert_i64(daily_breaches(c, account), before);
    company_until(c, OPENING + 310 * DAY - HOUR);
    assert_i64(daily_breaches(c, account), before + 2);
    firm_set_key(c, "policy/daily-touch", "every", "week");
    company_publish(c);
    before = daily_breaches(c, account);
    company_until(c, OPENING + 329 * DAY - HOUR); /* Monday: of the days before, and of two whole weeks */
    assert_true(daily_breaches(c, account) >= before + 2 && daily_breaches(c, account) <= before + 3);
    company_close(c);
}

TEST(P125_an_inquiry_is_answered_within_four_business_hours_counted_from_what_was_logged)
{
    static const char *const m[] = {"policy/first-reply", "remind", NULL};
    struct company *c = firm_open(m);
    int64_t quick = new_lead(c, "@rob"), slow = company_create(c, "lead", "last_name", "Slow", "email", "slow@lead.example", "owner", "@rob", NULL);
    static const char rule[] = "SELECT COUNT(*) FROM breach WHERE record_id = $1 AND page = 'policy/first-reply'";
    struct str figure;

    company_until(c, OPENING + 2 * HOUR);
    company_activity(c, "email", "out", quick);
    company_until(c, OPENING + 4 * HOUR - 1);
    assert_i64(count(c, rule, slow), 0);
    company_until(c, OPENING + 4 * HOUR);
    assert_i64(count(c, rule, slow), 1);
    company_until(c, OPENING + 6 * HOUR);
    company_activity(c, "meeting", "out", slow);
    assert_i64(count(c, "SELECT met_us FROM breach WHERE record_id = $1 AND page = 'policy/first-reply'", slow), OPENING + 6 * HOUR);
    assert_i64(count(c, rule, quick), 0);
    figure = firm_metric(c, "first-response-time");
    assert_has(figure, "\"n\":2");
    assert_has(figure, "\"definition\":\"");
    assert_true(str_find(figure, STR("\"target\":\"\""), 0) == SIZE_MAX);
    company_close(c);
}

TEST(P124_one_rule_binds_marketing_sales_and_support_and_the_record_keeps_the_trail)
{
    struct company *c = firm_open(NULL);
    int64_t mark = company_create(c, "user", "name", "Mark", "email", "mark@x.example", "roles", "marketing", "team", "@north", NULL);
    int64_t sam = company_create(c, "user", "name", "Sam", "email", "sam@x.example", "roles", "support-agent", "team", "@south", NULL);
    int64_t owners[3], account;

    owners[0] = mark, owners[1] = c->rob, owners[2] = sam;
    company_page(c, "policy/heard-of", "label: Heard of\nowner: admin\nfor: account\nwhen: \"type = 'Customer'\"\nmust: \"last_activity_at > now - 7d\"\nalways: true\nowed_by: owner\nmode: remind\n", "Call.\n");
    company_publish(c);
    account = company_create(c, "account", "name", "Shared", "type", "Customer", NULL);
    for (int i = 0; i < 3; i++) {
        const char *who = str_cstr(c->arena, str_fmt(c->arena, "%lld", (long long)owners[i]));

        company_set(c, "account", account, "owner", who, NULL);
        assert_i64(count(c, "SELECT owed_by FROM task WHERE record_id = $1 AND page = 'policy/heard-of' AND closed_us IS NULL", account), owners[i]);
        company_until(c, c->now + DAY);
    }
    assert_true(count(c, "SELECT COUNT(*) FROM change WHERE record_id = $1 AND field = 'owner'", account) >= 3);
    company_activity(c, "call", "out", account);
    assert_i64(count(c, "SELECT COUNT(*) FROM task WHERE record_id = $1 AND page = 'policy/heard-of' AND closed_us IS NULL", account), 0);
    company_close(c);
}

TEST_MAIN(P21_P22_a_billing_problem_passes_from_level_to_level_on_time, P23_a_technical_fault_has_a_path_of_its_own,
          P24_a_customer_who_demands_a_manager_gets_one, P25_P140_who_would_be_called_at_a_moment_with_phone_absence_and_cover,
          P57_a_lead_is_assigned_within_24_hours_after_a_reminder_and_with_the_chosen_action, P57_watching_only_notes_the_breach,
          P57_in_working_time_the_night_and_the_weekend_do_not_count, P40_P41_a_missed_step_is_a_breach_at_once_and_whoever_owed_it_says_why,
          P64_one_activity_per_working_day_and_active_client_leave_and_holidays_left_out,
          P87_a_new_quota_counts_from_its_day_and_days_before_keep_the_old_rule, P87_a_season_has_a_quota_of_its_own_and_a_period_may_change,
          P125_an_inquiry_is_answered_within_four_business_hours_counted_from_what_was_logged,
          P124_one_rule_binds_marketing_sales_and_support_and_the_record_keeps_the_trail)
