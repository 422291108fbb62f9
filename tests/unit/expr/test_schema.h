#pragma once
/* A small world for the tests of expr: accounts with deals, activities and tasks, in every way of storing a field. */
#include "expr/expr.h"

enum { O_USER, O_TEAM, O_ACCOUNT, O_DEAL, O_ACTIVITY, O_TASK, O_COUNT };

static const struct str industries[] = {
    {"Healthcare", 10}, {"Technology", 10}, {"Retail", 6}, {"Caf\xC3\xA9 & Bar", 11}};
static const struct str stages[] = {
    {"New", 3}, {"Proposal", 8}, {"Negotiation", 11}, {"Won", 3}, {"Lost", 4}};
static const struct str products[] = {{"GTX Pro", 7}, {"GTX Basic", 9}, {"MG Special", 10}};
static const struct str kinds[] = {{"call", 4}, {"email", 5}, {"meeting", 7}};

struct schema_field {
    const char *name;
    enum field_type type;
    int scale, to;
    const struct str *options;
    size_t n_options;
    const char *formula;
};
#define CHOICES(list) list, sizeof list / sizeof *list

static const struct schema_field user_fields[] = {
    {.name = "name", .type = FT_TEXT},
    {.name = "team", .type = FT_TEAM, .to = O_TEAM},
    {.name = "active", .type = FT_YES_NO},
    {0},
};
static const struct schema_field team_fields[] = {{.name = "name", .type = FT_TEXT}, {0}};
static const struct schema_field account_fields[] = {
    {.name = "name", .type = FT_TEXT},
    {.name = "industry", .type = FT_CHOICE, .options = industries, .n_options = 4},
    {.name = "owner", .type = FT_USER, .to = O_USER},
    {.name = "parent", .type = FT_REF, .to = O_ACCOUNT},
    {.name = "revenue", .type = FT_MONEY, .scale = 2},
    {.name = "score", .type = FT_DECIMAL, .scale = 3},
    {.name = "founded", .type = FT_DATE},
    {.name = "created_at", .type = FT_DATE_TIME},
    {.name = "active", .type = FT_YES_NO},
    {.name = "tags", .type = FT_TAGS},
    {.name = "weight", .type = FT_FORMULA, .formula = "score * 2 + coalesce(revenue, 0)"},
    {0},
};
static const struct schema_field deal_fields[] = {
    {.name = "name", .type = FT_TEXT},
    {.name = "notes", .type = FT_LONG_TEXT},
    {.name = "stage", .type = FT_CHOICE, .options = stages, .n_options = 5},
    {.name = "products", .type = FT_MULTI_CHOICE, .options = products, .n_options = 3},
    {.name = "tags", .type = FT_TAGS},
    {.name = "amount", .type = FT_MONEY, .scale = 2},
    {.name = "rate", .type = FT_PERCENT, .scale = 2},
    {.name = "probability", .type = FT_NUMBER},
    {.name = "factor", .type = FT_DECIMAL, .scale = 4},
    {.name = "close_date", .type = FT_DATE},
    {.name = "engage_date", .type = FT_DATE},
    {.name = "created_at", .type = FT_DATE_TIME},
    {.name = "updated_at", .type = FT_DATE_TIME},
    {.name = "cycle", .type = FT_DURATION},
    {.name = "account", .type = FT_REF, .to = O_ACCOUNT},
    {.name = "owner", .type = FT_USER, .to = O_USER},
    {.name = "creator", .type = FT_USER, .to = O_USER},
    {.name = "team", .type = FT_TEAM, .to = O_TEAM},
    {.name = "about", .type = FT_REF, .to = -1},
    {.name = "hot", .type = FT_YES_NO},
    {.name = "vip", .type = FT_YES_NO},
    {.name = "phone", .type = FT_PHONE},
    {.name = "email", .type = FT_EMAIL},
    {.name = "number", .type = FT_AUTO_NUMBER},
    {.name = "watchers", .type = FT_REFS, .to = O_USER},
    {.name = "expected", .type = FT_FORMULA, .formula = "amount * probability / 100"},
    {.name = "title", .type = FT_FORMULA, .formula = "account.name + ' / ' + name"},
    {.name = "late", .type = FT_FORMULA, .formula = "close_date < today and open"},
    {.name = "worth", .type = FT_FORMULA, .formula = "coalesce(amount, 0)"},
    {.name = "calls", .type = FT_FORMULA, .formula = "count(activities where kind = 'call')"},
    {.name = "ends", .type = FT_FORMULA, .formula = "created_at + 30d"},
    {.name = "empty", .type = FT_NUMBER}, /* a reserved word, to be quoted */
    {0},
};
static const struct schema_field activity_fields[] = {
    {.name = "kind", .type = FT_CHOICE, .options = kinds, .n_options = 3},
    {.name = "subject", .type = FT_TEXT},
    {.name = "at", .type = FT_DATE_TIME},
    {.name = "day", .type = FT_DATE},
    {.name = "took", .type = FT_DURATION},
    {.name = "price", .type = FT_DECIMAL, .scale = 2},
    {.name = "quantity", .type = FT_NUMBER},
    {.name = "done", .type = FT_YES_NO},
    {.name = "owner", .type = FT_USER, .to = O_USER},
    {.name = "total", .type = FT_FORMULA, .formula = "price * quantity"},
    {.name = "links", .type = FT_REFS, .to = -1},
    {0},
};
static const struct schema_field task_fields[] = {
    {.name = "title", .type = FT_TEXT},
    {.name = "due", .type = FT_DATE_TIME},
    {.name = "closed", .type = FT_YES_NO},
    {.name = "owner", .type = FT_USER, .to = O_USER},
    {0},
};
static const struct {
    const char *name, *table, *bin, *time, *open;
    const struct schema_field *fields;
    struct expr_relation relations[4];
} schema_objects[O_COUNT] = {
    [O_USER] = {"user", "x_user", NULL, NULL, NULL, user_fields, {{{0}, 0, EJ_BACK_REF, {0}}}},
    [O_TEAM] = {"team", "x_team", NULL, NULL, NULL, team_fields, {{{0}, 0, EJ_BACK_REF, {0}}}},
    [O_ACCOUNT] = {"account",
                   "x_account",
                   "deleted_at",
                   NULL,
                   "active",
                   account_fields,
                   {{{"deals", 5}, O_DEAL, EJ_BACK_REF, {"account", 7}},
                    {{"children", 8}, O_ACCOUNT, EJ_BACK_REF, {"parent", 6}},
                    {{"activities", 10}, O_ACTIVITY, EJ_LINK, {"activity.accounts", 17}}}},
    [O_DEAL] = {"deal",
                "x_deal",
                "deleted_at",
                "created_at",
                "stage not in ('Won', 'Lost')",
                deal_fields,
                {{{"activities", 10}, O_ACTIVITY, EJ_LINK, {"activity.deals", 14}},
                 {{"tasks", 5}, O_TASK, EJ_RECORD, {0}},
                 {{"watchers", 8}, O_USER, EJ_LINK_OUT, {"deal.watchers", 13}}}},
    [O_ACTIVITY] = {"activity",
                    "x_activity",
                    "deleted_at",
                    "at",
                    NULL,
                    activity_fields,
                    {{{"deals", 5}, O_DEAL, EJ_LINK_OUT, {"activity.deals", 14}},
                     {{"links", 5}, -1, EJ_LINK_OUT, {"activity.links", 14}}}},
    [O_TASK] =
        {"task", "x_task", NULL, NULL, "not closed", task_fields, {{{0}, 0, EJ_BACK_REF, {0}}}},
};

/* Fields first, then the formulas, which need the names; aborts through err_text on a mistake in the tables above. */
__attribute__((unused)) static struct expr_schema *test_schema(struct arena *arena)
{
    struct expr_schema *schema = NEW(arena, struct expr_schema);

    schema->objects = NEW_ARRAY(arena, O_COUNT, struct expr_object);
    schema->n_objects = O_COUNT;
    schema->object_by_name = strmap_new(arena, O_COUNT);
    for (int o = 0; o < O_COUNT; o++) {
        struct expr_object *object = &schema->objects[o];

        object->name = str_from(schema_objects[o].name);
        object->table = str_from(schema_objects[o].table);
        object->bin_column = str_from(schema_objects[o].bin);
        object->default_time = str_from(schema_objects[o].time);
        object->open_when = str_from(schema_objects[o].open);
        object->relations = NEW_ARRAY(arena, 4, struct expr_relation);
        while (object->n_relations < 4 &&
               schema_objects[o].relations[object->n_relations].name.len) {
            object->relations[object->n_relations] =
                schema_objects[o].relations[object->n_relations];
            object->n_relations++;
        }
        object->fields = NEW_ARRAY(arena, 64, struct expr_field);
        object->field_by_name = strmap_new(arena, 64);
        strmap_put(schema->object_by_name, object->name, o);
        for (const struct schema_field *f = schema_objects[o].fields; f->name; f++) {
            enum field_store store = field_types[f->type].store;
            uint32_t i = (uint32_t)object->n_fields++;

            object->fields[i] = (struct expr_field){
                .name = str_from(f->name),
                .column = store == FS_NONE || store == FS_LINKS ? STR("") : str_from(f->name),
                .type = f->type,
                .scale = f->scale,
                .to_object = f->to,
                .options = f->options,
                .n_options = f->n_options,
                .value_type = field_types[f->type].expr_type,
                .index = i,
            };
            strmap_put(object->field_by_name, object->fields[i].name, i);
        }
    }
    for (int o = 0; o < O_COUNT; o++)
        for (uint32_t i = 0; schema_objects[o].fields[i].name; i++) {
            const char *formula = schema_objects[o].fields[i].formula;
            struct expr_field *f = &schema->objects[o].fields[i];
            struct err *e = NULL;

            if (formula)
                e = expr_compile(arena, schema, o, str_from(formula), EXPR_VALUE, &f->formula);
            if (e) {
                fprintf(stderr, "%s: %.*s\n", formula, STR_ARG(err_text(arena, e)));
                abort();
            }
            if (formula)
                f->value_type = expr_result_type(f->formula);
        }
    return schema;
}
