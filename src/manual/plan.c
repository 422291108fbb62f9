/* What publishing would do, in words. */
#include "manual/columns_impl.h"
#include "manual/store_impl.h"

#include <stdint.h>

struct err *(*manual_plan_hook)(struct tx *tx, const struct manual *live, const struct manual *next,
                                int64_t now_us, struct plan *out);

struct planning {
    struct arena *arena;
    const struct manual *live, *next;
    struct plan *out;
};

static void say(struct planning *p, const char *group, struct str page, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void say(struct planning *p, const char *group, struct str page, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    VEC_PUSH(p->arena, p->out->items) =
        (struct plan_item){str_from(group), str_dup(p->arena, page), str_vfmt(p->arena, fmt, ap)};
    va_end(ap);
}

/* ---- pages ---- */
static void plan_pages(struct planning *p)
{
    for (size_t i = 0; i < p->next->n_pages; i++) {
        const struct page *page = &p->next->pages[i], *before = manual_page(p->live, page->path);

        if (!before)
            say(p, "pages", page->path, "adds %.*s", STR_ARG(page->path));
        else if (!str_eq(before->text, page->text))
            say(p, "pages", page->path, "changes %.*s", STR_ARG(page->path));
    }
    for (size_t i = 0; i < p->live->n_pages; i++) {
        struct str path = p->live->pages[i].path;

        if (!manual_page(p->next, path))
            say(p, "pages", path, "removes %.*s", STR_ARG(path));
    }
}

/* ---- columns ---- */
static void plan_fields(struct planning *p, const struct columns *known, const struct object *o,
                        const struct object *before)
{
    for (size_t k = F_SYSTEM_COUNT; k < o->n_fields; k++) {
        const struct field *f = &o->fields[k], *was = object_field(before, f->name);
        struct str holds = column_holds(p->arena, p->next, f);
        const struct column_known *there =
            holds.len ? columns_find(known, o->table, f->column) : NULL;

        if (there && !column_fits(there->holds, holds))
            say(p, "columns", o->page->path,
                "cannot use column %.*s of %.*s: it holds values of another kind", STR_ARG(f->name),
                STR_ARG(o->name));
        else if (!was && there)
            say(p, "columns", o->page->path,
                "shows column %.*s of %.*s again, with the values it had", STR_ARG(f->name),
                STR_ARG(o->name));
        else if (!was && holds.len)
            say(p, "columns", o->page->path, "adds column %.*s to %.*s", STR_ARG(f->name),
                STR_ARG(o->name));
        else if (!was)
            say(p, "columns", o->page->path, "adds field %.*s to %.*s", STR_ARG(f->name),
                STR_ARG(o->name));
        else if (f->hidden && !was->hidden)
            say(p, "columns", o->page->path, "hides column %.*s of %.*s; its values are kept",
                STR_ARG(f->name), STR_ARG(o->name));
    }
    for (size_t k = F_SYSTEM_COUNT; k < before->n_fields; k++)
        if (!object_field(o, before->fields[k].name))
            say(p, "columns", o->page->path, "hides column %.*s of %.*s; its values are kept",
                STR_ARG(before->fields[k].name), STR_ARG(o->name));
}

static void plan_columns(struct planning *p, const struct columns *known)
{
    for (size_t i = 0; i < p->next->n_objects; i++) {
        const struct object *o = &p->next->objects[i], *before = manual_object(p->live, o->name);

        if (o->built_in)
            continue;
        if (before)
            plan_fields(p, known, o, before);
        else if (columns_find(known, o->table, STR("id")))
            say(p, "columns", o->page->path, "shows the object %.*s again, with the records it had",
                STR_ARG(o->name));
        else
            say(p, "columns", o->page->path, "adds table %.*s with %zu fields", STR_ARG(o->name),
                o->n_fields - F_SYSTEM_COUNT);
    }
    for (size_t i = 0; i < p->live->n_objects; i++) {
        const struct object *o = &p->live->objects[i];

        if (!o->built_in && !manual_object(p->next, o->name))
            say(p, "columns", o->page->path, "hides the object %.*s; its records are kept",
                STR_ARG(o->name));
    }
}

/* ---- rules ---- */
static const char *const mode_words[] = {"off", "watch", "remind", "fix", "block"};

static const struct policy *policy_at(const struct manual *m, struct str path)
{
    const struct page *page = manual_page(m, path);

    return page && page->kind == PK_POLICY ? &m->policies[page->index] : NULL;
}

static void plan_policies(struct planning *p)
{
    for (size_t i = 0; i < p->next->n_policies; i++) {
        const struct policy *now = &p->next->policies[i],
                            *before = policy_at(p->live, now->page->path);
        enum policy_mode was = before ? before->mode : PM_OFF;

        if (was == PM_OFF && now->mode != PM_OFF)
            say(p, "rules", now->page->path, "starts %.*s in mode %s: %.*s",
                STR_ARG(now->page->path), mode_words[now->mode], STR_ARG(now->sentence));
        else if (was != PM_OFF && now->mode == PM_OFF)
            say(p, "rules", now->page->path, "stops %.*s", STR_ARG(now->page->path));
        else if (was != now->mode)
            say(p, "rules", now->page->path, "switches %.*s from %s to %s",
                STR_ARG(now->page->path), mode_words[was], mode_words[now->mode]);
        if (before && !str_eq(before->sentence, now->sentence))
            say(p, "rules", now->page->path, "changes %.*s: \"%.*s\" becomes \"%.*s\"",
                STR_ARG(now->page->path), STR_ARG(before->sentence), STR_ARG(now->sentence));
    }
    for (size_t i = 0; i < p->live->n_policies; i++) {
        const struct policy *before = &p->live->policies[i];

        if (before->mode != PM_OFF && !manual_page(p->next, before->page->path))
            say(p, "rules", before->page->path, "stops %.*s", STR_ARG(before->page->path));
    }
}

static void plan_workflows(struct planning *p)
{
    for (size_t i = 0; i < p->next->n_workflows; i++) {
        const struct page *page = p->next->workflows[i].page,
                          *before = manual_page(p->live, page->path);

        if (!before)
            say(p, "rules", page->path, "starts %.*s", STR_ARG(page->path));
        else if (!str_eq(before->text, page->text))
            say(p, "rules", page->path, "changes %.*s for new runs", STR_ARG(page->path));
    }
    for (size_t i = 0; i < p->live->n_workflows; i++) {
        struct str path = p->live->workflows[i].page->path;

        if (!manual_page(p->next, path))
            say(p, "rules", path, "stops %.*s; no new runs", STR_ARG(path));
    }
}

/* ---- rights ---- */
static void plan_verbs(struct planning *p, const struct role *now, const struct role *before,
                       const struct object *o)
{
    const struct object *was_object = manual_object(p->live, o->name);

    for (int v = 0; v < VERB_COUNT; v++) {
        int scope = now->can[o->index][v],
            was = before && was_object ? before->can[was_object->index][v] : SCOPE_NONE;
        struct str path = now->page->path;

        if (scope == was)
            continue;
        if (v == VERB_CREATE)
            say(p, "rights", path, "%.*s may %s create %.*s", STR_ARG(now->name),
                scope ? "now" : "no longer", STR_ARG(o->name));
        else if (scope == SCOPE_NONE)
            say(p, "rights", path, "%.*s may no longer %s %.*s", STR_ARG(now->name), verb_words[v],
                STR_ARG(o->name));
        else
            say(p, "rights", path, "%.*s may now %s %.*s: %s instead of %s", STR_ARG(now->name),
                verb_words[v], STR_ARG(o->name), scope_words[scope], scope_words[was]);
    }
}

static int field_right(const struct manual *m, const struct role *r, struct str object,
                       struct str field)
{
    const struct object *o = manual_object(m, object);
    const struct field *f = o ? object_field(o, field) : NULL;

    return r && f && r->field_rights[o->index] ? r->field_rights[o->index][f->index] : FR_WRITE;
}

static void plan_field_rights(struct planning *p, const struct role *now, const struct role *before,
                              const struct object *o)
{
    static const char *const words[] = {"neither read nor write", "read but not write",
                                        "read and write"};

    for (size_t k = 0; k < o->n_fields; k++) {
        int right = field_right(p->next, now, o->name, o->fields[k].name),
            was = field_right(p->live, before, o->name, o->fields[k].name);

        if (right != was)
            say(p, "rights", now->page->path, "%.*s may now %s %.*s.%.*s", STR_ARG(now->name),
                words[right], STR_ARG(o->name), STR_ARG(o->fields[k].name));
    }
}

static void plan_role(struct planning *p, const struct role *now, const struct role *before)
{
    if (!before)
        say(p, "rights", now->page->path, "adds the role %.*s", STR_ARG(now->name));
    for (size_t i = 0; i < p->next->n_objects; i++) {
        if (before) /* of a new role, single rights would only be noise */
            plan_verbs(p, now, before, &p->next->objects[i]);
        if (now->field_rights[i] || before)
            plan_field_rights(p, now, before, &p->next->objects[i]);
    }
    for (int r = 0; r < RIGHT_COUNT; r++) {
        bool has = now->rights >> r & 1, had = before && (before->rights >> r & 1);

        if (has != had)
            say(p, "rights", now->page->path, "%.*s %s the right %s", STR_ARG(now->name),
                has ? "gets" : "loses", right_words[r]);
    }
}

static void plan_roles(struct planning *p)
{
    for (size_t i = 0; i < p->next->n_roles; i++) {
        const struct page *before = manual_page(p->live, p->next->roles[i].page->path);

        plan_role(p, &p->next->roles[i], before ? &p->live->roles[before->index] : NULL);
    }
    for (size_t i = 0; i < p->live->n_roles; i++) {
        const struct role *r = &p->live->roles[i];

        if (!manual_page(p->next, r->page->path))
            say(p, "rights", r->page->path,
                "removes the role %.*s; people who have it lose its rights", STR_ARG(r->name));
    }
}

struct err *manual_plan(struct tx *tx, const struct manual *live, const struct manual *next,
                        struct plan *out)
{
    struct planning p = {tx_arena(tx), live, next, out};
    struct columns known;

    TRY(columns_read(tx, &known));
    plan_pages(&p);
    plan_columns(&p, &known);
    plan_policies(&p);
    plan_workflows(&p);
    plan_roles(&p);
    return NULL;
}

struct str plan_text(struct arena *arena, const struct plan *plan)
{
    static const struct {
        const char *group, *title;
    } groups[] = {
        {"pages", "Pages"}, {"columns", "Tables and columns"},
        {"rules", "Rules"}, {"tasks", "Tasks"},
        {"runs", "Runs"},   {"rights", "Rights"},
    };
    struct buf b = buf_new(arena, 512);

    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        bool first = true;

        for (size_t i = 0; i < plan->items.n; i++) {
            const struct plan_item *item = &plan->items.at[i];

            if (!str_eq(item->group, str_from(groups[g].group)))
                continue;
            if (first)
                buf_fmt(&b, "%s%s\n", b.len ? "\n" : "", groups[g].title);
            first = false;
            buf_fmt(&b, "  %.*s\n", STR_ARG(item->text));
        }
    }
    if (!b.len)
        buf_add(&b, STR("Nothing would change.\n"));
    return buf_str(&b);
}
