/* Mails to customers, and what becomes of mails. */
#include "serve/serve_impl.h"

#include "base/json.h"

/* "Vicki Laflamme <crm@example.com>": as it reaches the customer. */
static struct str sender_of(struct req *rq)
{
    struct str name, address;

    if (!mail_can_send(rq->server->options.mail) || !mail_address(rq->server->options.mail->from, &name, &address))
        return STR("");
    return str_fmt(rq->arena, "%.*s <%.*s>", STR_ARG(rq->actor->name), STR_ARG(address));
}

struct err *serve_mail_form(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct person me;

    TRY(access_person(rq->tx, rq->actor->user_id, &me));
    jw_object(&w);
    jw_kv_str(&w, "mail", mail_can_send(rq->server->options.mail) ? STR("on") : STR("off"));
    jw_kv_str(&w, "from", sender_of(rq));
    jw_kv_str(&w, "reply_to", me.email);
    TRY(customer_mail_form(rq->tx, rq->m, rq->actor, rq->object, rq->id, arg(rq, "template"), rq->now_us, &w));
    jw_end_object(&w);
    return NULL;
}

static struct err *answer_mail(struct req *rq, const struct customer_mail_new *in, int64_t id)
{
    struct json_writer w = json_writer(&rq->out);

    jw_object(&w);
    jw_kv_id(&w, "id", id);
    jw_kv_str(&w, "object", in->object->name);
    jw_kv_id(&w, "record", in->record_id);
    jw_kv_str(&w, "to", in->to);
    jw_kv_str(&w, "state", STR("waiting"));
    jw_kv_instant(&w, "at", rq->now_us);
    jw_key(&w, STR("hints"));
    tone_json(rq->arena, rq->m, CH_EMAIL, in->body, &w);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_mail_send(struct req *rq)
{
    struct save_context cx = req_save_context(rq);
    struct customer_mail_new in = {
        .object = manual_object(rq->m, member_text(rq, "object")),
        .record_id = member_number(rq, "record", 0),
        .to = str_trim(member_text(rq, "to")),
        .subject = member_text(rq, "subject"),
        .body = member_text(rq, "body"),
        .task_id = member_number(rq, "task", 0),
        .if_version = rq->if_match,
        .outcome = member_text(rq, "outcome"),
    };
    struct str template = member_text(rq, "template");
    struct err *e;
    int64_t id;

    if (!in.object || in.object->built_in)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/object", "There is no object \"%.*s\".",
                    STR_ARG(str_shown(member_text(rq, "object"))));
    if (!mail_can_send(rq->server->options.mail)) {
        e = FAIL(rq->arena, ERR_CONFLICT, "mail.off", NULL, "This installation sends no mail: no mail server is set.");
        e->way_out = STR("Send it with your own mail program and log it here; whoever runs the server can set mail-server.");
        return e;
    }
    if (in.outcome.len && !in.task_id)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/outcome", "An outcome belongs to a task: name the task as well.");
    in.words = manual_template(rq->m, template);
    if (template.len && !in.words)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/template", "The manual has no template %.*s.",
                    STR_ARG(str_shown(template)));
    TRY(customer_mail_send(rq->tx, &cx, &in, &id));
    return answer_mail(rq, &in, id);
}

struct err *serve_tone(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct str word = member_text(rq, "channel");
    enum channel channel = CH_ANY;

    for (int i = CH_ANY; i <= CH_MESSAGE; i++)
        if (str_eq(word, str_from(channel_words[i])))
            channel = (enum channel)i;
    jw_object(&w);
    jw_key(&w, STR("hints"));
    tone_json(rq->arena, rq->m, channel, member_text(rq, "text"), &w);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_mail_state(struct req *rq)
{
    struct mail_sender_state state = mail_sender_state(rq->server->mail);
    struct json_writer w = json_writer(&rq->out);
    struct outbox_state notices, customers;

    TRY(outbox_state(rq->tx, NOTICE_MAIL, &notices));
    TRY(outbox_state(rq->tx, CUSTOMER_MAIL, &customers));
    jw_object(&w);
    jw_kv_str(&w, "state", str_from(state.word));
    jw_kv_instant(&w, "since", state.since_us);
    jw_key(&w, STR("cause"));
    if (state.cause)
        jw_str(&w, str_from(state.cause));
    else
        jw_null(&w);
    outbox_json(&w, &notices);
    jw_key(&w, STR("to_customers"));
    jw_object(&w);
    outbox_json(&w, &customers);
    jw_end_object(&w);
    jw_end_object(&w);
    return NULL;
}
