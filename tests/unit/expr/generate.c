/* Random expressions: the grammar walked by type. Most are well typed; the rest must be refused politely. */
#include <stdio.h>
#include <stdlib.h>

#include "unit/expr/test_schema.h"
#include "unit/expr/world.h"

struct gen {
    struct world *w;
    struct buf *out;
    int object, outer; /* outer: -1 at the top */
};

static void gen_value(struct gen *g, enum expr_type type, int depth);
static void gen_condition(struct gen *g, int depth);

static void put(struct gen *g, const char *s)
{
    buf_add(g->out, str_from(s));
}

static int below(struct gen *g, int n)
{
    return random_below(&g->w->random, n);
}

static bool chance(struct gen *g, int percent)
{
    return random_chance(&g->w->random, percent);
}

static void put_name(struct gen *g, struct str name)
{
    if (str_eq(name, STR("empty")))
        put(g, "\"empty\"");
    else
        buf_add(g->out, name);
}

/* A path to a field of this type; the field found, or NULL with nothing written. */
static const struct expr_field *gen_field_at(struct gen *g, int object, enum expr_type type)
{
    size_t start = g->out->len;

    for (int try = 0; try < 12; try++) {
        int at = object;

        g->out->len = start;
        if (g->outer >= 0 && object == g->object && chance(g, 20)) {
            put(g, "outer.");
            at = g->outer;
        }
        for (int hops = chance(g, 25) ? 1 + below(g, 2) : 0; hops > 0; hops--) {
            const struct expr_field *f =
                &g->w->schema->objects[at]
                     .fields[below(g, (int)g->w->schema->objects[at].n_fields)];

            if (f->value_type != ET_REF || f->formula || f->to_object < 0)
                continue;
            buf_fmt(g->out, "%.*s.", STR_ARG(f->name));
            at = f->to_object;
        }
        for (int i = 0; i < 24; i++) {
            const struct expr_field *f =
                &g->w->schema->objects[at]
                     .fields[below(g, (int)g->w->schema->objects[at].n_fields)];

            if (f->value_type == type) {
                put_name(g, f->name);
                return f;
            }
        }
    }
    g->out->len = start;
    return NULL;
}

static const struct expr_field *gen_field(struct gen *g, enum expr_type type)
{
    return gen_field_at(g, g->object, type);
}

/* Records of any kind: nothing but their ids is known. */
static void gen_linked(struct gen *g, const char *name)
{
    static const char *const wheres[] = {"", " where id = '4001'", " where id in ('3002', '4003', '5004', '1')", " where id != '4001' and outer.done",
                                         " where id = outer.id or outer.links contains '3003'", " where id is empty"};

    buf_fmt(g->out, "%s(links%s)", name, PICK(&g->w->random, wheres));
}

/* relation, and what belongs behind and inside: name(rel.field where ...) or name(rel where ...).field */
static bool gen_aggregate(struct gen *g, const char *name, enum expr_type value, int depth)
{
    const struct expr_object *o = &g->w->schema->objects[g->object];
    const struct expr_relation *rel;
    struct gen inner = *g;
    bool behind = name[0] == 'l' || name[0] == 'f';
    size_t start = g->out->len;

    if (o->n_relations == 0 || depth <= 0)
        return false;
    rel = &o->relations[below(g, (int)o->n_relations)];
    if (rel->object < 0) {
        if (value == ET_ANY)
            gen_linked(g, name);
        return value == ET_ANY;
    }
    inner.outer = g->object;
    inner.object = rel->object;
    buf_fmt(g->out, "%s(%.*s", name, STR_ARG(rel->name));
    if (value != ET_ANY && !behind) {
        struct gen own = inner;

        own.outer = -1;
        put(g, ".");
        if (!gen_field(&own, value)) {
            g->out->len = start;
            return false;
        }
    }
    if (chance(g, 60)) {
        put(g, " where ");
        gen_condition(&inner, depth - 1);
    }
    put(g, ")");
    if (behind) {
        inner.outer = -1;
        put(g, ".");
        if (!gen_field(&inner, value)) {
            g->out->len = start;
            return false;
        }
    }
    return true;
}

static void gen_duration(struct gen *g)
{
    static const char *const spans[] = {"30m", "24h", "1d", "3d",         "2w",
                                        "7d",  "36h", "0d", "90 minutes", "400d"};

    put(g, PICK(&g->w->random, spans));
}

static void gen_number_literal(struct gen *g)
{
    static const char *const numbers[] = {"0",
                                          "1",
                                          "2",
                                          "-1",
                                          "10",
                                          "100.5",
                                          "10.005",
                                          "0.00000001",
                                          "-3.25",
                                          "2.5",
                                          "3.001",
                                          "7.005",
                                          "0.5",
                                          "4.00005",
                                          "5.25",
                                          "99999",
                                          "10_000",
                                          "1000000000000000",
                                          "-999999999999999.125",
                                          "7"};

    put(g, PICK(&g->w->random, numbers));
}

static void gen_text_literal(struct gen *g)
{
    static const char *const texts[] = {
        "'a'",     "'Ann'", "'ann'", "'GMBH'",         "'M\xC3\xBC'",        "'ss'",
        "'it''s'", "'%'",   "'_'",   "'\xED\x9F\xBF'", "'\xF4\x8F\xBF\xBF'", "'call'",
        "'/ '",    "'e'",   "'+49'", "'d-0001'",       "'\xE6\x97\xA5'",     "'b'",
        "'~'"};

    put(g, PICK(&g->w->random, texts));
}

static void gen_moment_constant(struct gen *g, bool day_only)
{
    static const char *const days[] = {"today",
                                       "yesterday",
                                       "tomorrow",
                                       "today - 7d",
                                       "today + 1d",
                                       "today - 2 business days",
                                       "today + 3 business days"};
    static const char *const moments[] = {
        "now",       "now - 24h", "now + 2w", "now - 4 business hours", "now + 2 business days",
        "now - 30m", "today + 6h"};

    put(g, day_only || chance(g, 40) ? PICK(&g->w->random, days) : PICK(&g->w->random, moments));
}

/* What a date or moment may be compared with on the right. */
static void gen_moment_right(struct gen *g)
{
    static const char *const texts[] = {"'2026-03-29'",           "'2026-01-01'", "'2025-10-26'",
                                        "'2026-03-29T01:30:00Z'", "'0001-01-01'", "'9999-12-31'"};
    static const char *const which[] = {"this", "last", "next"};
    static const char *const unit[] = {"week", "month", "quarter", "year"};

    if (chance(g, 30))
        put(g, PICK(&g->w->random, texts));
    else if (chance(g, 50))
        buf_fmt(g->out, "%s %s", PICK(&g->w->random, which), PICK(&g->w->random, unit));
    else
        gen_moment_constant(g, false);
}

static void gen_two(struct gen *g, enum expr_type l, const char *op, enum expr_type r, int depth)
{
    put(g, "(");
    gen_value(g, l, depth - 1);
    buf_fmt(g->out, " %s ", op);
    gen_value(g, r, depth - 1);
    put(g, ")");
}

static void gen_number(struct gen *g, int depth)
{
    static const char *const measures[] = {"sum", "avg", "min", "max", "last", "first"};
    static const char *const signs[] = {"+", "-", "*", "/"};

    switch (depth > 0 ? below(g, 12) : 11) {
    case 0:
        if (gen_aggregate(g, "count", ET_ANY, depth))
            return;
        break;
    case 1:
    case 2:
        if (gen_aggregate(g, PICK(&g->w->random, measures), ET_NUMBER, depth))
            return;
        break;
    case 3:
    case 4:
    case 5:
        gen_two(g, ET_NUMBER, PICK(&g->w->random, signs), ET_NUMBER, depth);
        return;
    case 6:
        put(g, "-(");
        gen_value(g, ET_NUMBER, depth - 1);
        put(g, ")");
        return;
    case 7:
        put(g, chance(g, 50) ? "abs(" : "round(");
        gen_value(g, ET_NUMBER, depth - 1);
        put(g, ")");
        return;
    case 8:
        put(g, "round(");
        gen_value(g, ET_NUMBER, depth - 1);
        put(g, ", 2)");
        return;
    case 9:
        put(g, "length(");
        gen_value(g, ET_TEXT, depth - 1);
        put(g, ")");
        return;
    case 10:
        gen_two(g, ET_DURATION, "/", ET_DURATION, depth);
        return;
    default:
        break;
    }
    if (chance(g, 25) || !gen_field(g, ET_NUMBER))
        gen_number_literal(g);
}

static void gen_time(struct gen *g, enum expr_type type, int depth)
{
    static const char *const measures[] = {"min", "max", "last", "first"};

    switch (depth > 0 ? below(g, 6) : 5) {
    case 0:
        if (gen_aggregate(g, PICK(&g->w->random, measures), type, depth))
            return;
        break;
    case 1:
        put(g, "(");
        gen_value(g, type, depth - 1);
        put(g, chance(g, 50) ? " + " : " - ");
        if (type == ET_DATE)
            put(g, chance(g, 50) ? "3d" : "2w");
        else
            gen_duration(g);
        put(g, ")");
        return;
    case 2:
        gen_two(g, type, chance(g, 50) ? "+" : "-", ET_DURATION, depth);
        return;
    default:
        break;
    }
    if (chance(g, 15) || !gen_field(g, type))
        gen_moment_constant(g, type == ET_DATE);
}

static void gen_span(struct gen *g, int depth)
{
    switch (depth > 0 ? below(g, 6) : 5) {
    case 0:
        gen_two(g, ET_INSTANT, "-", ET_INSTANT, depth);
        return;
    case 1:
        gen_two(g, ET_DATE, "-", ET_DATE, depth);
        return;
    case 2:
        gen_two(g, ET_DURATION, chance(g, 50) ? "+" : "-", ET_DURATION, depth);
        return;
    case 3:
        put(g, "-(");
        gen_value(g, ET_DURATION, depth - 1);
        put(g, ")");
        return;
    default:
        if (chance(g, 50) || !gen_field(g, ET_DURATION))
            gen_duration(g);
        return;
    }
}

static void gen_text(struct gen *g, int depth)
{
    if (depth > 0 && chance(g, 25)) {
        gen_two(g, ET_TEXT, chance(g, 70) ? "+" : "||", ET_TEXT, depth);
        return;
    }
    if (depth > 0 && chance(g, 10) &&
        gen_aggregate(g, chance(g, 50) ? "last" : "first", ET_TEXT, depth))
        return;
    if (chance(g, 15) || !gen_field(g, ET_TEXT))
        gen_text_literal(g);
}

static void gen_ref(struct gen *g)
{
    if (chance(g, 15) || !gen_field(g, ET_REF))
        put(g, "me");
}

static void gen_value(struct gen *g, enum expr_type type, int depth)
{
    if (depth > 0 && chance(g, 10)) {
        bool is_if = chance(g, 50);

        put(g, is_if ? "if(" : "coalesce(");
        if (is_if) {
            gen_condition(g, depth - 1);
            put(g, ", ");
        }
        gen_value(g, type, depth - 1);
        put(g, ", ");
        if (chance(g, 15))
            put(g, "empty");
        else
            gen_value(g, type, depth - 1);
        put(g, ")");
        return;
    }
    switch (type) {
    case ET_NUMBER:
        gen_number(g, depth);
        break;
    case ET_TEXT:
        gen_text(g, depth);
        break;
    case ET_DATE:
    case ET_INSTANT:
        gen_time(g, type, depth);
        break;
    case ET_DURATION:
        gen_span(g, depth);
        break;
    case ET_REF:
        gen_ref(g);
        break;
    default:
        gen_condition(g, depth);
        break;
    }
}

static void gen_compare(struct gen *g, int depth)
{
    static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
    static const enum expr_type types[] = {ET_NUMBER,  ET_NUMBER,   ET_NUMBER, ET_TEXT, ET_DATE,
                                           ET_INSTANT, ET_DURATION, ET_REF,    ET_BOOL};
    enum expr_type type = PICK(&g->w->random, types);
    const char *op =
        type == ET_REF || type == ET_BOOL ? ops[below(g, 2)] : PICK(&g->w->random, ops);

    if (type == ET_BOOL) {
        if (!gen_field(g, ET_BOOL))
            put(g, "(now > today)");
        buf_fmt(g->out, " %s %s", op, chance(g, 50) ? "yes" : "no");
        return;
    }
    depth--;
    gen_value(g, type, depth);
    buf_fmt(g->out, " %s ", op);
    if ((type == ET_DATE || type == ET_INSTANT) && chance(g, 60))
        gen_moment_right(g);
    else if (type == ET_NUMBER && chance(g, 50))
        gen_number_literal(g);
    else
        gen_value(g, type, depth);
}

static void gen_in(struct gen *g, int depth)
{
    static const char *const no[] = {"", "not "};
    const char *maybe = PICK(&g->w->random, no);

    switch (below(g, 6)) {
    case 0:
        gen_value(g, ET_NUMBER, depth - 1);
        buf_fmt(g->out, " %sin (1, 2.50, ", maybe);
        gen_number_literal(g);
        put(g, ", 100)");
        return;
    case 1:
        gen_value(g, chance(g, 50) ? ET_DATE : ET_INSTANT, depth - 1);
        buf_fmt(g->out, " %sin (", maybe);
        gen_moment_right(g);
        put(g, ", ");
        gen_moment_right(g);
        put(g, ")");
        return;
    case 2:
        if (g->object == O_DEAL) {
            buf_fmt(g->out,
                    chance(g, 50) ? "stage %sin ('New', 'Won')"
                                  : "products %sin ('GTX Pro', 'MG Special')",
                    maybe);
            return;
        }
        gen_text(g, depth - 1);
        buf_fmt(g->out, " %sin ('Ann', 'call', 'x')", maybe);
        return;
    case 3:
        if (gen_field(g, ET_SET)) {
            buf_fmt(g->out, " %sin ('vip', 'GTX Pro')", maybe);
            return;
        }
        /* fall through */
    case 4:
        buf_fmt(g->out,
                g->object == O_DEAL && chance(g, 50) ? "team %sin my teams" : "owner %sin my team",
                maybe);
        return;
    default:
        gen_value(g, chance(g, 50) ? ET_DATE : ET_INSTANT, depth - 1);
        buf_fmt(g->out, " %sin ", maybe);
        put(g, chance(g, 50) ? "this quarter" : "last week");
        return;
    }
}

static void gen_between(struct gen *g, int depth)
{
    static const enum expr_type types[] = {ET_NUMBER, ET_NUMBER,  ET_TEXT,
                                           ET_DATE,   ET_INSTANT, ET_DURATION};
    enum expr_type type = PICK(&g->w->random, types);

    gen_value(g, type, depth - 1);
    put(g, chance(g, 30) ? " not between " : " between ");
    for (int i = 0; i < 2; i++) {
        if ((type == ET_DATE || type == ET_INSTANT) && chance(g, 60))
            gen_moment_right(g);
        else
            gen_value(g, type, depth - 2);
        put(g, i ? "" : " and ");
    }
}

static void gen_search(struct gen *g, int depth)
{
    static const char *const verbs[] = {"contains",        "not contains", "starts with",
                                        "not starts with", "ends with",    "not ends with"};

    if (chance(g, 20) && gen_field(g, ET_SET)) {
        put(g, chance(g, 50) ? " contains 'vip'" : " contains 'GTX Pro'");
        return;
    }
    if (chance(g, 8) && g->object == O_DEAL) {
        static const char *const watched[] = {"watchers contains me", "watchers not contains '1001'", "watchers in ('1001', '1003')",
                                              "watchers not in (me, '1002')", "watchers is empty"};

        put(g, PICK(&g->w->random, watched));
        return;
    }
    if (chance(g, 15) && g->object == O_ACTIVITY) {
        static const char *const linked[] = {"links contains '4001'", "links not contains '3002'", "links in ('4001', '3005', '5007', '999999')",
                                             "links not in ('4002')", "links is empty", "links is not empty", "links contains me", "count(links) >= 2"};

        put(g, PICK(&g->w->random, linked));
        return;
    }
    gen_text(g, depth > 1 ? 1 : 0);
    buf_fmt(g->out, " %s ", PICK(&g->w->random, verbs));
    gen_text_literal(g);
}

static void gen_leaf(struct gen *g, int depth)
{
    static const enum expr_type types[] = {ET_NUMBER,   ET_TEXT, ET_DATE, ET_INSTANT,
                                           ET_DURATION, ET_REF,  ET_SET,  ET_BOOL};

    switch (below(g, 14)) {
    case 0:
    case 1:
        if (gen_field(g, PICK(&g->w->random, types))) {
            put(g, chance(g, 50) ? " is empty" : " is not empty");
            return;
        }
        break;
    case 2:
        if (gen_field(g, ET_BOOL))
            return;
        break;
    case 3:
        if (g->object == O_DEAL || g->object == O_TASK || g->object == O_ACCOUNT) {
            put(g, "open");
            return;
        }
        break;
    case 4:
    case 5:
        if (gen_aggregate(g, chance(g, 30) ? "not exists" : "exists", ET_ANY, depth))
            return;
        break;
    case 6:
    case 7:
        gen_in(g, depth);
        return;
    case 8:
        gen_between(g, depth);
        return;
    case 9:
    case 10:
        gen_search(g, depth);
        return;
    case 11:
        if (gen_aggregate(g, "count", ET_ANY, depth)) {
            static const char *const tests[] = {" > 0",  " >= 1", " = 0", " < 1",
                                                " != 0", " <= 0", " = 1", " > 0.5"};

            put(g, PICK(&g->w->random, tests));
            return;
        }
        break;
    default:
        break;
    }
    gen_compare(g, depth);
}

static void gen_condition(struct gen *g, int depth)
{
    if (depth <= 0 || chance(g, 45)) {
        gen_leaf(g, depth > 0 ? depth : 0);
        return;
    }
    if (chance(g, 25)) {
        put(g, "not (");
        gen_condition(g, depth - 1);
        put(g, ")");
        return;
    }
    put(g, "(");
    gen_condition(g, depth - 1);
    put(g, chance(g, 50) ? " and " : " or ");
    gen_condition(g, depth - 1);
    put(g, ")");
}

struct str random_expression(struct world *w, struct arena *arena, int object, enum expr_type want,
                             int depth)
{
    struct buf out = buf_new(arena, 256);
    struct gen g = {w, &out, object, -1};

    if (want == ET_BOOL)
        gen_condition(&g, depth);
    else
        gen_value(&g, want, depth);
    return buf_str(&out);
}
