/* A mail to a customer: one transaction logs it, closes its task and puts it into the outbox; what becomes of it follows. */
#include "company.h"

struct writing {
    struct company *c;
    struct customer_mail_new in;
    int64_t id, now;
    struct outbox_item item;
    struct customer_mail mail;
    struct outbox_state state;
    enum outbox_end end;
    size_t n;
};

static struct err *send_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct writing *x = ctx;

    x->in.object = manual_object(cx->manual, STR("lead"));
    x->in.words = cx->manual->n_templates ? &cx->manual->templates[0] : NULL;
    return customer_mail_send(tx, cx, &x->in, &x->id);
}

static struct err *take_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct writing *x = ctx;
    struct outbox_item *items;

    TRY(outbox_take(tx, CUSTOMER_MAIL, x->now, 1, &items, &x->n));
    if (!x->n)
        return NULL;
    x->item = items[0];
    x->item.payload = str_dup(x->c->arena, items[0].payload);
    x->item.kind = STR(CUSTOMER_MAIL);
    TRY(customer_mail_read(tx, cx->manual, x->item.payload, x->now, &x->mail));
    x->mail.subject = str_dup(x->c->arena, x->mail.subject);
    x->mail.to = str_dup(x->c->arena, x->mail.to);
    x->mail.from_name = str_dup(x->c->arena, x->mail.from_name);
    return NULL;
}

static struct err *end_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct writing *x = ctx;

    return customer_mail_done(tx, cx->manual, &x->item, x->end, STR("no such user"), x->now);
}

static struct err *tidy_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct writing *x = ctx;

    return customer_mail_tidy(tx, cx->manual, x->now);
}

/* Ann wrote to us, and Rob owes her a first reply. */
static struct writing asked(struct company *c)
{
    struct writing x = {.c = c};

    company_page(c, "template/first-reply",
                 "channel: email\nobject: lead\nsubject: \"Your question, {{first_name or 'and a first answer'}}\"\n",
                 "## Greeting\nHello {{first_name}},\n\n> Why: they gave it.\n\n## Theirs\nyou asked about [what they asked].\n\n> Why: a person "
                 "read it.\n");
    company_page(c, "workflow/capture",
                 "object: lead\nstarts_when: \"status = 'New'\"\nstages:\n  - name: Answer\n    steps:\n      - name: First reply\n        role: owner\n"
                 "        due: 4h\n        template: first-reply\n        done_when: \"exists(activities where direction = 'out')\"\n        asks:\n"
                 "          - { label: Wrote, set: { status: Contacted }, activity: { kind: email, direction: out } }\n"
                 "ends:\n  - { name: Answered, when: \"status = 'Contacted'\" }\n",
                 "## First reply\nSoon.\n");
    company_publish(c);
    x.in.record_id = company_create(c, "lead", "name", "Ann Ames", "first_name", "Ann", "email", "ann@ames.example", "owner", "@rob", NULL);
    x.in.to = STR("ann@ames.example");
    x.in.subject = STR("Your question, Ann");
    x.in.body = STR("Hello Ann,\n\nyou asked about racks.");
    x.in.task_id = task_of(c, x.in.record_id, "First reply");
    x.in.if_version = -1;
    x.in.outcome = STR("Wrote");
    x.now = c->now;
    return x;
}

/* The same, and Rob has written. */
static struct writing sent(struct company *c)
{
    struct writing x = asked(c);

    assert_ok(company_as(c, c->rob, send_in, &x));
    return x;
}

static int64_t mails(struct company *c)
{
    return company_count(c, "SELECT COUNT(*) FROM customer_mail", 0);
}

TEST(a_mail_is_logged_once_closes_its_task_and_goes_out_in_the_writers_name)
{
    struct company *c = company_open();
    struct writing x = asked(c);

    assert_true(x.in.task_id);
    assert_ok(company_as(c, c->rob, send_in, &x));
    assert_i64(open_tasks(c, x.in.record_id), 0);
    assert_str(company_text(c, "SELECT status FROM o_lead WHERE id = $1", x.in.record_id), "Contacted");
    assert_i64(company_count(c, "SELECT COUNT(*) FROM o_activity WHERE kind = 'email' AND direction = 'out'", 0), 1);
    assert_ok(company_as(c, 0, take_in, &x));
    assert_i64((int64_t)x.n, 1);
    assert_null(x.mail.unsent);
    assert_str(x.mail.to, "ann@ames.example");
    assert_str(x.mail.subject, "Your question, Ann");
    assert_str(x.mail.from_name, "Rob");
    x.end = OUTBOX_SENT;
    x.now += HOUR;
    assert_ok(company_as(c, 0, end_in, &x));
    assert_i64(company_count(c, "SELECT sent_us FROM customer_mail WHERE id = $1", x.id), x.now);
    assert_i64(open_tasks(c, x.in.record_id), 0);
    company_sound(c);
    company_close(c);
}

TEST(what_is_left_to_fill_in_refuses_and_leaves_nothing)
{
    static const struct {
        const char *to, *subject, *body, *outcome, *code, *field;
    } bad[] = {
        {"ann@ames.example", "Hello {{first_name}}", "x", "Wrote", "mail.unresolved", "/subject"},
        {"ann@ames.example", "Hello", "Hello {{ first_name or 'there' }}", "Wrote", "mail.unresolved", "/body"},
        {"ann@ames.example", "Hello", "you asked about [what they asked].", "Wrote", "mail.unresolved", "/body"},
        {"ann@ames.example", " ", "x", "Wrote", "record.field_required", "/subject"},
        {"ann@ames.example", "x", "\n", "Wrote", "record.field_required", "/body"},
        {"", "x", "y", "Wrote", "record.field_required", "/to"},
        {"eve@else.example", "x", "y", "Wrote", "mail.address_unknown", "/to"},
        {"ann@ames.example", "x", "y", "Sang", "record.field_invalid", "/outcome"},
    };
    struct company *c = company_open();
    struct writing x = asked(c);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err *e;

        x.in.to = str_from(bad[i].to);
        x.in.subject = str_from(bad[i].subject);
        x.in.body = str_from(bad[i].body);
        x.in.outcome = str_from(bad[i].outcome);
        e = company_as(c, c->rob, send_in, &x);
        assert_err(e, bad[i].code);
        assert_string_equal(e->field, bad[i].field);
    }
    assert_i64(mails(c), 0);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM outbox WHERE kind = 'customer-mail'", 0), 0);
    assert_i64(open_tasks(c, x.in.record_id), 1);
    company_close(c);
}

TEST(a_mail_that_is_given_up_becomes_a_task_for_whoever_wrote_it_once)
{
    struct company *c = company_open();
    struct writing x = sent(c);

    assert_ok(company_as(c, 0, take_in, &x));
    x.end = OUTBOX_AGAIN;
    assert_ok(company_as(c, 0, end_in, &x));
    assert_i64(open_tasks(c, x.in.record_id), 0); /* it is tried again */
    x.item.attempts = 10;
    assert_ok(company_as(c, 0, end_in, &x));
    x.end = OUTBOX_GIVE_UP;
    assert_ok(company_as(c, 0, end_in, &x));
    assert_i64(open_tasks(c, x.in.record_id), 1);
    assert_i64(company_count(c, "SELECT owed_by FROM task WHERE closed_us IS NULL AND record_id = $1", x.in.record_id), c->rob);
    assert_str(company_text(c, "SELECT note FROM task WHERE closed_us IS NULL AND record_id = $1", x.in.record_id), "no such user");
    company_sound(c);
    company_close(c);
}

TEST(a_rule_that_refuses_the_mark_does_not_bring_the_mail_back)
{
    struct company *c = company_open();
    struct writing x = sent(c);

    assert_ok(company_as(c, 0, take_in, &x));
    company_page(c, "object/activity",
                 "title: subject\ntime: at\ntimeline: true\nfields:\n  kind: { type: choice, options: [call, email, meeting, note] }\n"
                 "  direction: { type: choice, options: [in, out, internal] }\n  at: { type: date-time }\n  subject: { type: text }\n"
                 "  body: { type: long text }\n  outcome: { type: text, max: 4 }\n  links: { type: references, to: any, back: activities }\n",
                 NULL);
    company_publish(c);
    x.end = OUTBOX_GIVE_UP;
    assert_ok(company_as(c, 0, end_in, &x));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM customer_mail WHERE failed_us IS NOT NULL", 0), 1);
    assert_i64(company_count(c, "SELECT COUNT(*) FROM decision WHERE what = 'action refused' AND record_id = $1", x.in.record_id), 1);
    assert_i64(open_tasks(c, x.in.record_id), 1);
    company_close(c);
}

TEST(what_waits_for_a_day_is_given_up_and_not_forgotten)
{
    struct company *c = company_open();
    struct writing x = sent(c);

    x.now += CUSTOMER_MAIL_AGE_US - 1000;
    assert_ok(company_as(c, 0, tidy_in, &x));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM customer_mail WHERE failed_us IS NOT NULL", 0), 0);
    x.now += 2000;
    assert_ok(company_as(c, 0, tidy_in, &x));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM customer_mail WHERE failed_us IS NOT NULL", 0), 1);
    assert_i64(open_tasks(c, x.in.record_id), 1);
    company_close(c);
}

TEST(a_mail_taken_back_or_of_somebody_who_left_is_not_sent)
{
    struct company *c = company_open();
    struct writing x = sent(c);

    company_move(c, "activity", company_count(c, "SELECT activity_id FROM customer_mail WHERE id = $1", x.id), RECORD_ARCHIVE);
    assert_ok(company_as(c, 0, take_in, &x));
    assert_string_equal(x.mail.unsent, "It was taken back before it went out.");
    company_close(c);

    c = company_open();
    x = sent(c);
    company_set(c, "user", c->rob, "active", "no", NULL);
    assert_ok(company_as(c, 0, take_in, &x));
    assert_string_equal(x.mail.unsent, "Whoever wrote it has left.");
    company_close(c);
}

TEST_MAIN(a_mail_is_logged_once_closes_its_task_and_goes_out_in_the_writers_name, what_is_left_to_fill_in_refuses_and_leaves_nothing,
          a_mail_that_is_given_up_becomes_a_task_for_whoever_wrote_it_once,
          a_rule_that_refuses_the_mark_does_not_bring_the_mail_back, what_waits_for_a_day_is_given_up_and_not_forgotten,
          a_mail_taken_back_or_of_somebody_who_left_is_not_sent)
