/* What a mail about notices is to say, as things are when it is sent: notices may have been read, people have left, records
 * have moved out of their sight since. Words and envelope are made in connect.
 */
#include "work/notice_mail.sql.h"
#include "work/work_impl.h"

#include <string.h>

struct asked { /* the payload of an item, see notice.c */
    int64_t user, day, at_us, record_id;
    struct str object, page, title;
    bool call;
};

static int64_t number(const struct json *payload, const char *name)
{
    const struct json *v = json_get(payload, name);
    int64_t n = 0;

    if (v && v->kind == JSON_INT)
        return v->integer;
    return v && v->kind == JSON_STR && str_to_i64(v->str, &n) ? n : 0;
}

static struct err *read_payload(struct arena *arena, struct str payload, struct asked *out)
{
    struct json j;

    TRY(json_parse(arena, payload, &j));
    *out = (struct asked){
        .user = number(&j, "user"),
        .day = number(&j, "day"),
        .at_us = number(&j, "at"),
        .record_id = number(&j, "record"),
        .object = json_text(&j, "object"),
        .page = json_text(&j, "page"),
        .title = json_text(&j, "title"),
        .call = str_eq(json_text(&j, "kind"), STR("escalation")),
    };
    return NULL;
}

/* Is the record there for this person? One that is gone is not. */
static struct err *may_see(const struct work *w, const struct actor *a, struct str object,
                           int64_t id, const struct object **o, bool *yes)
{
    struct record r;
    struct err *e;

    *yes = false;
    *o = manual_object(w->m, object);
    if (!*o || (*o)->built_in)
        return NULL;
    e = record_get(w->tx, w->m, a, *o, id, false, &r);
    if (e && e->kind != ERR_NOT_FOUND && e->kind != ERR_FORBIDDEN)
        return e;
    *yes = !e;
    return NULL;
}

/* Fills in what the names in the line mean; *seen false: it is about a record they may not see. */
static struct err *explain_line(const struct work *w, const struct actor *a, struct notice_line *l,
                                bool *seen)
{
    const struct page *page = l->page.len ? manual_page(w->m, l->page) : NULL;
    const struct object *o;

    *seen = true;
    if (page)
        l->page_label = page->label;
    if (!l->record_id)
        return NULL;
    TRY(may_see(w, a, l->object, l->record_id, &o, seen));
    if (*seen)
        l->object_label = o->label;
    return NULL;
}

/* ---- what is unread ---- */

static struct err *unread_lines(const struct work *w, int64_t user, struct notice_line **out,
                                size_t *n)
{
    VEC(struct notice_line) lines = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_notice_mail_unread, &s));
    db_bind_i64(s, 1, user);
    db_bind_i64(s, 2, w->now_us);
    db_bind_i64(s, 3, NOTICE_MAIL_LINES_MAX);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, lines) = (struct notice_line){
            .kind = col_str(w, s, "kind"),
            .title = col_str(w, s, "title"),
            .object = col_str(w, s, "object"),
            .page = col_str(w, s, "page"),
            .record_id = col_i64(s, "record_id"),
            .count = col_i64(s, "count"),
            .at_us = col_i64(s, "at_us"),
        };
    }
    *out = lines.at;
    *n = lines.n;
    return NULL;
}

static struct err *collect(const struct work *w, const struct actor *a, struct notice_mail *out)
{
    struct notice_line *lines;
    size_t n, kept = 0;
    int64_t unread;
    bool seen, muted;

    TRY(unread_lines(w, a->user_id, &lines, &n));
    TRY(notice_unread(w->tx, a->user_id, w->now_us, &unread));
    for (size_t i = 0; i < n; i++) {
        TRY(access_muted(w->tx, a->user_id, lines[i].kind, &muted));
        TRY(explain_line(w, a, &lines[i], &seen));
        if (seen && (!muted || str_eq(lines[i].kind, STR("escalation"))))
            lines[kept++] = lines[i];
    }
    out->lines = lines;
    out->n_lines = kept;
    out->more = unread > (int64_t)n ? unread - (int64_t)n : 0;
    if (!n)
        out->unsent = "They have read everything.";
    else if (!kept)
        out->unsent = "Nothing is left that they may see and want to hear of.";
    return NULL;
}

/* ---- a call for help ---- */

static struct err *was_read(const struct work *w, const struct asked *q, bool *yes)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_notice_mail_read_us, &s));
    db_bind_i64(s, 1, q->user);
    db_bind_i64(s, 2, q->day);
    db_bind_str(s, 3, str_fmt(w->arena, "escalation|%.*s", STR_ARG(q->page)));
    TRY(db_step(s, &row));
    *yes = !row || !db_is_null(s, 0);
    db_done(s);
    return NULL;
}

/* Where the escalation stands. A call that went on to the next level, or was answered, is none any more. */
static struct err *call_stands(const struct work *w, const struct asked *q, struct notice_mail *out)
{
    int64_t id, started_by;
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_notice_mail_call, &s));
    db_bind_i64(s, 1, q->record_id);
    db_bind_str(s, 2, q->page);
    TRY(db_step(s, &row));
    if (!row || col_i64(s, "ended_us"))
        out->unsent = "Somebody has it in hand already.";
    else if (col_i64(s, "who") != q->user)
        out->unsent = "It has passed to somebody else.";
    if (out->unsent) {
        db_done(s);
        return NULL;
    }
    id = col_i64(s, "id");
    started_by = col_i64(s, "started_by");
    out->note = col_str(w, s, "note");
    out->level = col_str(w, s, "level");
    db_done(s);
    out->asked_by = started_by ? who_name(w, started_by) : STR("");
    TRY(db_stmt(w->tx, &sql_notice_mail_passes, &s));
    db_bind_str(s, 1, str_fmt(w->arena, "escalation:%lld", (long long)id));
    TRY(db_step(s, &row));
    out->until_us = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

static struct err *call(const struct work *w, const struct actor *a, const struct asked *q,
                        struct notice_mail *out)
{
    struct notice_line *line = NEW(w->arena, struct notice_line);
    bool read, seen;

    TRY(was_read(w, q, &read));
    if (read) {
        out->unsent = "They have read it.";
        return NULL;
    }
    TRY(call_stands(w, q, out));
    if (out->unsent)
        return NULL;
    *line = (struct notice_line){
        .kind = STR("escalation"),
        .title = q->title,
        .object = q->object,
        .page = q->page,
        .record_id = q->record_id,
        .count = 1,
        .at_us = q->at_us,
    };
    TRY(explain_line(w, a, line, &seen));
    if (!seen) { /* they are called all the same, and told nothing of the record */
        line->title = line->object = STR("");
        line->record_id = 0;
        out->note = STR("");
    }
    out->lines = line;
    out->n_lines = 1;
    return NULL;
}

struct err *notice_mail_read(struct tx *tx, const struct manual *m, struct str payload,
                             int64_t now_us, struct notice_mail *out)
{
    struct work w = work_at(tx, m, now_us);
    struct person person;
    struct actor *actor;
    struct asked q;
    struct err *e;

    *out = (struct notice_mail){0};
    TRY(read_payload(w.arena, payload, &q));
    out->call = q.call;
    if (q.at_us && q.at_us < now_us - NOTICE_MAIL_AGE_US) {
        out->unsent = "Not sent in time.";
        return NULL;
    }
    e = access_person(tx, q.user, &person);
    if (e && e->kind != ERR_NOT_FOUND)
        return e;
    if (e || !person.active)
        out->unsent = "They are not with us any more.";
    else if (!str_trim(person.email).len)
        out->unsent = "They have no mail address.";
    if (out->unsent)
        return NULL;
    TRY(actor_load(tx, m, q.user, VIA_RULE, &actor));
    out->to = str_trim(person.email);
    out->name = person.name;
    out->zone = actor->zone;
    return q.call ? call(&w, actor, &q, out) : collect(&w, actor, out);
}
