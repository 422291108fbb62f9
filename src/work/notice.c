/* Notices: what the manual tells somebody without asking for an answer. Bundled by kind and page, capped per person and
 * day; one mail a day at most says that there is something to read, except for escalations, which come at once.
 */
#include "work/work_impl.h"
#include "work/notice.sql.h"
#include "base/id.h"

#include <stdlib.h>
#include <string.h>

#define NOTICE_LATER_US_MAX (366LL * 24 * 3600 * US_PER_SECOND)

const char *const notice_kinds[] = {"assign", "breach", "escalation", "remind", "rule", NULL};

/* One thing that happened to one notice. A tick of the engine may count thousands into the same few: what is counted is
 * written, and what is unread is asked, once at the transaction's end. */
struct news {
    int64_t user, id, now_us;
    bool more; /* counted into a notice that was there: the rest is about it */
    int64_t times, record_id;
    struct str title, object;
    size_t order;
};

static int by_notice(const void *a, const void *b)
{
    const struct news *x = a, *y = b;

    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static struct err *put_more(struct tx *tx, const struct news *x)
{
    struct stmt *s;

    TRY(db_stmt(tx, &sql_notice_bundle_more, &s));
    db_bind_i64(s, 1, x->id);
    db_bind_i64(s, 2, x->times);
    db_bind_i64(s, 3, x->now_us);
    db_bind_str(s, 4, x->title);
    bind_opt_i64(s, 5, x->record_id);
    bind_opt_str(s, 6, x->object);
    return db_run(s, NULL);
}

/* Of each notice the newest stays; what came before is counted into it. */
static size_t fold(struct news *list, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct news x = list[i];

        if (kept && list[kept - 1].id == x.id) {
            const struct news *was = &list[--kept];

            x.times += was->times;
            if (was->more && !x.more) { /* then read, or put off: what was counted still is */
                x.more = true;
                x.title = was->title;
                x.object = was->object;
                x.record_id = was->record_id;
            }
        }
        list[kept++] = x;
    }
    return kept;
}

/* For the bell on the screens of each person. */
static struct err *tell_news(struct tx *tx, void *const *items, size_t n)
{
    struct arena *arena = tx_arena(tx);
    struct news *list = NEW_ARRAY(arena, n, struct news);
    int64_t unread = 0, now_us = 0;

    for (size_t i = 0; i < n; i++) {
        list[i] = *(const struct news *)items[i];
        list[i].order = i;
        if (list[i].now_us > now_us)
            now_us = list[i].now_us;
    }
    qsort(list, n, sizeof *list, by_notice);
    n = fold(list, n);
    for (size_t i = 0; i < n; i++)
        if (list[i].more)
            TRY(put_more(tx, &list[i]));
    for (size_t i = 0; i < n; i++) {
        if (!i || list[i].user != list[i - 1].user)
            TRY(notice_unread(tx, list[i].user, now_us, &unread));
        tx_notify(tx, WORK_NEWS_CHANNEL,
                  str_fmt(arena, "notice %lld %lld %lld", (long long)list[i].user, (long long)list[i].id,
                          (long long)unread));
    }
    return NULL;
}

static struct news *notice_news(struct tx *tx, int64_t user, int64_t id, int64_t now_us)
{
    struct news *x = NEW(tx_arena_whole(tx), struct news);

    *x = (struct news){.user = user, .id = id, .now_us = now_us};
    tx_at_end(tx, tell_news, x);
    return x;
}

static struct err *notice_mail(const struct work *w, const struct notice_new *n, int64_t day)
{
    struct buf b = buf_new(w->arena, 128);
    struct json_writer jw = json_writer(&b);
    bool at_once = strcmp(n->kind, "escalation") == 0;
    struct str once;

    if (w->dry_run)
        return NULL;
    jw_object(&jw);
    jw_kv_id(&jw, "user", n->user);
    jw_kv_i64(&jw, "day", day);
    jw_kv_str(&jw, "kind", str_from(n->kind));
    jw_kv_i64(&jw, "at", w->now_us);
    if (at_once) {
        jw_kv_id(&jw, "record", n->record_id);
        jw_kv_str(&jw, "object", n->object);
        jw_kv_str(&jw, "page", n->page);
        jw_kv_str(&jw, "title", n->title);
    }
    jw_end_object(&jw);
    once = at_once ? str_fmt(w->arena, "notice-mail:%lld:%lld:%.*s:%lld", (long long)n->user,
                             (long long)n->record_id, STR_ARG(n->page), (long long)w->now_us)
                   : str_fmt(w->arena, "notice-mail:%lld:%lld", (long long)n->user, (long long)day);
    return outbox_put(w->tx, NOTICE_MAIL, buf_str(&b), once,
                      w->now_us + (at_once ? 0 : NOTICE_MAIL_DELAY_US), w->now_us);
}

static struct str bundle_key(const struct work *w, int64_t user, int64_t day, struct str bundle)
{
    return str_fmt(w->arena, "%lld|%lld|%.*s", (long long)user, (long long)day, STR_ARG(bundle));
}

static struct strmap *bundles(const struct work *w)
{
    struct work_memory *mem = work_memory(w->tx);

    if (!mem->bundles || mem->bundles_undone != tx_undone(w->tx)) {
        mem->bundles = strmap_new(w->arena, 64);
        mem->bundles_undone = tx_undone(w->tx);
    }
    return mem->bundles;
}

/* *id 0: there is none yet. */
static struct err *bundle_id(const struct work *w, int64_t user, int64_t day, struct str bundle, int64_t *id)
{
    struct str key = bundle_key(w, user, day, bundle);
    struct stmt *s;
    bool row;

    if (strmap_get(bundles(w), key, id))
        return NULL;
    TRY(db_stmt(w->tx, &sql_notice_bundle_id, &s));
    db_bind_i64(s, 1, user);
    db_bind_i64(s, 2, day);
    db_bind_str(s, 3, bundle);
    TRY(db_step(s, &row));
    *id = row ? db_i64(s, 0) : 0;
    db_done(s);
    if (row)
        strmap_put(bundles(w), key, *id);
    return NULL;
}

static struct err *notice_bundled(const struct work *w, const struct notice_new *n, int64_t day,
                                  struct str bundle, struct str title, bool *found)
{
    struct arena *whole = tx_arena_whole(w->tx);
    struct news *x;
    int64_t id;

    TRY(bundle_id(w, n->user, day, bundle, &id));
    *found = id != 0;
    if (!id)
        return NULL;
    x = notice_news(w->tx, n->user, id, w->now_us);
    x->more = true;
    x->times = 1;
    x->record_id = n->record_id;
    x->title = str_dup(whole, title);
    x->object = str_dup(whole, n->object);
    return NULL;
}

struct err *notice_send(const struct work *w, const struct notice_new *n)
{
    const struct person_info *info;
    const struct worktime *wt;
    struct str bundle;
    struct str title = n->title;
    struct stmt *s;
    int64_t day, seen, id = id_new(w->now_us);
    bool found, row;

    if (!n->user)
        return NULL;
    if (strcmp(n->kind, "escalation") != 0) { /* a call for help is never silenced */
        TRY(who_person(w, n->user, &info));
        if (access_mutes(&info->p.settings, str_from(n->kind)))
            return NULL;
    }
    TRY(who_worktime(w, n->user, &wt));
    day = zone_date(wt->zone, w->now_us);
    bundle = str_fmt(w->arena, "%s|%.*s", n->kind, STR_ARG(n->page));
    TRY(notice_bundled(w, n, day, bundle, title, &found));
    if (found) /* in the list they are one line, but each call for help comes at once */
        return strcmp(n->kind, "escalation") == 0 ? notice_mail(w, n, day) : NULL;
    TRY(db_stmt(w->tx, &sql_notice_count_day, &s));
    db_bind_i64(s, 1, n->user);
    db_bind_i64(s, 2, day);
    TRY(db_step(s, &row));
    seen = row ? db_i64(s, 0) : 0;
    db_done(s);
    if (seen >= NOTICES_PER_DAY_MAX && strcmp(n->kind, "escalation") != 0) {
        bundle = STR("more");
        title = STR("More notices today");
        TRY(notice_bundled(w, n, day, bundle, title, &found));
        if (found)
            return NULL;
    }
    TRY(db_stmt(w->tx, &sql_notice_insert, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, n->user);
    db_bind_i64(s, 3, day);
    db_bind_str(s, 4, bundle);
    db_bind_str(s, 5, str_from(n->kind));
    db_bind_i64(s, 6, w->now_us);
    bind_opt_i64(s, 7, n->record_id);
    bind_opt_str(s, 8, n->object);
    bind_opt_str(s, 9, n->page);
    db_bind_str(s, 10, title);
    TRY(db_run(s, NULL));
    strmap_put(bundles(w), bundle_key(w, n->user, day, bundle), id);
    notice_news(w->tx, n->user, id, w->now_us);
    return notice_mail(w, n, day);
}

struct err *notice_unread(struct tx *tx, int64_t user, int64_t now_us, int64_t *out)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(tx, &sql_notice_unread, &s));
    db_bind_i64(s, 1, user);
    db_bind_i64(s, 2, now_us);
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

struct err *notice_list(struct tx *tx, const struct actor *a, bool later, struct str cursor,
                        int limit, int64_t now_us, struct buf *json)
{
    struct work w = {.tx = tx, .arena = tx_arena(tx)};
    struct json_writer jw = json_writer(json);
    struct stmt *s;
    int64_t before = INT64_MAX, last = 0, unread;
    int n = 0;
    bool row;

    if (limit <= 0)
        limit = PAGE_ROWS_DEFAULT;
    if (limit > PAGE_ROWS_MAX)
        limit = PAGE_ROWS_MAX;
    if (cursor.len && (!str_to_i64(cursor, &before) || before <= 0))
        return FAIL(w.arena, ERR_INVALID, "query.cursor", NULL,
                    "This cursor is not one of ours; start again without it.");
    TRY(db_stmt(tx, later ? &sql_notice_page_later : &sql_notice_page, &s));
    db_bind_i64(s, 1, a->user_id);
    db_bind_i64(s, 2, before);
    db_bind_i64(s, 3, (int64_t)limit + 1);
    db_bind_i64(s, 4, now_us);
    jw_object(&jw);
    jw_key(&jw, STR("data"));
    jw_array(&jw);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row || n == limit)
            break;
        n++;
        last = col_i64(s, "id");
        jw_object(&jw);
        jw_kv_id(&jw, "id", last);
        jw_kv_str(&jw, "kind", col_str(&w, s, "kind"));
        jw_kv_str(&jw, "title", col_str(&w, s, "title"));
        jw_kv_i64(&jw, "count", col_i64(s, "count"));
        jw_kv_instant(&jw, "at", col_i64(s, "at_us"));
        jw_kv_bool(&jw, "read", !db_is_null(s, db_col(s, "read_us")));
        jw_kv_instant(&jw, "done_at", col_i64(s, "read_us"));
        jw_kv_instant(&jw, "until", col_i64(s, "later_us"));
        jw_kv_str(&jw, "object", col_str(&w, s, "object"));
        jw_kv_id(&jw, "record", col_i64(s, "record_id"));
        jw_kv_str(&jw, "page", col_str(&w, s, "page"));
        jw_end_object(&jw);
    }
    db_done(s);
    jw_end_array(&jw);
    jw_key(&jw, STR("next"));
    if (row)
        jw_str(&jw, str_fmt(w.arena, "%lld", (long long)last));
    else
        jw_null(&jw);
    TRY(notice_unread(tx, a->user_id, now_us, &unread));
    jw_kv_i64(&jw, "unread", unread);
    jw_end_object(&jw);
    return NULL;
}

static struct err *notice_must_exist(struct tx *tx, const struct actor *a, int64_t id)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(tx, &sql_notice_exists, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, a->user_id);
    TRY(db_step(s, &row));
    db_done(s);
    if (!row)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "work.not_found", NULL,
                    "There is no such notice for you.");
    return NULL;
}

struct err *notice_read(struct tx *tx, const struct actor *a, int64_t id, int64_t now_us)
{
    struct stmt *s;

    TRY(notice_must_exist(tx, a, id));
    TRY(db_stmt(tx, &sql_notice_read, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, a->user_id);
    db_bind_i64(s, 3, now_us);
    notice_news(tx, a->user_id, id, now_us);
    return db_run(s, NULL);
}

struct err *notice_later(struct tx *tx, const struct actor *a, int64_t id, int64_t until_us,
                         int64_t now_us)
{
    struct stmt *s;

    TRY(notice_must_exist(tx, a, id));
    if (until_us <= now_us || until_us > now_us + NOTICE_LATER_US_MAX)
        return FAIL(tx_arena(tx), ERR_INVALID, "record.field_invalid", "/until",
                    "Put it off to a moment to come, within a year.");
    TRY(db_stmt(tx, &sql_notice_later, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, a->user_id);
    db_bind_i64(s, 3, until_us);
    notice_news(tx, a->user_id, id, now_us);
    return db_run(s, NULL);
}
