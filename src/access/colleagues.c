/* Everybody at once: the lists of people and roles. And what one person likes. */
#include "access/access_impl.h"

#include "access/access.sql.h"

/* ---- settings ---- */

struct err *access_settings_put(struct tx *tx, int64_t user_id, const struct user_settings *s, int64_t now_us)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_user_setting_put, &st));
    db_bind_i64(st, 1, user_id);
    db_bind_str(st, 2, s->theme.ptr ? s->theme : STR(""));
    db_bind_str(st, 3, s->density.ptr ? s->density : STR(""));
    db_bind_i64(st, 4, s->single_keys);
    db_bind_i64(st, 5, s->simple);
    db_bind_str(st, 6, s->muted.ptr ? s->muted : STR(""));
    db_bind_i64(st, 7, now_us);
    TRY(db_run(st, NULL));
    access_touch(tx);
    return NULL;
}

bool access_mutes(const struct user_settings *s, struct str kind)
{
    struct str rest = s->muted, word;
    bool muted = false;

    while (!muted && str_cut(&rest, ',', &word))
        muted = str_eq(word, kind);
    return muted;
}

struct err *access_muted(struct tx *tx, int64_t user_id, struct str kind, bool *muted)
{
    struct user_settings s = {0};
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_user_setting_muted, &st));
    db_bind_i64(st, 1, user_id);
    TRY(db_step(st, &row));
    s.muted = row ? db_str(st, 0) : STR_NONE;
    *muted = access_mutes(&s, kind);
    db_done(st);
    return NULL;
}

/* ---- everybody ---- */

static bool shows(const struct actor *a, const struct object *user, const char *field)
{
    const struct field *f = object_field(user, str_from(field));

    return f && access_field(a, user->index, f->index) != FR_NONE;
}

static struct err *read_seen(struct tx *tx, struct colleague *list, size_t n)
{
    struct strmap *by_id = strmap_new(tx_arena(tx), n);
    struct stmt *st;
    int64_t at;
    bool row;

    for (size_t i = 0; i < n; i++)
        strmap_put(by_id, str_fmt(tx_arena(tx), "%lld", (long long)list[i].person.id), (int64_t)i);
    TRY(db_stmt(tx, &sql_access_last_seen, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        if (list && strmap_get(by_id, str_fmt(tx_arena(tx), "%lld", (long long)db_i64(st, 0)), &at))
            list[at].seen_us = db_i64(st, 1);
    }
}

static struct colleague row_read(struct arena *arena, const struct actor *a, const struct object *user, struct stmt *st)
{
    bool manages = access_right(a, RIGHT_MANAGE_USERS);
    struct colleague c = {.person = {.id = db_i64(st, 0), .name = str_dup(arena, db_str(st, 1)), .active = db_i64(st, 3) != 0}};

    if (manages)
        c.person.email = str_dup(arena, db_str(st, 2));
    if (shows(a, user, "roles"))
        set_split(arena, db_str(st, 4), &c.person.roles, &c.person.n_roles);
    if (shows(a, user, "zone"))
        c.person.zone = str_dup(arena, db_str(st, 5));
    if (shows(a, user, "team")) {
        c.person.team = db_i64(st, 6);
        c.person.team_name = str_dup(arena, db_str(st, 7));
    }
    if (shows(a, user, "reports_to")) {
        c.person.reports_to = db_i64(st, 8);
        c.reports_to_name = str_dup(arena, db_str(st, 9));
    }
    return c;
}

struct err *access_colleagues(struct tx *tx, const struct manual *m, const struct actor *a, struct colleague **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    const struct object *user = manual_object(m, STR("user"));
    struct sql_text q = sql_text_new(arena, tx_kind(tx));
    VEC(struct colleague) list = {0};
    struct stmt *st;
    bool row;

    if (!user)
        return FAIL(arena, ERR_NOT_FOUND, "record.not_found", NULL, "This manual has no people.");
    TRY(access_need(arena, m, a, user->index, VERB_READ));
    sql_add(&q, "SELECT u.\"id\", u.\"name\", u.\"email\", u.\"active\", u.\"roles\", u.\"zone\", u.\"team\", t.\"name\", "
                "u.\"reports_to\", b.\"name\" FROM o_user u LEFT JOIN o_team t ON t.\"id\" = u.\"team\" "
                "LEFT JOIN o_user b ON b.\"id\" = u.\"reports_to\" WHERE u.\"deleted_at\" IS NULL");
    access_sql(&q, a, user->index, VERB_READ, "u");
    sql_add(&q, " ORDER BY u.\"name$f\", u.\"id\" LIMIT ");
    sql_add_i64(&q, PEOPLE_MAX);
    TRY(sql_prepare(tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            break;
        VEC_PUSH(arena, list) = row_read(arena, a, user, st);
    }
    *out = list.at;
    *n = list.n;
    return access_right(a, RIGHT_MANAGE_USERS) ? read_seen(tx, list.at, list.n) : NULL;
}
