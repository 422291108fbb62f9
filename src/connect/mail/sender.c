/* The thread that sends mail. See sender.h. */
#include "connect/mail/sender.h"

#include "base/limits.h"
#include "base/log.h"
#include "connect/mail/mail_impl.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 10 };

/* Customers do not wait behind notices. */
static const char *const kinds[] = {CUSTOMER_MAIL, NOTICE_MAIL};
enum { KINDS = sizeof kinds / sizeof *kinds };

#define LOOK_PAUSE_US US_PER_SECOND    /* between two looks: what is committed meanwhile is gathered */
#define LONGEST_SLEEP_US US_PER_MINUTE /* another node may have died with items in hand */
#define TIDY_PAUSE_US US_PER_HOUR
#define TROUBLE_PAUSE_US (10 * US_PER_SECOND) /* doubles with each failure in a row, to the longest */
#define TROUBLE_PAUSE_US_MAX (5 * US_PER_MINUTE)

struct mail_sender {
    struct mail_sender_context cx;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* on the monotonic clock */
    bool woken, ended;    /* under the lock */
    atomic_bool stop;
    struct mail_line *line;         /* under the lock for whoever cuts it; NULL between batches */
    struct mail_sender_state state; /* under the lock */
    int failures;                   /* of the server, in a row */
    int64_t looked_us, tidied_us, try_again_us; /* clock_mono_us; try_again_us 0: at once */
};

/* ---- state ---- */

/* One line of the log for each change, however many mails meet it. */
static void change_state(struct mail_sender *s, const char *word, const char *cause, long code)
{
    char text[16];
    bool changed;

    pthread_mutex_lock(&s->lock);
    changed = strcmp(s->state.word, word) != 0 || (cause && (!s->state.cause || strcmp(s->state.cause, cause) != 0));
    if (changed)
        s->state = (struct mail_sender_state){.word = word, .cause = cause, .since_us = s->cx.now_us()};
    pthread_mutex_unlock(&s->lock);
    if (!changed)
        return;
    snprintf(text, sizeof text, "%ld", code);
    log_event(cause ? LOG_ERROR : LOG_INFO, "mail", "state", word, "cause", cause ? cause : "none", "code", text, NULL);
}

struct mail_sender_state mail_sender_state(struct mail_sender *s)
{
    struct mail_sender_state state;

    pthread_mutex_lock(&s->lock);
    state = s->state;
    pthread_mutex_unlock(&s->lock);
    return state;
}

/* ---- one item ---- */

struct taking {
    const char *kind;
    int64_t now_us;
    int limit;
    struct outbox_item *items;
    size_t n;
};

static struct err *take(struct tx *tx, void *ctx)
{
    struct taking *t = ctx;

    return outbox_take(tx, t->kind, t->now_us, t->limit, &t->items, &t->n);
}

static bool to_customer(const struct outbox_item *item)
{
    return str_eq(item->kind, STR(CUSTOMER_MAIL));
}

struct ending {
    const struct manual *m;
    const struct outbox_item *item;
    enum outbox_end end;
    struct str reason;
    int64_t now_us;
};

static struct err *end_it(struct tx *tx, void *ctx)
{
    struct ending *e = ctx;

    if (to_customer(e->item))
        return customer_mail_done(tx, e->m, e->item, e->end, e->reason, e->now_us);
    return outbox_done(tx, e->item, e->end, e->reason, e->now_us);
}

static struct err *finish(struct mail_sender *s, struct arena *arena, const struct outbox_item *item, enum outbox_end end, struct str reason)
{
    struct ending e = {.m = manual_live(s->cx.store), .item = item, .end = end, .reason = reason, .now_us = s->cx.now_us()};
    struct err *err = db_write(s->cx.db, arena, end_it, &e);

    manual_unpin(e.m);
    return err;
}

struct reading {
    const struct manual *m;
    const struct outbox_item *item;
    int64_t now_us;
    struct notice_mail notice;
    struct customer_mail mail;
    struct str company;
};

static struct err *read_mail(struct tx *tx, void *ctx)
{
    struct reading *r = ctx;

    if (to_customer(r->item))
        return customer_mail_read(tx, r->m, r->item->payload, r->now_us, &r->mail);
    TRY(db_setting_get(tx, STR("company"), &r->company));
    return notice_mail_read(tx, r->m, r->item->payload, r->now_us, &r->notice);
}

/* What it says now, or why it says nothing: *end then is not SENT, and *reason says why. */
static struct err *write_letter(struct mail_sender *s, struct arena *arena, const struct outbox_item *item, struct letter *letter,
                                struct str *message, enum outbox_end *end, struct str *reason)
{
    struct reading r = {.m = manual_live(s->cx.store), .item = item, .now_us = s->cx.now_us()};
    struct err *e = db_read(s->cx.db, arena, read_mail, &r);
    const char *unsent = to_customer(item) ? r.mail.unsent : r.notice.unsent;

    *end = OUTBOX_SENT;
    *letter = (struct letter){.id = item->id, .now_us = r.now_us};
    if (!e && unsent) {
        *end = OUTBOX_UNSENT;
        *reason = str_from(unsent);
    } else if (!e) {
        if (to_customer(item))
            customer_words(&r.mail, letter);
        else
            notice_words(arena, s->cx.options, &r.notice, r.company, letter);
        e = mail_compose(arena, s->cx.options, letter, message);
    }
    manual_unpin(r.m); /* the words above borrow from it */
    if (!e || e->kind == ERR_BUSY || e->kind == ERR_INTERNAL)
        return e;
    *end = OUTBOX_GIVE_UP; /* it would fail the next time as well */
    *reason = e->message;
    return NULL;
}

/* *go_on false: the server is in trouble, or we stop. */
static struct err *judge(struct mail_sender *s, struct arena *arena, const struct outbox_item *item, const struct mail_result *r, bool *go_on)
{
    char id[24], code[16];

    *go_on = r->end != MAIL_TROUBLE && r->end != MAIL_CUT;
    if (r->end == MAIL_CUT)
        return finish(s, arena, item, OUTBOX_BACK, STR(""));
    if (r->end == MAIL_TROUBLE) {
        change_state(s, "failing", r->cause, r->code);
        return finish(s, arena, item, OUTBOX_AGAIN, r->sentence);
    }
    change_state(s, "ok", NULL, r->code);
    s->failures = 0;
    if (r->end == MAIL_SENT)
        return finish(s, arena, item, OUTBOX_SENT, STR_NONE);
    if (r->end == MAIL_REFUSED) {
        snprintf(id, sizeof id, "%lld", (long long)item->id);
        snprintf(code, sizeof code, "%ld", r->code);
        log_event(LOG_WARN, "mail_given_up", "item", id, "cause", r->cause, "code", code, NULL);
    }
    return finish(s, arena, item, r->end == MAIL_REFUSED ? OUTBOX_GIVE_UP : OUTBOX_AGAIN, r->sentence);
}

static struct err *deliver(struct mail_sender *s, struct arena *arena, const struct outbox_item *item, bool last, bool *go_on)
{
    struct str message = STR_NONE, reason = STR_NONE;
    struct letter letter;
    enum outbox_end end;
    struct mail_result result;

    *go_on = true;
    TRY(write_letter(s, arena, item, &letter, &message, &end, &reason));
    if (end != OUTBOX_SENT)
        return finish(s, arena, item, end, reason);
    mail_line_send(s->line, arena, letter.to, message, last, &result);
    return judge(s, arena, item, &result, go_on);
}

/* ---- a batch ---- */

static void open_line(struct mail_sender *s)
{
    struct mail_line *line = mail_line_open(s->cx.options);

    pthread_mutex_lock(&s->lock);
    s->line = line;
    if (atomic_load(&s->stop)) /* whoever stops us may have found no line to cut */
        mail_line_cut(line);
    pthread_mutex_unlock(&s->lock);
}

static void close_line(struct mail_sender *s)
{
    struct mail_line *line = s->line;

    pthread_mutex_lock(&s->lock);
    s->line = NULL;
    pthread_mutex_unlock(&s->lock);
    mail_line_close(line);
}

/* Is there time for one more before the lease of the batch ends? */
static bool lease_holds(const struct mail_sender *s, int64_t taken_us)
{
    return clock_mono_us() - taken_us + (s->cx.options->timeout_s + 10) * US_PER_SECOND < OUTBOX_LEASE_US;
}

static void count_failure(struct mail_sender *s)
{
    int64_t pause = TROUBLE_PAUSE_US;

    for (int i = 0; i < s->failures && pause < TROUBLE_PAUSE_US_MAX; i++)
        pause *= 2;
    s->failures++;
    s->try_again_us = clock_mono_us() + (pause < TROUBLE_PAUSE_US_MAX ? pause : TROUBLE_PAUSE_US_MAX);
}

/* *more: there may be others that are due. The items live on arena; each is sent on an arena of its own. */
static struct err *batch(struct mail_sender *s, struct arena *arena, const char *kind, bool *more)
{
    struct taking t = {.kind = kind, .now_us = s->cx.now_us(), .limit = s->failures ? 1 : BATCH};
    int64_t taken_us = clock_mono_us();
    struct arena *each = arena_new(16 * 1024);
    struct err *e = db_write(s->cx.db, arena, take, &t);
    bool go_on = true;
    size_t i = 0;

    *more = false;
    if (e || !t.n) {
        arena_free(each);
        return e;
    }
    open_line(s);
    for (; i < t.n && go_on && !e && !atomic_load(&s->stop) && lease_holds(s, taken_us); i++) {
        e = deliver(s, each, &t.items[i], i + 1 == t.n, &go_on);
        if (e)
            e = err_copy(arena, e);
        arena_reset(each);
    }
    close_line(s);
    if (!go_on && !atomic_load(&s->stop))
        count_failure(s);
    for (; i < t.n && !e; i++)
        e = finish(s, arena, &t.items[i], OUTBOX_BACK, STR(""));
    arena_free(each);
    *more = go_on && !e;
    return e;
}

struct tidying {
    const struct manual *m;
    int64_t now_us;
};

static struct err *tidy(struct tx *tx, void *ctx)
{
    struct tidying *t = ctx;

    TRY(customer_mail_tidy(tx, t->m, t->now_us));
    return outbox_tidy(tx, NOTICE_MAIL, NOTICE_MAIL_AGE_US, t->now_us);
}

static struct err *tidy_up(struct mail_sender *s, struct arena *arena)
{
    struct tidying t = {.m = manual_live(s->cx.store), .now_us = s->cx.now_us()};
    struct err *e = db_write(s->cx.db, arena, tidy, &t);

    manual_unpin(t.m);
    return e;
}

/* Which kind of item is due first, and when; of two at once the first of kinds. */
struct next {
    size_t kind;
    int64_t due_us, now_us;
};

static struct err *next_due(struct tx *tx, void *ctx)
{
    struct next *next = ctx;
    int64_t due_us;

    next->due_us = DATE_NONE;
    for (size_t i = 0; i < KINDS; i++) {
        TRY(outbox_next(tx, kinds[i], &due_us));
        if (due_us != DATE_NONE && (next->due_us == DATE_NONE || due_us < next->due_us)) {
            next->due_us = due_us;
            next->kind = i;
        }
        if (next->due_us != DATE_NONE && next->due_us <= next->now_us)
            return NULL;
    }
    return NULL;
}

/* Everything that is due. *due_us: when the next one is. */
static struct err *send_due(struct mail_sender *s, struct arena *arena, int64_t *due_us)
{
    bool more = true;

    if (!s->tidied_us || clock_mono_us() - s->tidied_us >= TIDY_PAUSE_US) {
        s->tidied_us = clock_mono_us();
        TRY(tidy_up(s, arena));
    }
    *due_us = DATE_NONE;
    if (!mail_can_send(s->cx.options))
        return NULL;
    while (more && !atomic_load(&s->stop)) {
        struct next next = {.now_us = s->cx.now_us()};

        arena_reset(arena);
        TRY(db_read(s->cx.db, arena, next_due, &next));
        *due_us = next.due_us;
        if (*due_us == DATE_NONE || *due_us > next.now_us || clock_mono_us() < s->try_again_us)
            return NULL;
        TRY(batch(s, arena, kinds[next.kind], &more));
    }
    return NULL;
}

/* ---- the thread ---- */

static int64_t sleep_us(const struct mail_sender *s, int64_t due_us)
{
    int64_t us = LONGEST_SLEEP_US, pause = s->try_again_us - clock_mono_us();

    if (due_us != DATE_NONE && due_us - s->cx.now_us() < us)
        us = due_us - s->cx.now_us();
    if (us < pause)
        us = pause;
    return us < LOOK_PAUSE_US ? LOOK_PAUSE_US : us;
}

/* Sleeps so long, until it is woken, or stopped; a wake within LOOK_PAUSE_US of the last look waits that long. */
static void wait_us(struct mail_sender *s, int64_t us)
{
    struct timespec until;
    int64_t first = s->looked_us + LOOK_PAUSE_US;

    pthread_mutex_lock(&s->lock);
    for (int64_t end = clock_mono_us() + us; !atomic_load(&s->stop);) {
        int64_t stop_at = s->woken && first < end ? first : end;

        if (clock_mono_us() >= stop_at)
            break;
        until.tv_sec = (time_t)(stop_at / US_PER_SECOND);
        until.tv_nsec = (long)(stop_at % US_PER_SECOND) * 1000;
        pthread_cond_timedwait(&s->moved, &s->lock, &until);
    }
    s->woken = false;
    pthread_mutex_unlock(&s->lock);
}

static void *run(void *arg)
{
    struct mail_sender *s = arg;
    struct arena *arena = arena_new(0);
    bool complained = false;

    while (!atomic_load(&s->stop)) {
        int64_t due_us = DATE_NONE;
        struct err *e;

        s->looked_us = clock_mono_us();
        e = send_due(s, arena, &due_us);
        if (e && !complained) /* of the database: whoever looks after it hears of it from others as well */
            log_event(e->kind == ERR_BUSY ? LOG_WARN : LOG_ERROR, "job_failed", "job", "mail", "code", e->code, NULL);
        complained = e != NULL;
        if (e)
            due_us = DATE_NONE;
        arena_reset(arena);
        wait_us(s, sleep_us(s, due_us));
    }
    arena_free(arena);
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    pthread_cond_signal(&s->moved);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static struct mail_sender *sender_new(const struct mail_sender_context *context)
{
    struct mail_sender *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;

    if (!s)
        abort();
    s->cx = *context;
    s->state = (struct mail_sender_state){.word = mail_can_send(s->cx.options) ? "untried" : "off", .since_us = context->now_us()};
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->moved, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

static void sender_free(struct mail_sender *s)
{
    pthread_cond_destroy(&s->moved);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct err *mail_sender_start(struct arena *arena, const struct mail_sender_context *context, struct mail_sender **out)
{
    struct mail_sender *s = sender_new(context);
    int rc = pthread_create(&s->thread, NULL, run, s);

    if (rc) {
        sender_free(s);
        return FAIL(arena, ERR_INTERNAL, "internal", NULL, "No thread for mail: %s.", strerror(rc));
    }
    *out = s;
    return NULL;
}

void mail_sender_wake(struct mail_sender *s)
{
    pthread_mutex_lock(&s->lock);
    if (!s->woken) {
        s->woken = true;
        pthread_cond_signal(&s->moved);
    }
    pthread_mutex_unlock(&s->lock);
}

void mail_sender_stop(struct mail_sender *s)
{
    struct timespec until;

    if (!s)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(SENDER_GRACE_US / US_PER_SECOND);
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->stop, true);
    pthread_cond_signal(&s->moved);
    while (!s->ended)
        if (pthread_cond_timedwait(&s->moved, &s->lock, &until) == ETIMEDOUT)
            break;
    if (!s->ended && s->line)
        mail_line_cut(s->line);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    sender_free(s);
}
