/* Who owes it, and who can be reached: owners, roles, superiors, people on duty, people with room, leave with cover.
 *
 * Every choice is a function of the data alone; between equals the lower id wins. So the same history gives the same
 * people twice.
 */
#include "work/work_impl.h"
#include "work/who.sql.h"
#include "base/id.h"

#include <string.h>

struct work_memory *work_memory(struct tx *tx)
{
    void **slot = tx_slot(tx, TX_SLOT_WORK);

    if (!*slot)
        *slot = NEW(tx_arena(tx), struct work_memory);
    return *slot;
}

void who_forget(struct tx *tx)
{
    /* A new one, not an emptied one: if this part of the transaction is rolled back, the old one is right again. */
    const struct work_memory *old = work_memory(tx);
    struct work_memory *mem;

    *tx_slot(tx, TX_SLOT_WORK) = NULL;
    mem = work_memory(tx);
    mem->saves = old->saves;
    mem->due = old->due;
}

/* Where that person is kept, or may be. Ids are made in a row and by time: their low bits alone would meet too often. */
static struct person_info **person_slot(struct work_memory *mem, int64_t user)
{
    uint64_t first = (uint64_t)user * 0x9E3779B97F4A7C15ULL >> 32;

    for (uint64_t i = 0; i < PEOPLE_PROBES; i++) {
        struct person_info **slot = &mem->people[(first + i) % PEOPLE_KEPT];

        if (!*slot || (*slot)->p.id == user)
            return slot;
    }
    return &mem->people[first % PEOPLE_KEPT];
}

static struct err *person(const struct work *w, int64_t user, struct person_info **out)
{
    struct person_info **slot = person_slot(work_memory(w->tx), user);
    struct person_info *info = *slot;
    struct err *e;

    if (info && info->p.id == user) {
        *out = info;
        return NULL;
    }
    info = NEW(w->arena, struct person_info);
    info->p.id = user;
    e = user ? access_person(w->tx, user, &info->p) : NULL;
    if (e && e->kind != ERR_NOT_FOUND)
        return e;
    info->there = user && !e;
    info->found = info->there && info->p.active;
    info->p.id = user;
    info->worktime = manual_worktime(w->m, info->p.team_name, info->p.roles, info->p.n_roles);
    *slot = info;
    *out = info;
    return NULL;
}

struct err *who_person(const struct work *w, int64_t user, const struct person_info **out)
{
    struct person_info *info;

    TRY(person(w, user, &info));
    *out = info;
    return NULL;
}

bool person_has_role(const struct person *p, struct str role)
{
    for (size_t i = 0; i < p->n_roles; i++)
        if (str_eq(p->roles[i], role))
            return true;
    return false;
}

struct err *who_worktime(const struct work *w, int64_t user, const struct worktime **out)
{
    const struct person_info *info;

    TRY(who_person(w, user, &info));
    *out = info->worktime;
    return NULL;
}

struct str who_name(const struct work *w, int64_t user)
{
    const struct person_info *info;

    if (!user || who_person(w, user, &info) || !info->p.name.ptr)
        return STR("");
    return info->p.name;
}

struct err *who_absent(const struct work *w, int64_t user, int64_t at_us, bool *absent,
                       int64_t *cover)
{
    struct person_info *info;
    struct stmt *s;
    int64_t day;

    *absent = true;
    *cover = 0;
    TRY(person(w, user, &info));
    if (!info->found)
        return NULL;
    day = zone_date(info->worktime->zone, at_us);
    if (info->day != day || !day) {
        TRY(db_stmt(w->tx, &sql_absence_on, &s));
        db_bind_i64(s, 1, user);
        db_bind_i64(s, 2, day);
        TRY(db_step(s, &info->absent));
        info->cover = info->absent ? db_i64(s, 0) : 0;
        info->day = day;
        db_done(s);
    }
    *absent = info->absent;
    *cover = info->cover;
    return NULL;
}

static struct err *open_count(const struct work *w, int64_t user, int64_t *out)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_who_open_count, &s));
    db_bind_i64(s, 1, user);
    TRY(db_step(s, &row));
    *out = row ? db_i64(s, 0) : 0;
    db_done(s);
    return NULL;
}

struct pick {
    int64_t team; /* only this team; 0: any */
    int64_t at_us;
    bool on_duty; /* whose calendar is working at at_us */
    bool present; /* not on leave at at_us */
};

/* The person with the role who has the fewest open tasks; 0 if nobody fits. */
static struct err *least_busy(const struct work *w, const int64_t *users, size_t n,
                              struct pick pick, int64_t *out)
{
    int64_t best = INT64_MAX;

    *out = 0;
    if (n > CANDIDATES_MAX)
        n = CANDIDATES_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct person_info *info;
        int64_t busy, cover;
        bool absent;

        TRY(who_person(w, users[i], &info));
        if (!info->found || (pick.team && info->p.team != pick.team))
            continue;
        if (pick.on_duty && !worktime_is_working(info->worktime, pick.at_us))
            continue;
        if (pick.present) {
            TRY(who_absent(w, users[i], pick.at_us, &absent, &cover));
            if (absent)
                continue;
        }
        TRY(open_count(w, users[i], &busy));
        if (busy < best) {
            best = busy;
            *out = users[i];
        }
    }
    return NULL;
}

/* Next free with the role: in the team of the record's owner first, then anywhere. */
static struct err *next_free(const struct work *w, struct str role, const struct record *r,
                             struct pick pick, int64_t *out)
{
    const struct person_info *owner;
    int64_t *users;
    size_t n;

    TRY(access_users_with_role(w->tx, role, &users, &n));
    TRY(who_person(w, r ? record_owner_id(r) : 0, &owner));
    *out = 0;
    pick.team = owner->found ? owner->p.team : 0;
    if (!pick.team && r && !r->values[F_TEAM].empty)
        pick.team = r->values[F_TEAM].i;
    if (pick.team)
        TRY(least_busy(w, users, n, pick, out));
    pick.team = 0;
    if (!*out)
        TRY(least_busy(w, users, n, pick, out));
    return NULL;
}

/* The first one above user who is active; 0 at the top. */
static struct err *superior_of(const struct work *w, int64_t user, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < 32 && user; i++) {
        struct person_info *info;
        int64_t above;

        TRY(person(w, user, &info));
        if (!info->above_known)
            TRY(access_superior(w->tx, user, &info->above));
        info->above_known = true;
        above = info->above;
        if (!above || above == user)
            return NULL;
        TRY(person(w, above, &info));
        if (info->found) {
            *out = above;
            return NULL;
        }
        user = above;
    }
    return NULL;
}

struct err *who_for_role(const struct work *w, struct str role, const struct record *r,
                         struct str page_owner, int64_t *user, struct str *role_out)
{
    const struct person_info *owner;
    int64_t above;

    TRY(who_person(w, record_owner_id(r), &owner));
    *user = 0;
    if (str_eq(role, STR("owner"))) {
        if (owner->found)
            *user = owner->p.id;
        *role_out = owner->found || !page_owner.len ? STR("owner") : page_owner;
        return NULL;
    }
    *role_out = role;
    if (owner->found && person_has_role(&owner->p, role)) {
        *user = owner->p.id;
        return NULL;
    }
    if (owner->found) {
        above = owner->p.id;
        for (int i = 0; i < 32; i++) {
            const struct person_info *info;

            TRY(superior_of(w, above, &above));
            if (!above)
                break;
            TRY(who_person(w, above, &info));
            if (person_has_role(&info->p, role)) {
                *user = above;
                return NULL;
            }
        }
    }
    return next_free(w, role, r, (struct pick){.at_us = w->now_us, .present = true}, user);
}

struct err *who_resolve(const struct work *w, const struct who *who, const struct record *r,
                        struct str page_owner, int64_t *user, struct str *role_out)
{
    struct person p;
    struct err *e;

    *user = 0;
    *role_out = who->name.ptr ? who->name : STR("");
    switch (who->kind) {
    case WHO_OWNER:
        return who_for_role(w, STR("owner"), r, page_owner, user, role_out);
    case WHO_SUPERIOR:
        TRY(superior_of(w, record_owner_id(r), user));
        *role_out = page_owner.len ? page_owner : STR("owner");
        return NULL;
    case WHO_ROLE:
        return who_for_role(w, who->name, r, page_owner, user, role_out);
    case WHO_USER:
        e = access_person_by_email(w->tx, who->name, &p);
        if (e && e->kind != ERR_NOT_FOUND)
            return e;
        *user = !e && p.active ? p.id : 0;
        *role_out = page_owner.len ? page_owner : STR("owner");
        return NULL;
    case WHO_ON_DUTY:
        TRY(next_free(w, who->name, r,
                      (struct pick){.at_us = w->now_us, .present = true, .on_duty = true}, user));
        return *user ? NULL
                     : next_free(w, who->name, r,
                                 (struct pick){.at_us = w->now_us, .present = true}, user);
    case WHO_NEXT_FREE:
        return next_free(w, who->name, r, (struct pick){.at_us = w->now_us, .present = true}, user);
    }
    return NULL;
}

struct err *who_reachable(const struct work *w, const struct who *who, const struct record *r,
                          int64_t at_us, bool cover_superior, int64_t *user, int64_t *instead_of)
{
    struct work then = *w;
    struct str role;
    int64_t cover;
    bool absent;

    then.now_us = at_us;
    *instead_of = 0;
    TRY(who_resolve(&then, who, r, STR(""), user, &role));
    for (int i = 0; i < 8 && *user; i++) {
        TRY(who_absent(&then, *user, at_us, &absent, &cover));
        if (!absent)
            return NULL;
        if (!*instead_of)
            *instead_of = *user;
        if (!cover && cover_superior)
            TRY(superior_of(&then, *user, &cover));
        if (!cover &&
            (who->kind == WHO_ROLE || who->kind == WHO_ON_DUTY || who->kind == WHO_NEXT_FREE))
            TRY(next_free(&then, who->name, r, (struct pick){.at_us = at_us, .present = true},
                          &cover));
        *user = cover;
    }
    return NULL;
}

struct str who_role_words(const struct work *w, struct str role)
{
    return str_eq(role, STR("owner")) ? STR("the owner") : manual_a_role(w->arena, w->m, role);
}

struct str who_words(const struct work *w, const struct who *who)
{
    struct str role = manual_role_words(w->arena, w->m, who->name);

    switch (who->kind) {
    case WHO_OWNER:
        return STR("the owner");
    case WHO_SUPERIOR:
        return STR("the owner's superior");
    case WHO_ROLE:
        return who_role_words(w, who->name);
    case WHO_USER:
        return str_dup(w->arena, who->name);
    case WHO_ON_DUTY:
        return str_fmt(w->arena, "the %.*s on duty", STR_ARG(role));
    case WHO_NEXT_FREE:
        return str_fmt(w->arena, "the next free %.*s", STR_ARG(role));
    }
    return STR("");
}

struct err *work_absence(struct tx *tx, const struct save_context *cx, int64_t user,
                         int64_t from_day, int64_t to_day, int64_t cover)
{
    struct work w = work_of(tx, cx);
    const struct person_info *info;
    struct stmt *s;
    bool own = cx->actor->user_id == user, below = false;

    for (size_t i = 0; i < cx->actor->n_below; i++)
        below |= cx->actor->below[i] == user;
    if (!own && !below && !cx->actor->system && !access_right(cx->actor, RIGHT_MANAGE_USERS))
        return FAIL(
            w.arena, ERR_FORBIDDEN, "access.denied", NULL,
            "Leave is entered by the person, by their superior, or by whoever manages users.");
    TRY(who_person(&w, user, &info));
    if (!info->found)
        return FAIL(w.arena, ERR_INVALID, "record.reference_missing", "/user",
                    "There is no active person with this id.");
    if (from_day < 0 || to_day > MOMENT_MAX_US / US_PER_DAY || to_day < from_day ||
        to_day - from_day > 3660)
        return FAIL(
            w.arena, ERR_INVALID, "record.field_invalid", "/to",
            "Leave needs a first and a last day, in this order and at most ten years apart.");
    if (cover) {
        TRY(who_person(&w, cover, &info));
        if (!info->found || cover == user)
            return FAIL(
                w.arena, ERR_INVALID, "record.reference_missing", "/cover",
                "The cover has to be another active person; leave it out if nobody covers.");
    }
    TRY(db_stmt(tx, &sql_absence_insert, &s));
    db_bind_i64(s, 1, id_new(w.now_us));
    db_bind_i64(s, 2, user);
    db_bind_i64(s, 3, from_day);
    db_bind_i64(s, 4, to_day);
    bind_opt_i64(s, 5, cover);
    who_forget(tx);
    return db_run(s, NULL);
}

struct err *work_away(struct tx *tx, int64_t day, struct away **out, size_t *n)
{
    VEC(struct away) list = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(tx, &sql_absence_of_day, &s));
    db_bind_i64(s, 1, day);
    db_bind_i64(s, 2, PEOPLE_MAX);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(tx_arena(tx), list) = (struct away){db_i64(s, 0), db_i64(s, 1), db_i64(s, 2), db_i64(s, 3)};
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}
