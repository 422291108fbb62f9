/* Tasks, My Day, breaches, escalations, policies, notices, absences. */
#include "serve/serve_impl.h"

#include "base/json.h"
#include "base/limits.h"

static int limit_of(const struct req *rq)
{
    return (int)arg_number(rq, "limit", PAGE_ROWS_DEFAULT);
}

/* ---- tasks ---- */

struct err *serve_tasks(struct req *rq)
{
    return task_list(rq->tx, rq->m, rq->actor, arg(rq, "filter"), arg_number(rq, "brief", 0), arg(rq, "cursor"), limit_of(rq), rq->now_us,
                     &rq->out);
}

struct err *serve_my_day(struct req *rq)
{
    return task_day(rq->tx, rq->m, rq->actor, arg_number(rq, "user", 0), arg(rq, "cursor"), limit_of(rq), rq->now_us, &rq->out);
}

static struct err *answer_task(struct req *rq, const struct task *t)
{
    struct json_writer w = json_writer(&rq->out);

    TRY(task_json(rq->tx, rq->m, rq->actor, t, rq->now_us, &w));
    rq->etag = etag_of(rq->arena, t->version);
    return NULL;
}

struct err *serve_task_get(struct req *rq)
{
    struct task t;

    TRY(task_get(rq->tx, rq->m, rq->actor, rq->id, &t));
    return answer_task(rq, &t);
}

struct err *serve_task_create(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct task_ask ask = {
        .record_id = member_number(rq, "record", 0),
        .owed_by = member_number(rq, "owed_by", rq->actor->user_id),
        .due_us = member_number(rq, "due", 0),
        .title = member_text(rq, "title"),
        .note = member_text(rq, "note"),
    };
    struct task t;

    TRY(task_create(rq->tx, &cx, &ask, &t));
    rq->location = str_fmt(rq->arena, "/api/v1/tasks/%lld", (long long)t.id);
    return answer_task(rq, &t);
}

struct err *serve_task_finish(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct task t;

    TRY(task_finish(rq->tx, &cx, rq->id, rq->if_match, member_text(rq, "outcome"), member_text(rq, "note"), &t));
    return answer_task(rq, &t);
}

struct err *serve_task_skip(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct task t;

    TRY(task_skip(rq->tx, &cx, rq->id, rq->if_match, member_text(rq, "note"), &t));
    return answer_task(rq, &t);
}

struct err *serve_task_postpone(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct task t;

    TRY(task_postpone(rq->tx, &cx, rq->id, rq->if_match, member_number(rq, "until", 0), &t));
    return answer_task(rq, &t);
}

struct err *serve_task_assign(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct task t;

    TRY(task_assign(rq->tx, &cx, rq->id, rq->if_match, member_number(rq, "user", 0), &t));
    return answer_task(rq, &t);
}

/* ---- breaches and escalations ---- */

struct err *serve_breaches(struct req *rq)
{
    return breach_list(rq->tx, rq->m, rq->actor, arg(rq, "filter"), arg(rq, "cursor"), limit_of(rq), rq->now_us, &rq->out);
}

struct err *serve_breach_cause(struct req *rq)
{
    struct save_context cx = req_save_context(rq);

    return breach_cause(rq->tx, &cx, rq->id, member_text(rq, "cause"), member_text(rq, "comment"));
}

struct err *serve_escalations(struct req *rq)
{
    return escalation_list(rq->tx, rq->m, rq->actor, arg_number(rq, "record", 0), &rq->out);
}

struct err *serve_escalation_start(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct json_writer w = json_writer(&rq->out);
    int64_t id;

    TRY(escalation_start(rq->tx, &cx, member_text(rq, "escalation"), member_number(rq, "record", 0), member_text(rq, "note"), &id));
    jw_object(&w);
    jw_kv_id(&w, "id", id);
    jw_end_object(&w);
    rq->location = STR("/api/v1/escalations");
    return NULL;
}

struct err *serve_escalation_acknowledge(struct req *rq)
{
    struct save_context cx = req_save_context(rq);

    return escalation_acknowledge(rq->tx, &cx, rq->id, member_text(rq, "note"));
}

/* Who would be called about a record is known to whoever may see the record. */
struct err *serve_escalation_who(struct req *rq)
{
    int64_t record_id = arg_number(rq, "record", 0);
    const struct object *o;
    struct record r;

    TRY(record_object_of(rq->tx, rq->m, record_id, &o));
    if (!o || o->built_in)
        return FAIL(rq->arena, ERR_NOT_FOUND, "record.not_found", NULL, "There is no such record, or you may not see it.");
    TRY(record_get(rq->tx, rq->m, rq->actor, o, record_id, false, &r));
    return escalation_who(rq->tx, rq->m, arg(rq, "escalation"), record_id, arg_number(rq, "at", rq->now_us), &rq->out);
}

struct err *serve_policies(struct req *rq)
{
    return policy_list(rq->tx, rq->m, rq->actor, rq->now_us, &rq->out);
}

/* ---- notices, absences ---- */

struct err *serve_notices(struct req *rq)
{
    return notice_list(rq->tx, rq->actor, arg_number(rq, "later", 0), arg(rq, "cursor"), limit_of(rq), rq->now_us, &rq->out);
}

struct err *serve_notice_later(struct req *rq)
{
    return notice_later(rq->tx, rq->actor, rq->id, member_number(rq, "until", 0), rq->now_us);
}

struct err *serve_notice_read(struct req *rq)
{
    return notice_read(rq->tx, rq->actor, rq->id, rq->now_us);
}

struct err *serve_absence(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    int64_t from = member_number(rq, "from", 0), to = member_number(rq, "to", 0);

    if (to < from)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/to", "The last day is before the first.");
    return work_absence(rq->tx, &cx, member_number(rq, "user", rq->actor->user_id), from, to, member_number(rq, "cover", 0));
}
