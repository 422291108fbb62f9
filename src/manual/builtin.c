/* Objects that need no page: what the engine and the change log keep. They are read like any other object and written by
 * their own rooms only. Of the system fields they have `id` alone. Columns agree with the migrations of those rooms.
 */
#include "manual/compile_impl.h"

struct built_in_field {
    const char *name, *column;
    enum field_type type;
    int to_object; /* REF; -1: any */
};
struct built_in {
    const char *name, *label, *plural, *icon, *table, *open_when, *time, *title;
    struct built_in_field fields[26];
};

// clang-format off
static const struct built_in built_ins[OBJECT_BUILT_INS] = {
    [OBJECT_TASK] = {"task", "Task", "Tasks", "check", "task", "closed_at is empty", "opened_at", "title", {
        {"id", "id", FT_REF, OBJECT_TASK},
        {"record_id", "record_id", FT_REF, -1},
        {"object", "object", FT_TEXT, -1},
        {"title", "title", FT_TEXT, -1},
        {"page", "page", FT_TEXT, -1},
        {"step", "step", FT_TEXT, -1},
        {"kind", "kind", FT_TEXT, -1},
        {"run_id", "run_id", FT_REF, OBJECT_RUN},
        {"owed_by", "owed_by", FT_USER, -1},
        {"team", "team", FT_TEAM, -1},
        {"role", "role", FT_TEXT, -1},
        {"opened_at", "opened_us", FT_DATE_TIME, -1},
        {"due_at", "due_us", FT_DATE_TIME, -1},
        {"closed_at", "closed_us", FT_DATE_TIME, -1},
        {"closed_as", "closed_as", FT_TEXT, -1},
        {"note", "note", FT_TEXT, -1},
        {"version", "version", FT_NUMBER, -1},
        {"manual_version", "manual_version", FT_NUMBER, -1},
        {"priority", "priority", FT_NUMBER, -1},
        {"not_before", "not_before_us", FT_DATE_TIME, -1},
        {"by_user", "by_user", FT_USER, -1},
        {NULL, NULL, FT_TEXT, -1},
    }},
    [OBJECT_BREACH] = {"breach", "Breach", "Breaches", "alert", "breach", "closed_at is empty", "at", "rule", {
        {"id", "id", FT_REF, OBJECT_BREACH},
        {"record_id", "record_id", FT_REF, -1},
        {"object", "object", FT_TEXT, -1},
        {"page", "page", FT_TEXT, -1},
        {"rule", "rule", FT_TEXT, -1},
        {"task_id", "task_id", FT_REF, OBJECT_TASK},
        {"owed_by", "owed_by", FT_USER, -1},
        {"at", "at_us", FT_DATE_TIME, -1},
        {"due_at", "due_us", FT_DATE_TIME, -1},
        {"met_at", "met_us", FT_DATE_TIME, -1},
        {"closed_at", "met_us", FT_DATE_TIME, -1},
        {"cause", "cause", FT_TEXT, -1},
        {"comment", "comment", FT_TEXT, -1},
        {"manual_version", "manual_version", FT_NUMBER, -1},
        {"version", "version", FT_NUMBER, -1},
        {"count_seen", "count_seen", FT_NUMBER, -1},
        {"count_due", "count_due", FT_NUMBER, -1},
        {NULL, NULL, FT_TEXT, -1},
    }},
    [OBJECT_RUN] = {"run", "Run", "Runs", "route", "run", "ended_at is empty", "started_at", "workflow", {
        {"id", "id", FT_REF, OBJECT_RUN},
        {"record_id", "record_id", FT_REF, -1},
        {"object", "object", FT_TEXT, -1},
        {"workflow", "workflow", FT_TEXT, -1},
        {"manual_version", "manual_version", FT_NUMBER, -1},
        {"stage", "stage", FT_TEXT, -1},
        {"stage_entered_at", "stage_entered_us", FT_DATE_TIME, -1},
        {"started_at", "started_us", FT_DATE_TIME, -1},
        {"ended_at", "ended_us", FT_DATE_TIME, -1},
        {"end_name", "end_name", FT_TEXT, -1},
        {"version", "version", FT_NUMBER, -1},
        {NULL, NULL, FT_TEXT, -1},
    }},
    [OBJECT_CHANGE] = {"change", "Change", "Changes", "history", "change", NULL, "at", "field", {
        {"id", "id", FT_REF, OBJECT_CHANGE},
        {"record_id", "record_id", FT_REF, -1},
        {"object", "object", FT_TEXT, -1},
        {"kind", "kind", FT_TEXT, -1},
        {"field", "field", FT_TEXT, -1},
        {"old", "old", FT_TEXT, -1},
        {"new", "new", FT_TEXT, -1},
        {"actor", "actor", FT_USER, -1},
        {"channel", "channel", FT_TEXT, -1},
        {"page", "page", FT_TEXT, -1},
        {"at", "at_us", FT_DATE_TIME, -1},
        {"manual_version", "manual_version", FT_NUMBER, -1},
        {"undo_of", "undo_of", FT_REF, OBJECT_CHANGE},
        {NULL, NULL, FT_TEXT, -1},
    }},
    [OBJECT_PAGE] = {"page", "Page", "Pages", "book", "page", "removed_at is empty", "published_at", "label", {
        {"id", "id", FT_REF, OBJECT_PAGE},
        {"path", "path", FT_TEXT, -1},
        {"kind", "kind", FT_TEXT, -1},
        {"name", "name", FT_TEXT, -1},
        {"label", "label", FT_TEXT, -1},
        {"owner_role", "owner_role", FT_TEXT, -1},
        {"review", "review", FT_DATE, -1},
        {"published_at", "published_us", FT_DATE_TIME, -1},
        {"removed_at", "removed_us", FT_DATE_TIME, -1},
        {"manual_version", "manual_version", FT_NUMBER, -1},
        {NULL, NULL, FT_TEXT, -1},
    }},
};

// clang-format on

static void fill_field(struct arena *arena, struct field *f, const struct built_in_field *from,
                       int index)
{
    f->name = str_from(from->name);
    f->label = label_from_name(arena, f->name);
    /* Built-in texts have no folded companion: a choice is a plain text column. */
    f->type = from->type == FT_TEXT ? FT_CHOICE : from->type;
    f->column = str_from(from->column);
    f->system = true;
    f->min = f->max = DATE_NONE;
    f->vocabulary = -1;
    f->to_object = from->to_object;
    f->index = index;
}

void add_built_in_objects(struct arena *arena, struct object *objects)
{
    for (int i = 0; i < OBJECT_BUILT_INS; i++) {
        const struct built_in *b = &built_ins[i];
        struct object *o = &objects[i];
        size_t n = 0;
        int *list;

        while (b->fields[n].name)
            n++;
        *o = (struct object){
            .name = str_from(b->name),
            .label = str_from(b->label),
            .plural = str_from(b->plural),
            .icon = str_from(b->icon),
            .table = str_from(b->table),
            .index = i,
            .built_in = true,
            .fields = NEW_ARRAY(arena, n, struct field),
            .n_fields = n,
        };
        for (size_t k = 0; k < n; k++)
            fill_field(arena, &o->fields[k], &b->fields[k], (int)k);
        o->title = object_field(o, str_from(b->title))->index;
        o->time = object_field(o, str_from(b->time))->index;
        list = NEW_ARRAY(arena, n, int);
        for (size_t k = 1; k < n; k++)
            list[k - 1] = (int)k;
        o->list_layout = list;
        o->n_list_layout = n - 1;
        o->open_when.line = 0;
    }
}

struct str built_in_open_when(int object)
{
    return str_from(built_ins[object].open_when);
}

/* ---- system fields ---- */
static const struct {
    const char *name, *label;
    enum field_type type;
} system_fields[F_SYSTEM_COUNT] = {
    [F_ID] = {"id", "Id", FT_REF},
    [F_CREATED_AT] = {"created_at", "Created at", FT_DATE_TIME},
    [F_CREATED_BY] = {"created_by", "Created by", FT_USER},
    [F_UPDATED_AT] = {"updated_at", "Updated at", FT_DATE_TIME},
    [F_UPDATED_BY] = {"updated_by", "Updated by", FT_USER},
    [F_OWNER] = {"owner", "Owner", FT_USER},
    [F_TEAM] = {"team", "Team", FT_TEAM},
    [F_VERSION] = {"version", "Version", FT_NUMBER},
    [F_ARCHIVED_AT] = {"archived_at", "Archived at", FT_DATE_TIME},
    [F_DELETED_AT] = {"deleted_at", "Deleted at", FT_DATE_TIME},
    [F_TAGS] = {"tags", "Tags", FT_TAGS},
    [F_LAST_ACTIVITY_AT] = {"last_activity_at", "Last activity at", FT_DATE_TIME},
};

void add_system_fields(struct field *fields, int object)
{
    for (int i = 0; i < F_SYSTEM_COUNT; i++)
        fields[i] = (struct field){
            .name = str_from(system_fields[i].name),
            .label = str_from(system_fields[i].label),
            .type = system_fields[i].type,
            .column = str_from(system_fields[i].name),
            .system = true,
            .min = DATE_NONE,
            .max = DATE_NONE,
            .vocabulary = -1,
            .to_object = i == F_ID ? object : -1,
            .index = i,
        };
}

void link_system_fields(struct manual *m)
{
    int user = manual_object_index(m, "user"), team = manual_object_index(m, "team");

    for (size_t i = 0; i < m->n_objects; i++)
        for (size_t k = 0; k < m->objects[i].n_fields; k++) {
            struct field *f = &m->objects[i].fields[k];

            if (f->type == FT_USER)
                f->to_object = user;
            else if (f->type == FT_TEAM)
                f->to_object = team;
        }
}
