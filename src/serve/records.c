/* Records: list, get, save, move, group, count, history, bulk. */
#include "serve/serve_impl.h"

#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { BULK_MAX = 500, REASON_CHARS_MAX = 1000 };

static struct query query_of(const struct req *rq)
{
    return (struct query){
        .object = rq->object,
        .filter = arg(rq, "filter"),
        .sort = arg(rq, "sort"),
        .fields = arg(rq, "fields"),
        .cursor = arg(rq, "cursor"),
        .limit = (int)arg_number(rq, "limit", 0),
        .bin = arg_number(rq, "bin", 0),
        .archived = arg_number(rq, "archived", 0),
        .count = arg_number(rq, "count", 0),
    };
}

struct err *serve_record_list(struct req *rq)
{
    struct query q = query_of(rq);

    return query_list(rq->tx, rq->m, rq->actor, &q, rq->now_us, &rq->out);
}

/* "name,amount" to a flag per field. NULL: no choice was made. */
static struct err *chosen_fields(struct req *rq, struct str list, const bool **out)
{
    struct str rest = list, name;
    bool *chosen;

    *out = NULL;
    if (list.len == 0)
        return NULL;
    chosen = NEW_ARRAY(rq->arena, rq->object->n_fields, bool);
    chosen[F_ID] = chosen[F_VERSION] = true;
    while (str_cut(&rest, ',', &name)) {
        const struct field *f = object_field(rq->object, str_trim(name));

        if (!f || access_field(rq->actor, rq->object->index, f->index) == FR_NONE) {
            struct str *names = NEW_ARRAY(rq->arena, rq->object->n_fields, struct str);
            struct err *e = FAIL(rq->arena, ERR_INVALID, "query.parameter", NULL, "%.*s has no field \"%.*s\" that you may read.",
                                 STR_ARG(rq->object->label), STR_ARG(str_shown(name)));
            struct str near;

            for (size_t i = 0; i < rq->object->n_fields; i++)
                names[i] = rq->object->fields[i].name;
            near = str_nearest(rq->arena, str_trim(name), names, rq->object->n_fields);
            if (near.len && !f)
                e->way_out = str_fmt(rq->arena, "Did you mean %.*s?", STR_ARG(near));
            return e;
        }
        chosen[f->index] = true;
    }
    *out = chosen;
    return NULL;
}

static void answer_record(struct req *rq, const struct record *r, const bool *fields)
{
    struct json_writer w = json_writer(&rq->out);

    record_json(&w, rq->m, rq->actor, r, fields);
    rq->etag = etag_of(rq->arena, r->version);
}

/* What a saved record lacks beside one that was read: the names of what it refers to. */
static struct err *answer_saved_record(struct req *rq, struct record *r)
{
    TRY(record_titles(rq->tx, rq->m, rq->actor, r));
    answer_record(rq, r, NULL);
    return NULL;
}

struct err *serve_record_get(struct req *rq)
{
    struct expr_env env = actor_env(rq->actor, rq->now_us);
    const bool *fields;
    struct record r;

    TRY(chosen_fields(rq, arg(rq, "fields"), &fields));
    TRY(record_get(rq->tx, rq->m, rq->actor, rq->object, rq->id, arg_number(rq, "bin", 0), &r));
    record_compute(rq->tx, rq->m, &r, &env);
    answer_record(rq, &r, fields);
    return NULL;
}

/* ---- saving ---- */

/* The record, and under "$cleaned" what was stored differently from what was typed. No field's name begins with $. */
static struct err *answer_saved(struct req *rq, struct save_result *saved)
{
    struct json_writer w;

    TRY(answer_saved_record(rq, &saved->record));
    if (saved->n_cleaned == 0)
        return NULL;
    rq->out.len--; /* the record's closing brace */
    buf_add(&rq->out, STR(",\"$cleaned\":"));
    w = json_writer(&rq->out);
    jw_array(&w);
    for (size_t i = 0; i < saved->n_cleaned; i++) {
        const struct cleaned *c = &saved->cleaned[i];

        if (access_field(rq->actor, saved->record.object->index, c->field->index) == FR_NONE)
            continue;
        jw_object(&w);
        jw_kv_str(&w, "field", c->field->name);
        jw_kv_str(&w, "typed", c->typed);
        jw_kv_str(&w, "stored", c->stored);
        jw_kv_str(&w, "rule", c->rule);
        jw_kv_bool(&w, "doubtful", c->doubtful);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    buf_add_char(&rq->out, '}');
    return NULL;
}

/* A version conflict tells the version that holds now, where the actor may see the record. */
static struct err *with_current_version(struct req *rq, struct err *e, const struct object *o, int64_t id)
{
    struct record now;

    if (!e || e->kind != ERR_STALE)
        return e;
    if (!record_get(rq->tx, rq->m, rq->actor, o, id, true, &now)) {
        rq->etag = etag_of(rq->arena, now.version);
        if (e->way_out.len == 0)
            e->way_out = str_fmt(rq->arena, "Read the record again; its version is %.*s now.", STR_ARG(rq->etag));
    }
    return e;
}

/* The body's fields, and "$reason": why a gate is to be passed all the same, by those who have the right. The body itself
 * stays as it came: the transaction may be run again. */
static struct err *decode_record(struct req *rq, struct save_context *cx, struct save_input *in)
{
    struct json body = rq->body;

    if (body.kind == JSON_OBJECT && json_get(&body, "$reason")) {
        const struct json *reason = json_get(&rq->body, "$reason");

        if (reason->kind != JSON_STR || utf8_count(reason->str) > REASON_CHARS_MAX)
            return FAIL(rq->arena, ERR_INVALID, "json.type", "/$reason", "A reason is a text of at most %d characters.", REASON_CHARS_MAX);
        cx->reason = str_trim(reason->str);
        body.members = NEW_ARRAY(rq->arena, body.n, struct json_member);
        body.n = 0;
        for (size_t i = 0; i < rq->body.n; i++)
            if (!str_eq(rq->body.members[i].name, STR("$reason")))
                body.members[body.n++] = rq->body.members[i];
    }
    TRY(record_decode(rq->arena, rq->m, rq->object, &body, in));
    in->object = rq->object;
    return NULL;
}

struct err *serve_record_create(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct save_input in = {0};
    struct save_result saved;

    TRY(decode_record(rq, &cx, &in));
    if (!in.n) {
        struct err *e = FAIL(rq->arena, ERR_INVALID, "record.field_required", "", "There is nothing to make %s %.*s of.",
                             str_article(rq->object->label), STR_ARG(str_lower_first(rq->arena, rq->object->label)));

        e->way_out = STR("Give it at least one field, its name for example.");
        return e;
    }
    in.if_version = -1;
    TRY(record_save(rq->tx, &cx, &in, &saved));
    TRY(answer_saved(rq, &saved));
    rq->location = str_fmt(rq->arena, "/api/v1/records/%.*s/%lld", STR_ARG(rq->object->name), (long long)saved.record.id);
    return NULL;
}

struct err *serve_record_patch(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct save_input in = {0};
    struct save_result saved;

    TRY(decode_record(rq, &cx, &in));
    in.id = rq->id;
    in.if_version = rq->if_match;
    TRY(with_current_version(rq, record_save(rq->tx, &cx, &in, &saved), rq->object, rq->id));
    return answer_saved(rq, &saved);
}

static struct err *move(struct req *rq, enum record_move how, struct record *r)
{
    struct save_context cx = req_save_context(rq);

    return with_current_version(rq, record_move(rq->tx, &cx, rq->object, rq->id, rq->if_match, how, r, NULL), rq->object, rq->id);
}

static struct err *move_and_answer(struct req *rq, enum record_move how)
{
    struct record r;

    TRY(move(rq, how, &r));
    return answer_saved_record(rq, &r);
}

struct err *serve_record_archive(struct req *rq)
{
    return move_and_answer(rq, RECORD_ARCHIVE);
}

struct err *serve_record_unarchive(struct req *rq)
{
    return move_and_answer(rq, RECORD_UNARCHIVE);
}

struct err *serve_record_restore(struct req *rq)
{
    return move_and_answer(rq, RECORD_RESTORE);
}

struct err *serve_record_delete(struct req *rq)
{
    struct record r;

    return move(rq, RECORD_DELETE, &r);
}

struct err *serve_record_purge(struct req *rq)
{
    struct save_context cx = req_save_context(rq);

    TRY(record_purge(rq->tx, &cx, rq->object, rq->id));
    return access_audit(rq->tx, rq->actor, "purge", rq->id, rq->object->name, rq->now_us);
}

struct err *serve_change_undo(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct save_result saved;

    TRY(change_undo(rq->tx, &cx, rq->id, &saved));
    return answer_saved(rq, &saved);
}

/* ---- history ---- */

static void raw_or_null(struct json_writer *w, const char *key, struct str json)
{
    jw_key(w, str_from(key));
    if (json.len)
        jw_raw(w, json);
    else
        jw_null(w);
}

struct err *serve_record_changes(struct req *rq)
{
    int limit = (int)arg_number(rq, "limit", PAGE_ROWS_DEFAULT);
    int64_t before = INT64_MAX;
    struct str cursor = arg(rq, "cursor");
    struct json_writer w = json_writer(&rq->out);
    struct change *changes;
    size_t n;

    if (cursor.len && !id_parse(cursor, &before))
        return FAIL(rq->arena, ERR_MALFORMED, "query.cursor", NULL, "The cursor is not one that an answer gave.");
    TRY(change_list(rq->tx, rq->m, rq->actor, rq->object, rq->id, before, limit + 1, &changes, &n));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n && i < (size_t)limit; i++) {
        const struct change *c = &changes[i];

        jw_object(&w);
        jw_kv_id(&w, "id", c->id);
        jw_kv_instant(&w, "at", c->at_us);
        jw_kv_str(&w, "kind", c->kind);
        jw_kv_str(&w, "field", c->field);
        raw_or_null(&w, "old", c->old_json);
        raw_or_null(&w, "new", c->new_json);
        jw_kv_id(&w, "actor", c->actor);
        jw_kv_str(&w, "via", c->via);
        jw_kv_str(&w, "page", c->page);
        jw_kv_i64(&w, "manual_version", c->manual_version);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_kv_id(&w, "next", n > (size_t)limit ? changes[limit - 1].id : 0);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_record_timeline(struct req *rq)
{
    int limit = (int)arg_number(rq, "limit", PAGE_ROWS_DEFAULT);
    int64_t before_us = INT64_MAX, before_id = INT64_MAX;
    struct str cursor = arg(rq, "cursor"), part;
    struct json_writer w = json_writer(&rq->out);
    struct timeline_entry *entries;
    size_t n;

    if (cursor.len && (!str_cut(&cursor, '.', &part) || !str_to_i64(part, &before_us) || !id_parse(cursor, &before_id)))
        return FAIL(rq->arena, ERR_MALFORMED, "query.cursor", NULL, "The cursor is not one that an answer gave.");
    TRY(timeline_list(rq->tx, rq->m, rq->actor, rq->object, rq->id, before_us, before_id, limit + 1, &entries, &n));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n && i < (size_t)limit; i++) {
        jw_object(&w);
        jw_kv_str(&w, "kind", entries[i].kind);
        jw_kv_id(&w, "id", entries[i].id);
        jw_kv_instant(&w, "at", entries[i].at_us);
        raw_or_null(&w, "entry", entries[i].json);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_key(&w, STR("next"));
    if (n > (size_t)limit)
        jw_str(&w, str_fmt(rq->arena, "%lld.%lld", (long long)entries[limit - 1].at_us, (long long)entries[limit - 1].id));
    else
        jw_null(&w);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_record_work(struct req *rq)
{
    return work_record_json(rq->tx, rq->m, rq->actor, rq->object, rq->id, rq->now_us, &rq->out);
}

/* ---- figures ---- */

struct err *serve_record_group(struct req *rq)
{
    struct group_query q = {
        .object = rq->object,
        .filter = arg(rq, "filter"),
        .by = arg(rq, "by"),
        .measure = arg(rq, "measure").len ? arg(rq, "measure") : STR("count"),
        .limit = (int)arg_number(rq, "limit", 0),
    };

    return query_group(rq->tx, rq->m, rq->actor, &q, rq->now_us, &rq->out);
}

struct err *serve_record_count(struct req *rq)
{
    struct query q = {.object = rq->object,
                      .filter = arg(rq, "filter"),
                      .bin = arg_number(rq, "bin", 0),
                      .archived = arg_number(rq, "archived", 0)};
    struct json_writer w = json_writer(&rq->out);
    int64_t count;
    bool exact;

    TRY(query_count(rq->tx, rq->m, rq->actor, &q, rq->now_us, &count, &exact));
    jw_object(&w);
    jw_kv_i64(&w, "count", count);
    jw_kv_bool(&w, "count_is_exact", exact);
    jw_end_object(&w);
    return NULL;
}

/* Since when each of some records has the value a field has: days in a stage. Those one may not read are left out. */
struct err *serve_record_since(struct req *rq)
{
    const struct field *f = object_field(rq->object, arg(rq, "field"));
    struct str rest = arg(rq, "ids"), part;
    struct json_writer w = json_writer(&rq->out);
    int n = 0;

    if (!f || access_field(rq->actor, rq->object->index, f->index) == FR_NONE)
        return FAIL(rq->arena, ERR_INVALID, "query.parameter", NULL, "%.*s has no field \"%.*s\".", STR_ARG(rq->object->label),
                    STR_ARG(str_shown(arg(rq, "field"))));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    while (str_cut(&rest, ',', &part)) {
        int64_t id, since_us;
        struct err *e;

        if (!id_parse(str_trim(part), &id) || ++n > SINCE_IDS_MAX)
            return FAIL(rq->arena, ERR_INVALID, "query.parameter", NULL, "ids takes up to %d ids, separated by commas.", SINCE_IDS_MAX);
        e = change_since(rq->tx, rq->m, rq->actor, rq->object, id, f, &since_us);
        if (e && e->kind == ERR_NOT_FOUND)
            continue;
        TRY(e);
        jw_object(&w);
        jw_kv_id(&w, "id", id);
        jw_kv_instant(&w, "since", since_us);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_search(struct req *rq)
{
    return search_run(rq->tx, rq->m, rq->actor, arg(rq, "q"), arg(rq, "objects"), (int)arg_number(rq, "limit", 20), &rq->out);
}

/* ---- why? ---- */

static void write_why(struct json_writer *w, const struct expr_why *why)
{
    jw_object(w);
    jw_kv_str(w, "text", why->text);
    jw_kv_str(w, "words", why->words);
    jw_kv_bool(w, "holds", why->holds);
    jw_key(w, STR("parts"));
    jw_array(w);
    for (size_t i = 0; i < why->n_parts; i++)
        write_why(w, &why->parts[i]); /* as deep as EXPR_DEPTH_MAX */
    jw_end_array(w);
    jw_end_object(w);
}

static struct err *explain_filter(struct req *rq, struct str filter)
{
    struct expr_env env = actor_env(rq->actor, rq->now_us);
    struct json_writer w = json_writer(&rq->out);
    const struct expr *e;
    struct expr_record face;
    struct record r;

    TRY(expr_compile(rq->arena, rq->m->schema, rq->object->index, filter, EXPR_CONDITION, &e));
    TRY(access_check_expr(rq->arena, rq->m, rq->actor, e));
    TRY(record_get(rq->tx, rq->m, rq->actor, rq->object, rq->id, false, &r));
    face = record_expr(rq->tx, rq->m, &r, NULL);
    jw_object(&w);
    jw_kv_bool(&w, "matches", expr_test(rq->arena, e, &face, &env));
    jw_key(&w, STR("why"));
    write_why(&w, expr_explain(rq->arena, e, &face, &env));
    jw_end_object(&w);
    return NULL;
}

struct err *serve_record_explain(struct req *rq)
{
    struct str filter = arg(rq, "filter"), page = arg(rq, "page");
    struct buf text = buf_new(rq->arena, 256);

    if ((filter.len > 0) == (page.len > 0))
        return FAIL(rq->arena, ERR_MALFORMED, "http.parameter", NULL,
                    "Ask either about a filter (filter=) or about a page of the manual (page=).");
    if (filter.len)
        return explain_filter(rq, filter);
    return work_explain(rq->tx, rq->m, rq->actor, rq->object, rq->id, page, rq->now_us, &rq->out, &text);
}

/* ---- bulk ---- */

struct bulk {
    struct req *rq;
    const int64_t *ids;
    size_t n;
    int64_t id; /* the one in hand */
    const struct json *set;
    struct str action;
    int64_t change_id; /* its save; 0: nothing differed */
    int64_t changed, same;
    int64_t *changes;     /* of those that changed, as many as `changed` */
    struct err **refused; /* parallel to ids */
};

static struct err *bulk_one(struct tx *tx, void *ctx)
{
    static const struct {
        const char *word;
        enum record_move how;
    } moves[] = {{"archive", RECORD_ARCHIVE}, {"unarchive", RECORD_UNARCHIVE}, {"delete", RECORD_DELETE}, {"restore", RECORD_RESTORE}};
    struct bulk *b = ctx;
    struct save_context cx = req_save_context(b->rq);
    struct save_input in = {0};
    struct save_result saved;
    struct record r;

    b->change_id = 0;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (str_eq(b->action, str_from(moves[i].word)))
            return record_move(tx, &cx, b->rq->object, b->id, -1, moves[i].how, &r, &b->change_id);
    TRY(record_decode(b->rq->arena, b->rq->m, b->rq->object, b->set, &in));
    in.object = b->rq->object;
    in.id = b->id;
    in.if_version = -1;
    TRY(record_save(tx, &cx, &in, &saved));
    b->change_id = saved.unchanged ? 0 : saved.change_id;
    return NULL;
}

/* A dry run is the run itself, taken back as a whole: what it says is what would happen. */
static struct err *taken_back(struct arena *arena)
{
    return FAIL(arena, ERR_CONFLICT, "internal", NULL, "taken back");
}

static struct err *bulk_all(struct tx *tx, void *ctx)
{
    struct bulk *b = ctx;

    b->changed = b->same = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct err *e;

        b->id = b->ids[i];
        e = tx_nested(tx, bulk_one, b);
        if (e && (e->kind == ERR_BUSY || e->kind == ERR_INTERNAL))
            return e;
        b->refused[i] = e;
        if (!e && b->change_id)
            b->changes[b->changed++] = b->change_id;
        else if (!e)
            b->same++;
    }
    return member_number(b->rq, "dry_run", 0) ? taken_back(b->rq->arena) : NULL;
}

static void write_refusal(struct json_writer *w, int64_t id, const struct err *e)
{
    jw_kv_id(w, "id", id);
    jw_kv_str(w, "code", str_from(e->code));
    jw_kv_str(w, "detail", e->message);
    jw_kv_str(w, "page", e->page);
    jw_kv_str(w, "reason", e->reason);
    jw_kv_str(w, "way_out", e->way_out);
}

static void write_ids(struct json_writer *w, const char *key, const int64_t *ids, size_t n)
{
    jw_key(w, str_from(key));
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_id(w, ids[i]);
    jw_end_array(w);
}

static void bulk_answer(const struct bulk *b, bool more)
{
    struct json_writer w = json_writer(&b->rq->out);
    bool dry = member_number(b->rq, "dry_run", 0) != 0;

    jw_object(&w);
    jw_kv_bool(&w, "dry_run", dry);
    jw_kv_i64(&w, "matched", (int64_t)b->n);
    jw_kv_i64(&w, "changed", b->changed);
    jw_kv_i64(&w, "unchanged", b->same);
    jw_key(&w, STR("refused"));
    jw_array(&w);
    for (size_t i = 0; i < b->n; i++) {
        if (!b->refused[i])
            continue;
        jw_object(&w);
        write_refusal(&w, b->ids[i], b->refused[i]);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    write_ids(&w, "changes", b->changes, dry ? 0 : (size_t)b->changed);
    jw_kv_id(&w, "next_after", more ? b->ids[b->n - 1] : 0);
    jw_end_object(&w);
}

static struct err *bulk_ids(struct req *rq, struct bulk *b, bool *more)
{
    struct expr_env env = actor_env(rq->actor, rq->now_us);
    struct str filter = member_text(rq, "filter");
    const struct expr *e;
    int64_t *ids;

    *more = false;
    b->n = member_ids(rq, "ids", &b->ids);
    if ((b->n > 0) == (filter.len > 0))
        return FAIL(rq->arena, ERR_INVALID, "record.field_required", "/ids", "Name the records either by ids or by a filter.");
    if (b->n)
        return NULL;
    TRY(expr_compile(rq->arena, rq->m->schema, rq->object->index, filter, EXPR_CONDITION, &e));
    TRY(access_check_expr(rq->arena, rq->m, rq->actor, e));
    TRY(query_ids(rq->tx, rq->m, rq->actor, rq->object, e, &env, member_number(rq, "after", 0), BULK_MAX + 1, &ids, &b->n));
    b->ids = ids;
    *more = b->n > BULK_MAX;
    if (*more)
        b->n = BULK_MAX;
    return NULL;
}

struct err *serve_bulk(struct req *rq)
{
    struct bulk b = {.rq = rq, .set = member_json(rq, "set"), .action = member_text(rq, "action")};
    bool more, dry = member_number(rq, "dry_run", 0) != 0;
    struct save_input in = {0};
    struct err *e;

    if ((b.set != NULL) == (b.action.len > 0))
        return FAIL(rq->arena, ERR_INVALID, "record.field_required", "/set", "Say either what to set or which action to take.");
    if (b.set)
        TRY(record_decode(rq->arena, rq->m, rq->object, b.set, &in)); /* a bad body is refused once, not per record */
    TRY(bulk_ids(rq, &b, &more));
    b.refused = NEW_ARRAY(rq->arena, b.n, struct err *);
    b.changes = NEW_ARRAY(rq->arena, b.n, int64_t);
    e = tx_nested(rq->tx, bulk_all, &b);
    if (e && !(dry && strcmp(e->code, "internal") == 0 && e->kind == ERR_CONFLICT))
        return e;
    bulk_answer(&b, more);
    return NULL;
}

/* ---- taking many saves back ---- */

struct undo_one {
    struct req *rq;
    int64_t id;
    struct save_result saved;
};

static struct err *undo_one(struct tx *tx, void *ctx)
{
    struct undo_one *u = ctx;
    struct save_context cx = req_save_context(u->rq);

    return change_undo(tx, &cx, u->id, &u->saved);
}

static int newest_first(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x < *y) - (*x > *y);
}

/* Newest first and each on its own: two saves of one record come back in the right order, and one that cannot come back does
 * not hold up the others. */
struct err *serve_changes_undo(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct undo_one u = {.rq = rq};
    const int64_t *given;
    size_t n = member_ids(rq, "changes", &given), n_undone = 0;
    int64_t *ids = NEW_ARRAY(rq->arena, n + 1, int64_t), *undone = NEW_ARRAY(rq->arena, n + 1, int64_t);

    if (n)
        memcpy(ids, given, n * sizeof *ids);
    qsort(ids, n, sizeof *ids, newest_first);
    jw_object(&w);
    jw_key(&w, STR("refused"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        int64_t record_id;
        struct err *e;

        if (i && ids[i] == ids[i - 1])
            continue;
        u.id = ids[i];
        e = tx_nested(rq->tx, undo_one, &u);
        if (!e) {
            undone[n_undone++] = u.saved.change_id;
            continue;
        }
        if (e->kind == ERR_BUSY || e->kind == ERR_INTERNAL)
            return e;
        TRY(change_record(rq->tx, rq->m, rq->actor, u.id, &record_id));
        jw_object(&w);
        write_refusal(&w, u.id, e);
        jw_kv_id(&w, "record", record_id);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_kv_i64(&w, "undone", (int64_t)n_undone);
    write_ids(&w, "changes", undone, n_undone);
    jw_end_object(&w);
    return NULL;
}
