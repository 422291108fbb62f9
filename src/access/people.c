/* People: reading o_user and o_team, and making actors of them. */
#include "access/access_impl.h"

#include "access/access.sql.h"

#include <assert.h>
#include <stdlib.h>

const char *const via_words[] = {"web", "api", "import", "cli", "rule", "agent"};

enum { LINE_MAX = 16 }; /* steps up a reporting line; deeper is a cycle */

void set_split(struct arena *arena, struct str set, struct str **out, size_t *n)
{
    VEC(struct str) v = {0};
    struct str rest = set, part;

    while (str_cut(&rest, '\x1f', &part))
        if (part.len)
            VEC_PUSH(arena, v) = str_dup(arena, part);
    *out = v.at;
    *n = v.n;
}

static bool set_has(struct str set, struct str word)
{
    struct str rest = set, part;

    while (str_cut(&rest, '\x1f', &part))
        if (part.len && str_eq(part, word))
            return true;
    return false;
}

static struct err *person_read(struct tx *tx, struct stmt *st, struct person *out)
{
    struct arena *arena = tx_arena(tx);
    bool row;

    *out = (struct person){0};
    TRY(db_step(st, &row));
    if (!row)
        return FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL, "There is no such person.");
    out->id = db_i64(st, db_col(st, "id"));
    out->name = str_dup(arena, db_str(st, db_col(st, "name")));
    out->email = str_dup(arena, db_str(st, db_col(st, "email")));
    out->active = db_i64(st, db_col(st, "active")) != 0;
    set_split(arena, db_str(st, db_col(st, "roles")), &out->roles, &out->n_roles);
    out->reports_to = db_i64(st, db_col(st, "reports_to"));
    out->zone = str_dup(arena, db_str(st, db_col(st, "zone")));
    out->phone = str_dup(arena, db_str(st, db_col(st, "phone")));
    out->team = db_i64(st, db_col(st, "team"));
    out->team_name = str_dup(arena, db_str(st, db_col(st, "team_name")));
    out->settings = (struct user_settings){
        .theme = str_dup(arena, db_str(st, db_col(st, "theme"))),
        .density = str_dup(arena, db_str(st, db_col(st, "density"))),
        .single_keys = db_i64_or(st, db_col(st, "single_keys"), 1) != 0,
        .simple = db_i64(st, db_col(st, "simple")) != 0,
        .muted = str_dup(arena, db_str(st, db_col(st, "muted"))),
    };
    db_done(st);
    return NULL;
}

struct err *access_person(struct tx *tx, int64_t user_id, struct person *out)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_access_person_by_id, &st));
    db_bind_i64(st, 1, user_id);
    return person_read(tx, st, out);
}

struct err *access_person_by_email(struct tx *tx, struct str email, struct person *out)
{
    struct stmt *st;
    struct str fold = utf8_fold(tx_arena(tx), str_trim(email));

    if (fold.len == 0)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "record.not_found", NULL, "There is no such person.");
    TRY(db_stmt(tx, &sql_access_person_by_email, &st));
    db_bind_str(st, 1, fold);
    return person_read(tx, st, out);
}

static struct err *ids_read(struct tx *tx, const struct sql *sql, int64_t of, const int64_t **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(int64_t) v = {0};
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, sql, &st));
    db_bind_i64(st, 1, of);
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(arena, v) = db_i64(st, 0);
    }
    *out = v.at;
    *n = v.n;
    return NULL;
}

struct err *access_users_with_role(struct tx *tx, struct str role, int64_t **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(int64_t) v = {0};
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_access_people_active, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        if (set_has(db_str(st, 1), role))
            VEC_PUSH(arena, v) = db_i64(st, 0);
    }
    *out = v.at;
    *n = v.n;
    return NULL;
}

struct err *access_superior(struct tx *tx, int64_t user_id, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < LINE_MAX; i++) {
        struct stmt *st;
        bool row, active;

        TRY(db_stmt(tx, &sql_access_superior_of, &st));
        db_bind_i64(st, 1, user_id);
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        user_id = db_i64(st, 0);
        active = db_i64(st, 1) != 0;
        db_done(st);
        if (active) {
            *out = user_id;
            return NULL;
        }
    }
    return NULL;
}

/* ---- actors ---- */

/* The fields of one object: a role counts only where it allows anything on the object, so that a role without a word
 * about deals does not open what another one closes. NULL: all may be written. */
static unsigned char *combine_fields(struct arena *arena, const struct actor *a, const struct object *o)
{
    unsigned char *best = NULL;
    bool first = true;

    for (size_t r = 0; r < a->n_roles; r++) {
        const struct role *role = a->roles[r];
        bool any = false;

        for (int v = 0; v < VERB_COUNT; v++)
            any = any || (role->can && role->can[o->index][v] != SCOPE_NONE);
        if (!any)
            continue;
        if (!role->field_rights || !role->field_rights[o->index])
            return NULL;
        if (!best)
            best = NEW_ARRAY(arena, o->n_fields, unsigned char);
        for (size_t f = 0; f < o->n_fields; f++)
            if (first || role->field_rights[o->index][f] > best[f])
                best[f] = role->field_rights[o->index][f];
        first = false;
    }
    return best;
}

static void combine(struct arena *arena, const struct manual *m, struct actor *a)
{
    a->can = arena_array(arena, m->n_objects + 1, sizeof *a->can);
    a->team_too = arena_array(arena, m->n_objects + 1, sizeof *a->team_too);
    a->field_rights = NEW_ARRAY(arena, m->n_objects + 1, unsigned char *);
    for (size_t r = 0; r < a->n_roles; r++) {
        const struct role *role = a->roles[r];

        a->rights |= role->rights;
        for (size_t o = 0; o < m->n_objects && role->can; o++)
            for (int v = 0; v < VERB_COUNT; v++) {
                if (role->can[o][v] > a->can[o][v])
                    a->can[o][v] = role->can[o][v];
                if (role->can[o][v] == SCOPE_TEAM)
                    a->team_too[o][v] = true;
            }
    }
    for (size_t o = 0; o < m->n_objects; o++)
        a->field_rights[o] = combine_fields(arena, a, &m->objects[o]);
}

static void take_roles(struct arena *arena, const struct manual *m, const struct person *p, struct str only, struct actor *a)
{
    const struct role **roles = NEW_ARRAY(arena, p->n_roles + m->n_roles + 1, const struct role *);
    size_t n = 0;

    for (size_t i = 0; i < p->n_roles; i++) {
        const struct role *role = manual_role(m, p->roles[i]);

        if (role && (only.len == 0 || str_eq(role->name, only)))
            roles[n++] = role;
    }
    if (p->n_roles == 0)
        for (size_t i = 0; i < m->n_roles; i++)
            if (m->roles[i].is_default && (only.len == 0 || str_eq(m->roles[i].name, only)))
                roles[n++] = &m->roles[i];
    a->roles = roles;
    a->n_roles = n;
}

struct err *actor_load_as(struct tx *tx, const struct manual *m, int64_t user_id, enum channel_via via, struct str role,
                          struct actor **out)
{
    struct arena *arena = tx_arena(tx);
    struct actor *a = NEW(arena, struct actor);
    struct person p;
    struct str *names;
    struct err *e = access_person(tx, user_id, &p);

    *out = NULL;
    if ((e && e->kind == ERR_NOT_FOUND) || (!e && !p.active))
        return FAIL(arena, ERR_UNAUTHORIZED, "access.sign_in_needed", NULL, "This account is not active.");
    TRY(e);
    a->manual = m;
    a->user_id = p.id;
    a->name = p.name;
    a->email = p.email;
    a->team = p.team;
    a->team_name = p.team_name;
    a->via = via;
    a->settings = p.settings;
    a->own_zone = p.zone;
    take_roles(arena, m, &p, role, a);
    combine(arena, m, a);
    if (p.team)
        TRY(ids_read(tx, &sql_access_teams_below, p.team, &a->teams, &a->n_teams));
    TRY(ids_read(tx, &sql_access_people_below, p.id, &a->below, &a->n_below));
    names = NEW_ARRAY(arena, a->n_roles + 1, struct str);
    for (size_t i = 0; i < a->n_roles; i++)
        names[i] = a->roles[i]->name;
    a->worktime = manual_worktime(m, p.team_name, names, a->n_roles);
    a->zone = a->worktime && a->worktime->zone ? a->worktime->zone : zone_utc();
    if (p.zone.len) {
        struct err *bad = zone_find(arena, p.zone, &a->zone);

        if (bad) /* the field was checked when it was saved; a zone the system lost is no reason to lock somebody out */
            a->zone = a->worktime && a->worktime->zone ? a->worktime->zone : zone_utc();
    }
    *out = a;
    return NULL;
}

struct err *actor_load(struct tx *tx, const struct manual *m, int64_t user_id, enum channel_via via, struct actor **out)
{
    return actor_load_as(tx, m, user_id, via, STR_NONE, out);
}

struct actor *actor_system(struct arena *arena, const struct manual *m, struct str page)
{
    struct actor *a = NEW(arena, struct actor);

    a->manual = m;
    a->system = true;
    a->name = STR("fairlead");
    a->via = VIA_RULE;
    a->rule = str_dup(arena, page);
    a->rights = (1u << RIGHT_COUNT) - 1;
    a->worktime = manual_worktime(m, STR_NONE, NULL, 0);
    a->zone = a->worktime && a->worktime->zone ? a->worktime->zone : zone_utc();
    a->can = arena_array(arena, m->n_objects + 1, sizeof *a->can);
    a->team_too = arena_array(arena, m->n_objects + 1, sizeof *a->team_too);
    a->field_rights = NEW_ARRAY(arena, m->n_objects + 1, unsigned char *);
    for (size_t o = 0; o < m->n_objects; o++)
        for (int v = 0; v < VERB_COUNT; v++)
            a->can[o][v] = SCOPE_ALL;
    return a;
}

struct expr_env actor_env(const struct actor *a, int64_t now_us)
{
    return (struct expr_env){
        .now_us = now_us,
        .zone = a->zone ? a->zone : zone_utc(),
        .worktime = a->worktime,
        .me = a->user_id,
        .my_teams = a->teams,
        .n_my_teams = a->n_teams,
    };
}
