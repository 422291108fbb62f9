/* Colleagues and roles: who there is, and who may do what. Both follow from records and pages; nothing is changed here. */
#include "serve/serve_impl.h"

#include "base/json.h"

static void write_reference(struct json_writer *w, const char *key, int64_t id, struct str name)
{
    jw_key(w, str_from(key));
    if (!id) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_kv_id(w, "id", id);
    jw_kv_str(w, "name", name);
    jw_end_object(w);
}

static struct str role_label(const struct manual *m, struct str name)
{
    const struct role *r = manual_role(m, name);

    return r && r->page ? r->page->label : name;
}

static void write_role_name(const struct manual *m, struct json_writer *w, struct str name)
{
    jw_object(w);
    jw_kv_str(w, "name", name);
    jw_kv_str(w, "label", role_label(m, name));
    jw_end_object(w);
}

/* ---- people ---- */

static struct str name_of(const struct colleague *list, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].person.id == id)
            return list[i].person.name;
    return STR("");
}

static void write_away(struct req *rq, struct json_writer *w, const struct colleague *list, size_t n, const struct away *away)
{
    jw_key(w, STR("away"));
    if (!away) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_kv_str(w, "from", date_text(rq->arena, away->from_day));
    jw_kv_str(w, "to", date_text(rq->arena, away->to_day));
    write_reference(w, "cover", away->cover, name_of(list, n, away->cover));
    jw_end_object(w);
}

static void write_colleague(struct req *rq, struct json_writer *w, const struct colleague *c)
{
    const struct person *p = &c->person;

    jw_kv_id(w, "id", p->id);
    jw_kv_str(w, "name", p->name);
    jw_key(w, STR("email"));
    if (p->email.len)
        jw_str(w, p->email);
    else
        jw_null(w);
    jw_kv_bool(w, "active", p->active);
    write_reference(w, "team", p->team, p->team_name);
    write_reference(w, "reports_to", p->reports_to, c->reports_to_name);
    jw_key(w, STR("roles"));
    jw_array(w);
    for (size_t i = 0; i < p->n_roles; i++)
        write_role_name(rq->m, w, p->roles[i]);
    jw_end_array(w);
    jw_kv_str(w, "zone", p->zone);
    jw_kv_instant(w, "last_seen_at", c->seen_us);
}

struct err *serve_users(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct colleague *list;
    struct away *away;
    size_t n, n_away;

    TRY(access_colleagues(rq->tx, rq->m, rq->actor, &list, &n));
    TRY(work_away(rq->tx, zone_date(rq->actor->zone, rq->now_us), &away, &n_away));
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        const struct away *his = NULL;

        for (size_t k = 0; k < n_away && !his; k++)
            if (away[k].user == list[i].person.id)
                his = &away[k];
        jw_object(&w);
        write_colleague(rq, &w, &list[i]);
        write_away(rq, &w, list, n, his);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

/* ---- roles ---- */

static bool holds(const struct person *p, const struct role *r)
{
    for (size_t i = 0; i < p->n_roles; i++)
        if (str_eq(p->roles[i], r->name))
            return true;
    return r->is_default && p->n_roles == 0;
}

static void write_holders(struct json_writer *w, const struct role *r, const struct colleague *list, size_t n)
{
    jw_key(w, STR("holders"));
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        if (!list[i].person.active || !holds(&list[i].person, r))
            continue;
        jw_object(w);
        jw_kv_id(w, "id", list[i].person.id);
        jw_kv_str(w, "name", list[i].person.name);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_can(const struct manual *m, struct json_writer *w, const struct role *r)
{
    jw_key(w, STR("can"));
    jw_array(w);
    for (size_t o = 0; o < m->n_objects && r->can; o++) {
        bool any = false;

        for (int v = 0; v < VERB_COUNT; v++)
            any = any || r->can[o][v] != SCOPE_NONE;
        if (!any || m->objects[o].built_in)
            continue;
        jw_object(w);
        jw_kv_str(w, "object", m->objects[o].name);
        jw_kv_str(w, "label", m->objects[o].plural);
        for (int v = 0; v < VERB_COUNT; v++)
            jw_kv_str(w, verb_words[v], str_from(scope_words[r->can[o][v]]));
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* Only of objects the role may do something with: of the others no field matters. */
static void write_fields(const struct manual *m, struct json_writer *w, const struct role *r)
{
    jw_key(w, STR("fields"));
    jw_array(w);
    for (size_t o = 0; o < m->n_objects; o++) {
        const struct object *object = &m->objects[o];

        for (size_t f = 0; r->field_rights && r->field_rights[o] && f < object->n_fields; f++) {
            if (r->field_rights[o][f] == FR_WRITE || object->fields[f].hidden)
                continue;
            jw_object(w);
            jw_kv_str(w, "object", object->name);
            jw_kv_str(w, "field", object->fields[f].name);
            jw_kv_str(w, "label", object->fields[f].label);
            jw_kv_str(w, "access", r->field_rights[o][f] == FR_NONE ? STR("none") : STR("read"));
            jw_end_object(w);
        }
    }
    jw_end_array(w);
}

static void write_role(const struct manual *m, struct json_writer *w, const struct role *r, const struct colleague *list, size_t n)
{
    jw_object(w);
    jw_kv_str(w, "name", r->name);
    jw_kv_str(w, "label", role_label(m, r->name));
    jw_kv_str(w, "page", r->page ? r->page->path : STR(""));
    jw_key(w, STR("reports_to"));
    if (r->reports_to.len)
        write_role_name(m, w, r->reports_to);
    else
        jw_null(w);
    jw_kv_bool(w, "default", r->is_default);
    jw_key(w, STR("duties"));
    jw_array(w);
    for (size_t i = 0; i < r->n_duties; i++)
        jw_str(w, r->duties[i]);
    jw_end_array(w);
    write_holders(w, r, list, n);
    write_can(m, w, r);
    jw_key(w, STR("rights"));
    jw_array(w);
    for (int i = 0; i < RIGHT_COUNT; i++)
        if (r->rights & (1u << i))
            jw_str(w, str_from(right_words[i]));
    jw_end_array(w);
    write_fields(m, w, r);
    jw_end_object(w);
}

/* The pages of roles are read by everybody, so their rights are no secret; who holds them is for those who may see people. */
struct err *serve_roles(struct req *rq)
{
    struct json_writer w = json_writer(&rq->out);
    struct colleague *list = NULL;
    size_t n = 0;
    struct err *e = access_colleagues(rq->tx, rq->m, rq->actor, &list, &n);

    if (e && e->kind != ERR_FORBIDDEN)
        return e;
    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < rq->m->n_roles; i++)
        write_role(rq->m, &w, &rq->m->roles[i], list, n);
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}
