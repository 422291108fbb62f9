/* Mails to customers: from the words of the manual to the outbox, and what becomes of them there.
 *
 * Writing one is one transaction: it is logged as an activity, the task it belongs to is closed with the outcome that was
 * chosen, and an outbox item carries it away. What it says is read from the activity when it is sent: an activity that was
 * put away before is a mail that does not go out.
 */
#include "work/customer_mail.sql.h"
#include "work/work_impl.h"
#include "base/id.h"

/* ---- may it go? ---- */
static void refuse(struct err **errs, struct err *e, struct str way_out)
{
    e->way_out = way_out;
    err_add(errs, e);
}

static bool stands_in(const struct customer_mail_new *in, struct str words)
{
    return str_find(in->subject, words, 0) != SIZE_MAX || str_find(in->body, words, 0) != SIZE_MAX;
}

/* What a template left to be filled in and still stands there. */
static void check_merges(const struct work *w, struct str text, const char *field,
                         struct err **errs)
{
    size_t at = 0;
    struct str found;

    while (merge_field_next(text, &at, &found))
        refuse(errs,
               FAIL(w->arena, ERR_INVALID, "mail.unresolved", field,
                    "\"%.*s\" is not filled in: the record does not say it.", STR_ARG(found)),
               STR("Fill the field on the record, or write what belongs there."));
}

static void check_placeholders(const struct work *w, const struct customer_mail_new *in,
                               struct err **errs)
{
    const struct template_page *t = in->words;

    for (size_t i = 0; t && i <= t->n_passages; i++) {
        struct str text = i ? t->passages[i - 1].text : t->subject, found;
        size_t at = 0;

        while (placeholder_next(text, &at, &found))
            if (stands_in(in, found)) {
                struct err *e =
                    FAIL(w->arena, ERR_INVALID, "mail.unresolved",
                         str_find(in->body, found, 0) != SIZE_MAX ? "/body" : "/subject",
                         "\"%.*s\" is still to be written.", STR_ARG(found));

                e->page = t->page->path;
                e->reason = i ? t->passages[i - 1].why : STR("");
                refuse(errs, e,
                       STR("Write in its place what only this customer could have told you."));
            }
    }
}

static struct err *check_words(const struct work *w, const struct customer_mail_new *in)
{
    struct err *errs = NULL;

    if (!str_trim(in->subject).len)
        refuse(&errs,
               FAIL(w->arena, ERR_INVALID, "record.field_required", "/subject",
                    "The mail has no subject."),
               STR("Say in a few words what it is about."));
    if (!str_trim(in->body).len)
        refuse(
            &errs,
            FAIL(w->arena, ERR_INVALID, "record.field_required", "/body", "The mail says nothing."),
            STR("Write it."));
    check_merges(w, in->subject, "/subject", &errs);
    check_merges(w, in->body, "/body", &errs);
    check_placeholders(w, in, &errs);
    return errs;
}

static struct err *find_address(const struct work *w, const struct actor *a, const struct record *r,
                                struct str to, struct mail_address_of *out)
{
    struct mail_address_of *list;
    struct err *e;
    size_t n;

    if (!to.len) {
        e = FAIL(w->arena, ERR_INVALID, "record.field_required", "/to", "To whom?");
        e->way_out =
            STR("Name an address that stands on the record, or on somebody who belongs to it.");
        return e;
    }
    TRY(mail_addresses(w, a, r, &list, &n));
    for (size_t i = 0; i < n; i++) {
        if (!str_eq_nocase(list[i].address, to))
            continue;
        *out = list[i];
        if (!list[i].unwanted)
            return NULL;
        e = FAIL(w->arena, ERR_CONFLICT, "mail.not_wanted", "/to", "%.*s asked us not to write.",
                 STR_ARG(list[i].name));
        e->way_out = STR("Call them. If they have changed their mind, clear \"Do not email\" on "
                         "their record first.");
        return e;
    }
    e = FAIL(w->arena, ERR_INVALID, "mail.address_unknown", "/to",
             "%.*s stands neither on this record nor on anybody who belongs to it.", STR_ARG(to));
    e->way_out =
        STR("Write the address down on the record first: then their answer is found again.");
    return e;
}

static struct err *check_number(const struct work *w, int64_t user)
{
    struct stmt *s;
    struct err *e;
    bool row;

    TRY(db_stmt(w->tx, &sql_customer_mail_written, &s));
    db_bind_i64(s, 1, user);
    db_bind_i64(s, 2, id_floor(w->now_us - US_PER_DAY));
    db_bind_i64(s, 3, CUSTOMER_MAILS_PER_DAY_MAX);
    TRY(db_step(s, &row));
    bool many = row && db_i64(s, 0) >= CUSTOMER_MAILS_PER_DAY_MAX;

    db_done(s);
    if (!many)
        return NULL;
    e = FAIL(w->arena, ERR_TOO_MANY, "mail.too_many", NULL,
             "You have written %d mails within a day.", CUSTOMER_MAILS_PER_DAY_MAX);
    e->way_out =
        STR("Go on tomorrow. If it was not you, change your password and end your other sessions.");
    return e;
}

/* ---- writing it down ---- */
/* Whoever wrote it sees what becomes of it. */
static void tell(const struct work *w, int64_t user, int64_t mail, struct str object,
                 int64_t record, const char *state)
{
    tx_notify(w->tx, WORK_NEWS_CHANNEL,
              str_fmt(w->arena, "mail %lld - %lld %lld %.*s %s", (long long)user, (long long)mail,
                      (long long)record, STR_ARG(object), state));
}

struct writing {
    const struct customer_mail_new *in;
    const struct record *record;
    const struct mail_address_of *to;
    int64_t id, activity_id;
};

static struct err *put_row(const struct work *w, const struct writing *x)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_customer_mail_insert, &s));
    db_bind_i64(s, 1, x->id);
    db_bind_i64(s, 2, x->activity_id);
    db_bind_str(s, 3, x->record->object->name);
    db_bind_i64(s, 4, x->record->id);
    db_bind_str(s, 5, x->to->object->name);
    db_bind_i64(s, 6, x->to->record_id);
    db_bind_str(s, 7, x->to->field->name);
    db_bind_i64(s, 8, w->by_user);
    bind_opt_str(s, 9, x->in->words ? x->in->words->page->path : STR(""));
    db_bind_i64(s, 10, w->m->version);
    return db_run(s, NULL);
}

static struct err *put_item(const struct work *w, const struct writing *x)
{
    struct buf b = buf_new(w->arena, 128);
    struct json_writer jw = json_writer(&b);

    jw_object(&jw);
    jw_kv_i64(&jw, "mail", x->id);
    jw_kv_str(&jw, "to", x->to->address);
    jw_kv_str(&jw, "name", x->to->name);
    jw_end_object(&jw);
    return outbox_put(w->tx, CUSTOMER_MAIL, buf_str(&b),
                      str_fmt(w->arena, CUSTOMER_MAIL ":%lld", (long long)x->id), w->now_us,
                      w->now_us);
}

static struct err *write_down(const struct work *w, const struct save_context *cx, void *ctx)
{
    struct writing *x = ctx;
    struct activity_new n = {
        STR("email"),
        STR("out"),
        str_trim(x->in->subject),
        x->in->body,
        {x->record->id, x->to->record_id == x->record->id ? 0 : x->to->record_id}};

    TRY(activity_log(w, cx, &n, &x->activity_id));
    x->id = id_new(w->now_us);
    TRY(put_row(w, x));
    tell(w, w->by_user, x->id, x->record->object->name, x->record->id, "waiting");
    return put_item(w, x);
}

static bool can_log(const struct manual *m)
{
    const struct object *activity = manual_object(m, STR("activity"));

    return activity && object_field(activity, STR("subject")) &&
           object_field(activity, STR("body"));
}

/* The task that it answers. *closes: an outcome was chosen, or its step waits for nothing else; a step that is done by what happens
 * on the record closes by itself. */
static struct err *check_task(const struct work *w, const struct actor *a,
                              const struct customer_mail_new *in, bool *closes)
{
    const struct step *step;
    struct task_row row;
    struct task task;
    bool found;

    *closes = false;
    if (!in->task_id)
        return NULL;
    TRY(task_get(w->tx, w->m, a, in->task_id, &task));
    if (task.record_id != in->record_id)
        return FAIL(w->arena, ERR_INVALID, "record.field_invalid", "/task",
                    "This task is about another record.");
    TRY(task_read(w, in->task_id, &row, &found)); /* with its stage, which people are not told */
    step = found ? task_step(w->m, &row.t, row.stage, NULL) : NULL;
    *closes = in->outcome.len > 0 || (step && !step->n_outcomes && !step->done_when.e);
    return NULL;
}

struct err *customer_mail_send(struct tx *tx, const struct save_context *cx,
                               const struct customer_mail_new *in, int64_t *id)
{
    struct work w = work_of(tx, cx);
    struct mail_address_of to;
    struct record r;
    struct writing x = {.in = in, .record = &r, .to = &to};
    struct task task;
    bool closes;

    TRY(record_get(tx, w.m, cx->actor, in->object, in->record_id, false, &r));
    if (!can_log(w.m))
        return FAIL(w.arena, ERR_CONFLICT, "mail.not_logged", NULL,
                    "A mail is kept as an activity with subject and body; the activities of this "
                    "manual have none.");
    TRY(check_words(&w, in));
    TRY(find_address(&w, cx->actor, &r, in->to, &to));
    TRY(check_number(&w, w.by_user));
    TRY(check_task(&w, cx->actor, in, &closes));
    if (closes)
        TRY(task_finish_with(&w, cx, in->task_id, in->if_version, in->outcome, STR(""), write_down,
                             &x, &task));
    else
        TRY(write_down(&w, cx, &x));
    *id = x.id;
    return NULL;
}

/* ---- sending it ---- */
struct mail_row {
    int64_t id, activity_id, record_id, user_id;
    struct str object;
};

static struct err *read_row(const struct work *w, int64_t id, struct mail_row *out, bool *found)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_customer_mail_by_id, &s));
    db_bind_i64(s, 1, id);
    TRY(db_step(s, found));
    if (*found)
        *out = (struct mail_row){
            .id = col_i64(s, "id"),
            .activity_id = col_i64(s, "activity_id"),
            .record_id = col_i64(s, "record_id"),
            .user_id = col_i64(s, "user_id"),
            .object = col_str(w, s, "object"),
        };
    db_done(s);
    return NULL;
}

static struct err *payload_row(const struct work *w, struct str payload, struct json *j,
                               struct mail_row *out, bool *found)
{
    const struct json *id;

    TRY(json_parse(w->arena, payload, j));
    id = json_get(j, "mail");
    *found = false;
    return id && id->kind == JSON_INT ? read_row(w, id->integer, out, found) : NULL;
}

static struct str field_text(const struct record *r, const char *name)
{
    const struct field *f = object_field(r->object, str_from(name));

    return f && !r->values[f->index].empty ? r->values[f->index].s : STR("");
}

struct err *customer_mail_read(struct tx *tx, const struct manual *m, struct str payload,
                               int64_t now_us, struct customer_mail *out)
{
    struct work w = work_at(tx, m, now_us);
    const struct person_info *who;
    struct mail_row mail;
    struct record activity;
    struct json j;
    bool found;

    *out = (struct customer_mail){0};
    TRY(payload_row(&w, payload, &j, &mail, &found));
    if (found)
        TRY(work_read(&w, STR("activity"), mail.activity_id, &activity, &found));
    if (!found) {
        out->unsent = "It was taken back before it went out.";
        return NULL;
    }
    TRY(who_person(&w, mail.user_id, &who));
    if (!who->found) {
        out->unsent = "Whoever wrote it has left.";
        return NULL;
    }
    *out = (struct customer_mail){
        .to = json_text(&j, "to"),
        .to_name = json_text(&j, "name"),
        .from_name = who->p.name,
        .reply_to = who->p.email,
        .subject = field_text(&activity, "subject"),
        .body = field_text(&activity, "body"),
    };
    return NULL;
}

struct failing {
    const struct work *w;
    const struct mail_row *mail;
};

static struct err *mark_activity(struct tx *tx, void *ctx)
{
    const struct failing *f = ctx;
    const struct work *w = f->w;
    const struct object *activity = manual_object(w->m, STR("activity"));
    const struct field *outcome = activity ? object_field(activity, STR("outcome")) : NULL;
    struct save_context cx = work_save_context(w, STR(""));
    struct expr_env env = work_env(w);
    struct save_input in = {.object = activity, .id = f->mail->activity_id, .if_version = -1};
    struct save_result res;
    struct record r;
    struct value v;
    bool live;

    TRY(work_read(w, STR("activity"), f->mail->activity_id, &r, &live));
    if (!live || !outcome || outcome->type != FT_TEXT)
        return NULL;
    TRY(value_parse(w->arena, w->m, outcome, STR("Did not go out"), &env, &v));
    in.fields = &outcome;
    in.values = &v;
    in.n = 1;
    return record_save(tx, &cx, &in, &res);
}

/* It says on the activity that it did not go out, and whoever wrote it has to reach the customer in another way. */
static struct err *say_failed(const struct work *w, const struct mail_row *mail, struct str reason)
{
    struct failing f = {w, mail};
    struct err *e = tx_nested(w->tx, mark_activity, &f);
    struct record about;
    bool live, fresh;
    int64_t id;

    if (e && err_stops(e))
        return e;
    if (e) /* a rule of the manual refuses it: that must not bring the mail back */
        TRY(decision_note(w, mail->record_id, STR(""), "action refused",
                          str_fmt(w->arena, "%s: %.*s", e->code, STR_ARG(e->message))));
    TRY(work_read(w, mail->object, mail->record_id, &about, &live));
    if (!live)
        return NULL;
    struct task_new t = {
        .record_id = mail->record_id,
        .object = mail->object,
        .owed_by = mail->user_id,
        .by_user = mail->user_id,
        .due_us = w->now_us + 4 * US_PER_HOUR,
        .title = STR("Your mail did not go out: reach them another way"),
        .note = reason,
        .kind = STR("asked"),
        .cause = str_fmt(w->arena, CUSTOMER_MAIL ":%lld", (long long)mail->id),
        .priority = 2,
    };
    return task_open(w, &t, &id, &fresh);
}

struct err *customer_mail_done(struct tx *tx, const struct manual *m,
                               const struct outbox_item *item, enum outbox_end end,
                               struct str reason, int64_t now_us)
{
    struct work w = work_at(tx, m, now_us);
    bool failed =
        end == OUTBOX_GIVE_UP || (end == OUTBOX_AGAIN && item->attempts >= OUTBOX_ATTEMPTS_MAX);
    struct mail_row mail;
    struct stmt *s;
    struct json j;
    bool found;
    int64_t n;

    TRY(outbox_done(tx, item, end, reason, now_us));
    if (end != OUTBOX_SENT && end != OUTBOX_UNSENT && !failed)
        return NULL;
    TRY(payload_row(&w, item->payload, &j, &mail, &found));
    if (!found)
        return NULL;
    tell(&w, mail.user_id, mail.id, mail.object, mail.record_id,
         failed               ? "failed"
         : end == OUTBOX_SENT ? "sent"
                              : "stopped");
    if (end == OUTBOX_UNSENT)
        return NULL;
    TRY(db_stmt(tx, end == OUTBOX_SENT ? &sql_customer_mail_sent : &sql_customer_mail_failed, &s));
    db_bind_i64(s, 1, mail.id);
    db_bind_i64(s, 2, now_us);
    TRY(db_run(s, &n));
    return failed && n ? say_failed(&w, &mail, reason) : NULL;
}

struct err *customer_mail_tidy(struct tx *tx, const struct manual *m, int64_t now_us)
{
    struct outbox_item *late;
    size_t n;

    TRY(outbox_late(tx, CUSTOMER_MAIL, CUSTOMER_MAIL_AGE_US, now_us, &late, &n));
    for (size_t i = 0; i < n; i++)
        TRY(customer_mail_done(tx, m, &late[i], OUTBOX_GIVE_UP,
                               STR("The mail server could not be reached for a day."), now_us));
    return NULL;
}
