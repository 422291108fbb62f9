/* What a notice mail is about when it is sent, and that one sender alone holds it. */
#include "company.h"

#include <pthread.h>

struct mail_call {
    struct company *c;
    int64_t record, now, attempts;
    struct outbox_item *items;
    size_t n;
    struct notice_mail mail;
    struct outbox_state state;
};

static struct err *help_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;
    int64_t id;

    return escalation_start(tx, cx, STR("help"), k->record, STR("the customer is waiting"), &id);
}

static struct err *take_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;
    struct outbox_item *items;

    (void)cx;
    TRY(outbox_take(tx, NOTICE_MAIL, k->now, 10, &items, &k->n));
    k->items = NEW_ARRAY(k->c->arena, k->n + 1, struct outbox_item);
    for (size_t i = 0; i < k->n; i++) {
        k->items[i] = items[i];
        k->items[i].payload = str_dup(k->c->arena, items[i].payload);
    }
    return NULL;
}

static struct err *read_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    return notice_mail_read(tx, cx->manual, k->items[0].payload, k->now, &k->mail);
}

static struct err *read_first_notice(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    return notice_read(tx, cx->actor, company_count(k->c, "SELECT MIN(id) FROM notice WHERE read_us IS NULL", 0), k->now);
}

static void help_page(struct company *c)
{
    company_page(c, "escalation/help",
                 "object: lead\nlabel: Help\nlevels:\n"
                 "  - { name: Owner, after: 0m, who: owner, how: task }\n"
                 "  - { name: Manager, after: 2h, who: superior, how: task }\n"
                 "  - { name: Head, after: 4h, who: \"role:admin\", how: notify }\n",
                 NULL);
    company_publish(c);
}

/* A call to rob about a lead of his; the item is taken. */
static struct mail_call called(struct company *c)
{
    struct mail_call k = {.c = c, .now = c->now};

    help_page(c);
    k.record = company_create(c, "lead", "name", "Äpfel", "owner", "@rob", NULL);
    assert_ok(company_as(c, c->ana, help_in, &k));
    assert_ok(company_as(c, 0, take_in, &k));
    assert_i64((int64_t)k.n, 1);
    return k;
}

TEST(a_call_names_who_asked_and_until_when)
{
    struct company *c = company_open();
    struct mail_call k = called(c);

    assert_ok(company_as(c, 0, read_in, &k));
    assert_null(k.mail.unsent);
    assert_true(k.mail.call);
    assert_str(k.mail.name, "Rob");
    assert_str(k.mail.asked_by, "Ana");
    assert_str(k.mail.note, "the customer is waiting");
    assert_str(k.mail.level, "Owner");
    assert_i64(k.mail.until_us, MONDAY_9 + 2 * HOUR);
    assert_i64((int64_t)k.mail.n_lines, 1);
    assert_str(k.mail.lines[0].title, "Help: Äpfel");
    assert_i64(k.mail.lines[0].record_id, k.record);
    company_close(c);
}

TEST(a_call_that_went_on_or_was_read_or_is_old_is_not_sent)
{
    struct company *c = company_open();
    struct mail_call k = called(c);

    k.now += NOTICE_MAIL_AGE_US + 1;
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "Not sent in time.");
    k.now = c->now;
    assert_ok(company_as(c, c->rob, read_first_notice, &k));
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "They have read it.");
    company_close(c);

    c = company_open();
    k = called(c);
    company_until(c, MONDAY_9 + 2 * HOUR);
    k.now = c->now;
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "It has passed to somebody else.");
    assert_ok(company_as(c, 0, take_in, &k)); /* and that one is called; Rob's lease has ended as well */
    k.items += k.n - 1;
    assert_ok(company_as(c, 0, read_in, &k));
    assert_null(k.mail.unsent);
    assert_str(k.mail.name, "Lena");
    assert_i64(k.mail.until_us, MONDAY_9 + 6 * HOUR);
    company_until(c, MONDAY_9 + 6 * HOUR);
    k.now = c->now;
    assert_ok(company_as(c, 0, take_in, &k));
    k.items += k.n - 1;
    assert_ok(company_as(c, 0, read_in, &k));
    assert_null(k.mail.unsent);
    assert_i64(k.mail.until_us, 0); /* the last one */
    company_close(c);
}

TEST(whoever_left_gets_nothing)
{
    struct company *c = company_open();
    struct mail_call k = called(c);

    company_set(c, "user", c->rob, "email", "", NULL);
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "They have no mail address.");
    company_set(c, "user", c->rob, "active", "no", NULL);
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "They are not with us any more.");
    company_close(c);
}

static void narrow_reps(struct company *c)
{
    company_page(c, "role/sales-rep", "default: true\ncan: { lead: { read: own, create: yes, update: all } }\n", NULL);
    company_publish(c);
}

TEST(what_they_may_not_see_any_more_is_not_in_the_mail)
{
    struct company *c = company_open();
    struct mail_call k = called(c);

    narrow_reps(c);
    company_set(c, "lead", k.record, "owner", "@tom", NULL);
    assert_ok(company_as(c, 0, read_in, &k));
    assert_null(k.mail.unsent); /* called all the same */
    assert_i64((int64_t)k.mail.lines[0].title.len, 0);
    assert_i64(k.mail.lines[0].record_id, 0);
    assert_i64((int64_t)k.mail.note.len, 0);
    company_close(c);
}

/* Two kinds of notices to rob, about two leads. */
static void remind(struct company *c, int64_t *a, int64_t *b)
{
    company_page(c, "policy/need", "for: lead\nlabel: Need\nmust: need is not empty\nwithin: 1h\nof: created_at\nowed_by: owner\nmode: remind\n", NULL);
    company_page(c, "policy/mail", "for: lead\nlabel: Mail\nwhen: \"priority = 'High'\"\nmust: email is not empty\nwithin: 1h\nof: created_at\nowed_by: owner\nmode: remind\n", NULL);
    company_publish(c);
    *a = company_create(c, "lead", "name", "Anna", "owner", "@rob", "priority", "Low", NULL);
    *b = company_create(c, "lead", "name", "Bert", "owner", "@rob", "priority", "High", "need", "x", NULL);
    company_until(c, c->now + 2 * HOUR);
}

TEST(the_daily_mail_holds_what_is_unread_and_may_be_seen)
{
    struct company *c = company_open();
    struct mail_call k = {.c = c};
    int64_t a, b;

    remind(c, &a, &b);
    k.now = c->now;
    assert_ok(company_as(c, 0, take_in, &k));
    assert_i64((int64_t)k.n, 1); /* one for the day */
    assert_ok(company_as(c, 0, read_in, &k));
    assert_null(k.mail.unsent);
    assert_false(k.mail.call);
    assert_i64((int64_t)k.mail.n_lines, 2);
    assert_str(k.mail.lines[0].object_label, "Lead");
    narrow_reps(c);
    company_set(c, "lead", b, "owner", "@tom", NULL);
    assert_ok(company_as(c, 0, read_in, &k));
    assert_i64((int64_t)k.mail.n_lines, 1);
    assert_i64(k.mail.lines[0].record_id, a);
    company_set(c, "lead", a, "owner", "@tom", NULL);
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "Nothing is left that they may see and want to hear of.");
    assert_ok(company_as(c, c->rob, read_first_notice, &k));
    assert_ok(company_as(c, c->rob, read_first_notice, &k));
    assert_ok(company_as(c, 0, read_in, &k));
    assert_string_equal(k.mail.unsent, "They have read everything.");
    company_close(c);
}

/* ---- the outbox ---- */

static struct err *again_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    (void)cx;
    return outbox_done(tx, &k->items[0], OUTBOX_AGAIN, STR("busy"), k->now);
}

static struct err *give_up_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    (void)cx;
    return outbox_done(tx, &k->items[0], OUTBOX_GIVE_UP, STR("550 no"), k->now);
}

static struct err *back_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    (void)cx;
    return outbox_done(tx, &k->items[0], OUTBOX_BACK, STR(""), k->now);
}

static struct err *state_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    (void)cx;
    return outbox_state(tx, NOTICE_MAIL, &k->state);
}

static struct err *tidy_in(struct tx *tx, const struct save_context *cx, void *ctx)
{
    struct mail_call *k = ctx;

    (void)cx;
    return outbox_tidy(tx, NOTICE_MAIL, US_PER_DAY, k->now);
}

TEST(pauses_grow_and_the_tenth_time_gives_up)
{
    static const int minutes[] = {1, 4, 16, 64, 240, 240, 240, 240, 240};
    struct company *c = company_open();
    struct mail_call k = called(c);

    assert_ok(company_as(c, 0, back_in, &k)); /* was not tried: counts no attempt */
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        assert_ok(company_as(c, 0, take_in, &k));
        assert_i64((int64_t)k.n, 1);
        assert_i64(k.items[0].attempts, (int64_t)i + 1);
        assert_ok(company_as(c, 0, again_in, &k));
        k.now += minutes[i] * US_PER_MINUTE - 1;
        assert_ok(company_as(c, 0, take_in, &k));
        assert_i64((int64_t)k.n, 0);
        k.now++;
    }
    assert_ok(company_as(c, 0, take_in, &k));
    assert_ok(company_as(c, 0, again_in, &k));
    assert_ok(company_as(c, 0, state_in, &k));
    assert_i64(k.state.waiting, 0);
    assert_i64((int64_t)k.state.n_failed, 1);
    assert_i64(k.state.failed[0].attempts, 10);
    company_close(c);
}

TEST(who_comes_after_the_lease_changes_nothing)
{
    struct company *c = company_open();
    struct mail_call slow = called(c), quick = slow;

    quick.now += OUTBOX_LEASE_US;
    assert_ok(company_as(c, 0, take_in, &quick));
    assert_i64((int64_t)quick.n, 1);
    assert_ok(company_as(c, 0, give_up_in, &slow));
    assert_ok(company_as(c, 0, back_in, &slow));
    assert_ok(company_as(c, 0, again_in, &slow));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM outbox WHERE failed_us IS NULL AND error IS NULL AND attempts = 2", 0), 1);
    assert_ok(company_as(c, 0, give_up_in, &quick));
    assert_ok(company_as(c, 0, state_in, &quick));
    assert_str(quick.state.failed[0].reason, "550 no");
    company_close(c);
}

TEST(what_is_old_is_closed_and_what_is_closed_is_forgotten)
{
    struct company *c = company_open();
    struct mail_call k = {.c = c};
    int64_t a, b;

    remind(c, &a, &b);
    k.now = c->now + US_PER_HOUR;
    assert_ok(company_as(c, 0, tidy_in, &k));
    assert_ok(company_as(c, 0, state_in, &k));
    assert_i64(k.state.waiting, 1);
    assert_true(k.state.oldest_us > MONDAY_9); /* by its id, which the tests before have put ahead of this clock */
    k.now = c->now + 2 * US_PER_DAY;
    assert_ok(company_as(c, 0, tidy_in, &k));
    assert_ok(company_as(c, 0, state_in, &k));
    assert_i64(k.state.waiting, 0);
    assert_i64((int64_t)k.state.n_failed, 0); /* nobody has to look at it */
    assert_i64(company_count(c, "SELECT COUNT(*) FROM outbox WHERE error = 'Not sent in time.'", 0), 1);
    k.now = c->now + 40 * US_PER_DAY;
    assert_ok(company_as(c, 0, tidy_in, &k));
    assert_i64(company_count(c, "SELECT COUNT(*) FROM outbox", 0), 0);
    company_close(c);
}

enum { ITEMS = 60, TAKERS = 4 };
struct taker {
    struct company *c;
    struct arena *arena;
    int64_t now, ids[ITEMS];
    size_t n;
    bool failed;
};

static struct err *put_many(struct tx *tx, const struct save_context *cx, void *ctx)
{
    (void)ctx;
    for (int i = 0; i < ITEMS; i++)
        TRY(outbox_put(tx, NOTICE_MAIL, STR("{}"), str_fmt(tx_arena(tx), "many:%d", i), cx->now_us, cx->now_us));
    return NULL;
}

struct taking {
    int64_t now;
    struct outbox_item *items;
    size_t n;
};

static struct err *take_some(struct tx *tx, void *ctx)
{
    struct taking *t = ctx;

    return outbox_take(tx, NOTICE_MAIL, t->now, 3, &t->items, &t->n);
}

static void *take_all(void *arg)
{
    struct taker *t = arg;

    for (;;) {
        struct taking k = {.now = t->now};
        struct err *e = db_write(t->c->f->db, t->arena, take_some, &k);

        if (e && e->kind == ERR_BUSY)
            continue;
        t->failed = e || t->n + k.n > ITEMS;
        if (t->failed || !k.n)
            return NULL;
        for (size_t i = 0; i < k.n; i++)
            t->ids[t->n++] = k.items[i].id;
        arena_reset(t->arena);
    }
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

TEST(takers_at_the_same_time_never_hold_the_same_item)
{
    struct company *c = company_open();
    struct taker takers[TAKERS];
    pthread_t threads[TAKERS];
    int64_t ids[ITEMS];
    size_t n = 0;

    assert_ok(company_as(c, 0, put_many, NULL));
    for (int i = 0; i < TAKERS; i++) {
        takers[i] = (struct taker){.c = c, .arena = arena_new(0), .now = c->now};
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
    }
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(takers[i].failed);
        assert_true(n + takers[i].n <= ITEMS);
        memcpy(ids + n, takers[i].ids, takers[i].n * sizeof *ids);
        n += takers[i].n;
        arena_free(takers[i].arena);
    }
    assert_i64((int64_t)n, ITEMS);
    qsort(ids, n, sizeof *ids, by_number);
    for (size_t i = 1; i < n; i++)
        assert_true(ids[i] != ids[i - 1]);
    company_close(c);
}

TEST_MAIN(a_call_names_who_asked_and_until_when, a_call_that_went_on_or_was_read_or_is_old_is_not_sent, whoever_left_gets_nothing,
          what_they_may_not_see_any_more_is_not_in_the_mail, the_daily_mail_holds_what_is_unread_and_may_be_seen,
          pauses_grow_and_the_tenth_time_gives_up, who_comes_after_the_lease_changes_nothing,
          what_is_old_is_closed_and_what_is_closed_is_forgotten, takers_at_the_same_time_never_hold_the_same_item)
