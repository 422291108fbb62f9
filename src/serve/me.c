/* Signing in and out, who I am, sessions, passwords, API tokens. */
#include "serve/serve_impl.h"

#include "base/json.h"
#include "base/limits.h"

#include <sodium.h>
#include <stdio.h>

/* ---- signing in ---- */

void sign_in_cookie(struct req *rq, struct str token, int64_t max_age_s)
{
    /* Browsers take the __Host- prefix only together with Secure, and Secure only over TLS. */
    req_header(rq, "Set-Cookie",
               str_fmt(rq->arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld%s", rq->secure ? "__Host-fairlead" : "fairlead",
                       STR_ARG(token), (long long)max_age_s, rq->secure ? "; Secure" : ""));
}

static void answer_token(struct req *rq, struct str token, int64_t user_id)
{
    struct json_writer w = json_writer(&rq->out);

    jw_object(&w);
    jw_kv_str(&w, "token", token);
    jw_kv_id(&w, "user", user_id);
    jw_kv_instant(&w, "expires_at", rq->now_us + SESSION_ABSOLUTE_US);
    jw_end_object(&w);
    sign_in_cookie(rq, token, SESSION_ABSOLUTE_US / US_PER_SECOND);
}

struct err *serve_sign_in(struct req *rq)
{
    struct str token = STR_NONE;
    int64_t user_id = 0;

    TRY(access_sign_in(rq->app->db, rq->arena, rq->m, member_text(rq, "email"), member_text(rq, "password"), req_address(rq),
                       rq->http->headers.user_agent, rq->now_us, &token, &user_id));
    answer_token(rq, token, user_id);
    return NULL;
}

struct find_person {
    struct str email;
    int64_t id;
};

static struct err *find_person(struct tx *tx, void *ctx)
{
    struct find_person *find = ctx;
    struct person p;

    TRY(access_person_by_email(tx, find->email, &p));
    find->id = p.id;
    return NULL;
}

struct err *sign_in_demo(struct req *rq, struct str email, struct str *token, int64_t *user_id)
{
    struct find_person find = {email, 0};

    if (!rq->app->demo)
        return FAIL(rq->arena, ERR_FORBIDDEN, "access.denied", NULL, "This is not a demonstration: sign in with a password.");
    TRY(db_read(rq->app->db, rq->arena, find_person, &find));
    *user_id = find.id;
    return access_sign_in_demo(rq->app->db, rq->arena, rq->m, find.id, rq->http->headers.user_agent, rq->now_us, token);
}

struct err *serve_sign_in_demo(struct req *rq)
{
    struct str token = STR_NONE;
    int64_t user_id = 0;

    TRY(sign_in_demo(rq, member_text(rq, "email"), &token, &user_id));
    answer_token(rq, token, user_id);
    return NULL;
}

struct err *serve_sign_out(struct req *rq)
{
    if (rq->actor->session_id)
        TRY(access_sign_out(rq->tx, rq->actor->session_id, rq->now_us));
    sign_in_cookie(rq, STR(""), 0);
    return NULL;
}

/* ---- who I am ---- */

static void write_rights(struct req *rq, struct json_writer *w)
{
    jw_key(w, STR("rights"));
    jw_array(w);
    for (int r = 0; r < RIGHT_COUNT; r++)
        if (access_right(rq->actor, (enum right)r))
            jw_str(w, str_from(right_words[r]));
    jw_end_array(w);
    jw_key(w, STR("objects"));
    jw_object(w);
    for (size_t o = 0; o < rq->m->n_objects; o++) {
        if (rq->m->objects[o].built_in)
            continue;
        jw_key(w, rq->m->objects[o].name);
        jw_object(w);
        for (int v = 0; v < VERB_COUNT; v++)
            jw_kv_str(w, verb_words[v], str_from(scope_words[access_scope(rq->actor, (int)o, (enum verb)v)]));
        jw_end_object(w);
    }
    jw_end_object(w);
}

static void write_settings(const struct actor *a, struct json_writer *w)
{
    const struct user_settings *s = &a->settings;
    struct str rest = s->muted, kind;

    jw_key(w, STR("settings"));
    jw_object(w);
    jw_kv_str(w, "theme", s->theme.len ? s->theme : STR("system"));
    jw_kv_str(w, "density", s->density.len ? s->density : STR("comfortable"));
    jw_kv_bool(w, "single_keys", s->single_keys);
    jw_kv_bool(w, "simple", s->simple);
    jw_kv_str(w, "zone", a->own_zone);
    jw_key(w, STR("muted"));
    jw_array(w);
    while (str_cut(&rest, ',', &kind))
        if (kind.len)
            jw_str(w, kind);
    jw_end_array(w);
    jw_end_object(w);
}

static void write_me(struct req *rq, const struct actor *a)
{
    struct json_writer w = json_writer(&rq->out);

    jw_object(&w);
    jw_kv_id(&w, "id", a->user_id);
    jw_kv_str(&w, "name", a->name);
    jw_kv_str(&w, "email", a->email);
    jw_kv_str(&w, "zone", zone_name(a->zone));
    jw_key(&w, STR("team"));
    if (a->team) {
        jw_object(&w);
        jw_kv_id(&w, "id", a->team);
        jw_kv_str(&w, "name", a->team_name);
        jw_end_object(&w);
    } else {
        jw_null(&w);
    }
    jw_key(&w, STR("roles"));
    jw_array(&w);
    for (size_t i = 0; i < a->n_roles; i++) {
        jw_object(&w);
        jw_kv_str(&w, "name", a->roles[i]->name);
        jw_kv_str(&w, "label", a->roles[i]->page ? a->roles[i]->page->label : a->roles[i]->name);
        jw_kv_str(&w, "page", a->roles[i]->page ? a->roles[i]->page->path : STR(""));
        jw_end_object(&w);
    }
    jw_end_array(&w);
    write_rights(rq, &w);
    write_settings(a, &w);
    jw_kv_id(&w, "session", a->session_id);
    jw_kv_i64(&w, "manual_version", rq->m->version);
    jw_kv_bool(&w, "demo", rq->app->demo);
    jw_end_object(&w);
}

struct err *serve_me(struct req *rq)
{
    write_me(rq, rq->actor);
    return NULL;
}

/* ---- what I like ---- */

static struct err *take_muted(struct req *rq, const struct json *list, struct str *out)
{
    struct buf b = buf_new(rq->arena, 64);

    for (const char *const *kind = notice_kinds; *kind; kind++)
        for (size_t i = 0; i < list->n; i++)
            if (str_eq(list->items[i].str, str_from(*kind))) {
                buf_fmt(&b, "%s%s", b.len ? "," : "", *kind);
                break;
            }
    for (size_t i = 0; i < list->n; i++) {
        const char *const *kind = notice_kinds;

        while (*kind && !str_eq(list->items[i].str, str_from(*kind)))
            kind++;
        if (!*kind || str_eq(list->items[i].str, STR("escalation"))) {
            struct err *e = FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/muted",
                                 *kind ? "A call for help always comes through." : "There is no such kind of notice.");

            e->way_out = STR("These can be silenced: assign, breach, remind, rule.");
            return e;
        }
    }
    *out = buf_str(&b);
    return NULL;
}

/* The time zone is a field of the person's record, so its change is logged and every node works by it; that one's own may be
 * changed is not a matter of roles. */
static struct err *save_zone(struct req *rq, struct str name, struct actor *a)
{
    const struct object *user = manual_object(rq->m, STR("user"));
    const struct field *f = user ? object_field(user, STR("zone")) : NULL;
    struct actor *self = actor_system(rq->arena, rq->m, STR(""));
    struct save_context cx = req_save_context(rq);
    struct save_result saved;
    struct save_input in;
    struct value v;

    if (name.len && zone_find(rq->arena, name, &a->zone)) {
        struct err *e = FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/zone", "There is no time zone \"%.*s\".", STR_ARG(str_shown(name)));

        e->way_out = STR("Write it as Europe/Berlin or America/New_York; empty: the zone of the company.");
        return e;
    }
    if (!f || f->type != FT_TEXT)
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/zone", "The manual gives people no time zone of their own.");
    if (!name.len)
        a->zone = a->worktime && a->worktime->zone ? a->worktime->zone : zone_utc();
    v = (struct value){.type = FT_TEXT, .empty = name.len == 0, .s = name};
    in = (struct save_input){.object = user, .id = a->user_id, .if_version = -1, .fields = &f, .values = &v, .n = 1};
    self->user_id = a->user_id;
    self->name = a->name;
    self->via = a->via;
    self->session_id = a->session_id;
    self->token_id = a->token_id;
    cx.actor = self;
    a->own_zone = name;
    return record_save(rq->tx, &cx, &in, &saved);
}

struct err *serve_me_change(struct req *rq)
{
    struct actor me = *rq->actor;
    struct user_settings *s = &me.settings;

    if (member_text(rq, "theme").len)
        s->theme = member_text(rq, "theme");
    if (member_text(rq, "density").len)
        s->density = member_text(rq, "density");
    s->single_keys = member_number(rq, "single_keys", s->single_keys) != 0;
    s->simple = member_number(rq, "simple", s->simple) != 0;
    if (member_json(rq, "muted"))
        TRY(take_muted(rq, member_json(rq, "muted"), &s->muted));
    if (member_json(rq, "zone") && !str_eq(str_trim(member_text(rq, "zone")), me.own_zone))
        TRY(save_zone(rq, str_trim(member_text(rq, "zone")), &me));
    TRY(access_settings_put(rq->tx, me.user_id, s, rq->now_us));
    write_me(rq, &me);
    return NULL;
}

/* ---- passwords ---- */

struct password_job {
    int64_t user_id, except_session, now_us;
    struct str hash;
    const struct actor *actor;
};

static struct err *store_password(struct tx *tx, void *ctx)
{
    struct password_job *job = ctx;

    TRY(access_set_password(tx, job->user_id, job->hash, job->now_us));
    TRY(access_end_sessions(tx, job->user_id, job->except_session, job->now_us)); /* whoever knew the old one is out */
    return access_audit(tx, job->actor, "password_set", job->user_id, STR(""), job->now_us);
}

struct person_ask {
    int64_t id;
    struct person person;
};

static struct err *read_person(struct tx *tx, void *ctx)
{
    struct person_ask *ask = ctx;

    return access_person(tx, ask->id, &ask->person);
}

struct err *serve_password_change(struct req *rq)
{
    const struct actor *a = rq->actor;
    struct password_job job = {.user_id = a->user_id, .except_session = a->session_id, .now_us = rq->now_us, .actor = a};
    bool matches;

    if (!a->session_id)
        return FAIL(rq->arena, ERR_FORBIDDEN, "access.denied", NULL, "A password is changed by the person, not by an API token.");
    TRY(access_password_check(rq->arena, member_text(rq, "password"), a->name, a->email));
    TRY(access_password_matches(rq->app->db, rq->arena, a->user_id, member_text(rq, "old_password"), &matches));
    if (!matches)
        return FAIL(rq->arena, ERR_INVALID, "access.sign_in_failed", "/old_password", "The old password is not right.");
    job.hash = access_password_hash(rq->arena, member_text(rq, "password"));
    return db_write(rq->app->db, rq->arena, store_password, &job);
}

/* For a colleague who cannot sign in. */
struct err *serve_password_set(struct req *rq)
{
    struct password_job job = {.user_id = rq->id, .now_us = rq->now_us, .actor = rq->actor};
    struct person_ask ask = {.id = rq->id};

    TRY(db_read(rq->app->db, rq->arena, read_person, &ask));
    TRY(access_password_check(rq->arena, member_text(rq, "password"), ask.person.name, ask.person.email));
    job.hash = access_password_hash(rq->arena, member_text(rq, "password"));
    return db_write(rq->app->db, rq->arena, store_password, &job);
}

/* ---- sessions ---- */

struct err *serve_sessions(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct session *sessions;
    size_t n;

    TRY(access_sessions(rq->tx, rq->actor->user_id, &sessions, &n));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        const struct session *s = &sessions[i];

        if (s->expires_us <= rq->now_us || rq->now_us - s->seen_us > SESSION_IDLE_US)
            continue;
        jw_object(&w);
        jw_kv_id(&w, "id", s->id);
        jw_kv_str(&w, "label", s->label);
        jw_kv_instant(&w, "created_at", s->created_us);
        jw_kv_instant(&w, "seen_at", s->seen_us);
        jw_kv_instant(&w, "expires_at", s->expires_us);
        jw_kv_bool(&w, "this", s->id == rq->actor->session_id);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

struct err *serve_session_end(struct req *rq)
{
    return access_end_session(rq->tx, rq->actor->user_id, rq->id, rq->now_us);
}

struct err *serve_sessions_end(struct req *rq)
{
    return access_end_sessions(rq->tx, rq->actor->user_id, rq->actor->session_id, rq->now_us);
}

struct err *serve_user_sessions_end(struct req *rq)
{
    struct person p;

    TRY(access_person(rq->tx, rq->id, &p));
    TRY(access_end_sessions(rq->tx, p.id, 0, rq->now_us));
    return access_audit(rq->tx, rq->actor, "sessions_ended", p.id, STR(""), rq->now_us);
}

/* ---- API tokens ---- */

static bool manages_tokens(const struct req *rq)
{
    return access_right(rq->actor, RIGHT_MANAGE_TOKENS);
}

struct err *serve_tokens(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    int64_t user = arg_number(rq, "user", rq->actor->user_id);
    struct api_token *tokens;
    size_t n;

    if (user != rq->actor->user_id)
        TRY(access_need_right(rq->arena, rq->m, rq->actor, RIGHT_MANAGE_TOKENS));
    TRY(access_tokens(rq->tx, user, &tokens, &n));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        const struct api_token *t = &tokens[i];

        jw_object(&w);
        jw_kv_id(&w, "id", t->id);
        jw_kv_id(&w, "user", t->user_id);
        jw_kv_str(&w, "name", t->name);
        jw_kv_instant(&w, "created_at", t->created_us);
        jw_kv_instant(&w, "used_at", t->used_us);
        jw_kv_instant(&w, "expires_at", t->expires_us);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

static bool holds_role(const struct actor *a, struct str role)
{
    for (size_t i = 0; i < a->n_roles; i++)
        if (str_eq(a->roles[i]->name, role))
            return true;
    return false;
}

struct err *serve_token_create(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct str token = STR_NONE, role = member_text(rq, "role");
    int64_t id = 0;

    /* A token that could make tokens would outlive its own end. */
    if (!rq->actor->session_id && !manages_tokens(rq))
        return FAIL(rq->arena, ERR_FORBIDDEN, "access.denied", NULL, "An API token cannot make API tokens; sign in to do so.");
    if (role.len && !holds_role(rq->actor, role))
        return FAIL(rq->arena, ERR_INVALID, "record.field_invalid", "/role", "You do not hold the role \"%.*s\".", STR_ARG(str_shown(role)));
    TRY(access_token_create(rq->tx, rq->actor->user_id, member_text(rq, "name"), role, member_number(rq, "expires_at", 0), rq->now_us,
                            &token, &id));
    jw_object(&w);
    jw_kv_id(&w, "id", id);
    jw_kv_str(&w, "token", token);
    jw_end_object(&w);
    rq->location = STR("/api/v1/tokens");
    return NULL;
}

struct err *serve_token_end(struct req *rq)
{
    int64_t owner;

    TRY(access_token_owner(rq->tx, rq->id, &owner));
    if (owner != rq->actor->user_id && !manages_tokens(rq)) /* as if it were not there */
        return FAIL(rq->arena, ERR_NOT_FOUND, "record.not_found", NULL, "There is no such token, or it was ended.");
    TRY(access_token_end(rq->tx, rq->id, rq->now_us));
    return access_audit(rq->tx, rq->actor, "token_ended", rq->id, STR(""), rq->now_us);
}
