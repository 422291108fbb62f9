#include "manual/manual.h"

#include <assert.h>
#include <stdint.h>

/* The count of pins is the only part of a snapshot that changes. */
static int *refs_of(const struct manual *m)
{
    return (int *)(uintptr_t)&m->refs;
}

void manual_pin(const struct manual *m)
{
    int before = __atomic_fetch_add(refs_of(m), 1, __ATOMIC_RELAXED);

    assert(before > 0);
}

void manual_unpin(const struct manual *m)
{
    int before;

    if (!m)
        return;
    before = __atomic_fetch_sub(refs_of(m), 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before == 1)
        arena_free(m->arena);
}

const struct object *manual_object(const struct manual *m, struct str name)
{
    int64_t index;

    return strmap_get(m->object_by_name, name, &index) ? &m->objects[index] : NULL;
}

int manual_object_index(const struct manual *m, const char *name)
{
    int64_t index;

    return strmap_get(m->object_by_name, str_from(name), &index) ? (int)index : -1;
}

const struct field *object_field(const struct object *o, struct str name)
{
    for (size_t i = 0; i < o->n_fields; i++)
        if (str_eq(o->fields[i].name, name))
            return &o->fields[i];
    return NULL;
}

const struct page *manual_page(const struct manual *m, struct str path)
{
    int64_t index;

    return strmap_get(m->page_by_path, path, &index) ? &m->pages[index] : NULL;
}

const struct role *manual_role(const struct manual *m, struct str name)
{
    for (size_t i = 0; i < m->n_roles; i++)
        if (str_eq(m->roles[i].name, name))
            return &m->roles[i];
    return NULL;
}

struct str manual_role_words(struct arena *arena, const struct manual *m, struct str name)
{
    const struct role *r = manual_role(m, name);

    return r && r->page && r->page->label.len ? str_lower_first(arena, r->page->label) : name;
}

struct str manual_a_role(struct arena *arena, const struct manual *m, struct str name)
{
    struct str words = manual_role_words(arena, m, name);

    return str_fmt(arena, "%s %.*s", str_article(words), STR_ARG(words));
}

static bool one_of(struct str s, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(s, list[i]))
            return true;
    return false;
}

const struct worktime *manual_worktime(const struct manual *m, struct str team,
                                       const struct str *roles, size_t n_roles)
{
    for (size_t i = 0; i < m->n_calendars; i++) { /* a role is more particular than a team */
        const struct calendar *cal = &m->calendars[i];

        for (size_t k = 0; k < n_roles; k++)
            if (one_of(roles[k], cal->roles, cal->n_roles))
                return &cal->time;
    }
    for (size_t i = 0; team.len && i < m->n_calendars; i++)
        if (one_of(team, m->calendars[i].teams, m->calendars[i].n_teams))
            return &m->calendars[i].time;
    if (m->default_calendar >= 0)
        return &m->calendars[m->default_calendar].time;
    return m->fallback_time;
}
