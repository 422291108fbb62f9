#include "unit/expr/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/expr/test_schema.h"

uint64_t random_next(struct random *r) /* splitmix64 */
{
    uint64_t z = (r->state += 0x9E3779B97F4A7C15U);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

int random_below(struct random *r, int n)
{
    return (int)(random_next(r) % (uint64_t)n);
}

bool random_chance(struct random *r, int percent)
{
    return random_below(r, 100) < percent;
}

static struct str random_text(struct world *w)
{
    static const char *const texts[] = {
        "",
        "Ann",
        "ann",
        "ANN Lee",
        "M\xC3\xBCller GmbH",
        "muller",
        ("stra\xC3\x9F"
         "e"),
        "STRASSE",
        "e\xCC\x81",
        "\xC3\xA9",
        "\xE6\x97\xA5\xE6\x9C\xAC",
        "x%_'\"\\ y",
        "\xF0\x9D\x92\xB3",
        "\xF4\x8F\xBF\xBF",
        "a",
        "ab",
        "abc",
        "~ lead",
        "\xEF\xAC\x81ne",
        "B / Ann",
        "\xED\x9F\xBF",
        "call",
        "0",
        "Ann Lee and a rather long name that goes on",
    };

    return str_from(PICK(&w->random, texts));
}

static int64_t random_number(struct world *w, int scale)
{
    static const int64_t edges[] = {0,
                                    1,
                                    -1,
                                    100,
                                    -100,
                                    1250,
                                    99999,
                                    1000000,
                                    10005,
                                    10000000000,
                                    -999999999999,
                                    INT64_MAX,
                                    -INT64_MAX,
                                    5000000000000000000,
                                    9007199254740993};
    int64_t unit = 1;

    if (random_chance(&w->random, 30))
        return PICK(&w->random, edges);
    for (int i = 0; i < scale; i++)
        unit *= 10;
    if (random_chance(&w->random, 50))
        return random_below(&w->random, 12) * unit;
    return random_below(&w->random, 2000) * unit / 100 - 3 * unit;
}

static int64_t random_day(struct world *w)
{
    static const int64_t far[] = {0,        -1,           5000000,   5000001,
                                  -5000001, 900000000000, INT64_MAX, -INT64_MAX};
    int64_t base =
        civil_days(2026, 3, 29); /* summer time begins in Europe; around the test's now */

    if (random_chance(&w->random, 8))
        return PICK(&w->random, far);
    return base + random_below(&w->random, random_chance(&w->random, 50) ? 20 : 800) -
           (random_chance(&w->random, 50) ? 10 : 400);
}

static int64_t random_moment(struct world *w)
{
    static const int64_t far[] = {0,         -1,         500000000000000000, 500000000000000001,
                                  INT64_MAX, -INT64_MAX, 253402300799999999};
    static const int64_t steps[] = {
        0, -1, 1, US_PER_HOUR, -US_PER_HOUR, 90 * US_PER_MINUTE, 3 * US_PER_HOUR + 1};
    int64_t base = (civil_days(2026, 3, 29) * 24 + 1) *
                   US_PER_HOUR; /* 01:00 UTC: the hour that does not exist in Berlin */

    if (random_chance(&w->random, 8))
        return PICK(&w->random, far);
    return base +
           (random_below(&w->random, 41) - 20) * US_PER_DAY *
               (random_chance(&w->random, 30) ? 17 : 1) +
           PICK(&w->random, steps);
}

static struct str random_set(struct world *w, const struct schema_field *f)
{
    struct buf b = buf_new(w->arena, 64);
    static const char *const tags[] = {"vip", "VIP", "new", "it's",
                                       ("\xC3\xBC"
                                        "ber")};

    for (int i = 0; i < 3; i++) {
        if (f->n_options && random_chance(&w->random, 40))
            buf_fmt(&b, "\x1f%.*s\x1f", STR_ARG(f->options[i]));
        else if (!f->n_options && random_chance(&w->random, 30))
            buf_fmt(&b, "\x1f%s\x1f", PICK(&w->random, tags));
    }
    return buf_str(&b);
}

static int64_t id_of(int object, int n)
{
    return (object + 1) * 1000 + n;
}

static int count_of(int object)
{
    static const int counts[] = {[O_USER] = 5,  [O_TEAM] = 3,      [O_ACCOUNT] = 9,
                                 [O_DEAL] = 36, [O_ACTIVITY] = 40, [O_TASK] = 24};

    return counts[object];
}

static struct expr_val random_value(struct world *w, const struct schema_field *f)
{
    struct expr_val v = {.type = field_types[f->type].expr_type};

    if (random_chance(&w->random, 22) || f->formula)
        return (struct expr_val){.type = ET_EMPTY};
    switch (v.type) {
    case ET_BOOL:
        v.b = random_chance(&w->random, 50);
        v.i = v.b;
        break;
    case ET_NUMBER:
        v.i = random_number(w, f->scale);
        v.exact = true;
        v.scale = f->scale;
        break;
    case ET_DATE:
        v.i = random_day(w);
        break;
    case ET_INSTANT:
        v.i = random_moment(w);
        break;
    case ET_DURATION:
        v.i = random_chance(&w->random, 10) ? random_moment(w)
                                            : random_below(&w->random, 100) * US_PER_HOUR *
                                                  (random_chance(&w->random, 10) ? -1 : 1);
        break;
    case ET_REF: /* now and then to a record that does not exist */
        v.i = f->to < 0 ? 1 + random_below(&w->random, 9)
                        : id_of(f->to, random_below(&w->random, count_of(f->to) + 1));
        break;
    case ET_SET:
        v.s = random_set(w, f);
        break;
    default:
        v.s = random_text(w);
        if (f->n_options)
            v.s = f->options[random_below(&w->random, (int)f->n_options)];
        if (f->type == FT_PHONE)
            v.s = random_chance(&w->random, 50) ? STR("+4917012345") : STR("+12025550100");
        if (f->type == FT_AUTO_NUMBER)
            v.s = str_fmt(w->arena, "D-%05d", random_below(&w->random, 30));
        break;
    }
    return v;
}

bool world_hidden(const struct world *w, int64_t id)
{
    return w->hide && id % 3 == 0;
}

void world_scope(void *ctx, struct sql_text *q, int object, const char *alias)
{
    const struct world *w = ctx;

    if (!w->hide || object == O_TEAM)
        return; /* adds nothing: must leave a whole statement behind */
    sql_add(q, alias);
    sql_add(q, ".id % ");
    sql_add_i64(q, 3);
    sql_add(q, " <> 0");
}

/* ---- In memory ---- */

static struct expr_val get(void *ctx, struct arena *arena, int field)
{
    struct expr_val v = ((struct world_row *)ctx)->vals[field];

    if (v.type == ET_TEXT && v.s.len % 2)
        v.fold = utf8_fold(arena, v.s); /* with and without */
    return v;
}

static struct expr_val get_before(void *ctx, struct arena *arena, int field)
{
    (void)arena;
    return ((struct world_row *)ctx)->before[field];
}

static bool in_sight(const struct world_row *row)
{
    return !row->binned && (row->object == O_TEAM || !world_hidden(row->world, row->id));
}

static bool follow(void *ctx, struct arena *arena, int field, struct expr_record *to)
{
    struct world_row *row = ctx;
    struct world *w = row->world;

    (void)arena;
    for (size_t i = 0; i < w->n_rows; i++)
        if (row->vals[field].type == ET_REF &&
            w->rows[i].object == w->schema->objects[row->object].fields[field].to_object &&
            w->rows[i].id == row->vals[field].i && in_sight(&w->rows[i])) {
            *to = world_record(&w->rows[i]);
            return true;
        }
    return false;
}

static bool is_related(const struct world_row *outer, const struct expr_relation *rel,
                       const struct world_row *row)
{
    const struct world *w = outer->world;
    int64_t field;

    if (rel->join == EJ_RECORD)
        return row->record_id == outer->id;
    if (rel->join == EJ_BACK_REF) {
        if (!strmap_get(w->schema->objects[row->object].field_by_name, rel->via, &field))
            abort();
        return row->vals[field].type == ET_REF && row->vals[field].i == outer->id;
    }
    for (size_t i = 0; i < w->n_links; i++)
        if (str_eq(w->links[i].field, rel->via) &&
            w->links[i].from == (rel->join == EJ_LINK ? row->id : outer->id) &&
            w->links[i].to == (rel->join == EJ_LINK ? outer->id : row->id))
            return true;
    return false;
}

static void related(void *ctx, struct arena *arena, int relation,
                    bool (*each)(void *each_ctx, const struct expr_record *rec), void *each_ctx)
{
    struct world_row *outer = ctx;
    struct world *w = outer->world;
    const struct expr_relation *rel = &w->schema->objects[outer->object].relations[relation];

    (void)arena;
    for (size_t i = w->n_rows; i-- > 0;) { /* backwards: the order must not matter */
        struct expr_record rec = world_record(&w->rows[i]);

        bool kind = rel->object >= 0 ? w->rows[i].object == rel->object
                                     : schema_objects[w->rows[i].object].bin != NULL;

        if (kind && in_sight(&w->rows[i]) &&
            is_related(outer, rel, &w->rows[i]) && !each(each_ctx, &rec))
            return;
    }
}

struct expr_record world_record(struct world_row *row)
{
    return (struct expr_record){
        .object = &row->world->schema->objects[row->object],
        .ctx = row,
        .get = get,
        .get_before = row->before ? get_before : NULL,
        .follow = follow,
        .related = related,
        .id = row->id,
    };
}

/* ---- In tables ---- */

static struct err *create_table(struct world *w, struct tx *tx, int object)
{
    const struct expr_object *o = &w->schema->objects[object];
    const char *text = tx_kind(tx) == DB_POSTGRES ? "TEXT COLLATE \"C\"" : "TEXT";
    struct buf b = buf_new(w->arena, 1024);

    buf_fmt(
        &b,
        "CREATE TABLE %.*s (id BIGINT NOT NULL PRIMARY KEY, record_id BIGINT, deleted_at BIGINT",
        STR_ARG(o->table));
    for (size_t i = 0; i < o->n_fields; i++) {
        const struct expr_field *f = &o->fields[i];
        enum field_store store = field_types[f->type].store;

        if (!f->column.len)
            continue;
        buf_fmt(&b, ", \"%.*s\" %s", STR_ARG(f->column),
                store == FS_I64 || store == FS_MONEY ? "BIGINT" : text);
        if (store == FS_TEXT_FOLD)
            buf_fmt(&b, ", \"%.*s$f\" %s", STR_ARG(f->column), text);
    }
    buf_add(&b, STR(")"));
    return db_exec(tx, buf_str(&b));
}

static struct err *insert_row(struct world *w, struct tx *tx, struct world_row *row)
{
    const struct expr_object *o = &w->schema->objects[row->object];
    struct sql_text q = sql_text_new(w->arena, tx_kind(tx)),
                    values = sql_text_new(w->arena, tx_kind(tx));
    struct stmt *stmt;

    buf_fmt(&q.text, "INSERT INTO %.*s (id, record_id, deleted_at", STR_ARG(o->table));
    sql_add_i64(&values, row->id);
    buf_fmt(&values.text, ", %lld, %s", (long long)row->record_id, row->binned ? "1" : "NULL");
    for (size_t i = 0; i < o->n_fields; i++) {
        const struct expr_field *f = &o->fields[i];
        enum field_store store = field_types[f->type].store;
        const struct expr_val *v = &row->vals[i];

        if (!f->column.len)
            continue;
        buf_fmt(&q.text, ", \"%.*s\"", STR_ARG(f->column));
        sql_add(&values, ", ");
        if (v->type == ET_EMPTY)
            sql_add_null(&values);
        else if (v->type == ET_TEXT || v->type == ET_SET)
            sql_add_str(&values, v->s);
        else
            sql_add_i64(&values, v->i);
        if (store != FS_TEXT_FOLD)
            continue;
        buf_fmt(&q.text, ", \"%.*s$f\"", STR_ARG(f->column));
        sql_add(&values, ", ");
        if (v->type == ET_EMPTY)
            sql_add_null(&values);
        else
            sql_add_str(&values, utf8_fold(w->arena, v->s));
    }
    buf_fmt(&q.text, ") VALUES (%.*s)", STR_ARG(buf_str(&values.text)));
    q.params.at = values.params.at;
    q.params.n = values.params.n;
    TRY(sql_prepare(tx, &q, &stmt));
    return db_run(stmt, NULL);
}

static struct err *insert_link(struct world *w, struct tx *tx, const struct world_link *l)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(tx));
    struct stmt *stmt;

    sql_add(&q, "INSERT INTO link (field, from_id, to_id) VALUES (");
    sql_add_str(&q, l->field);
    buf_fmt(&q.text, ", %lld, %lld)", (long long)l->from, (long long)l->to);
    TRY(sql_prepare(tx, &q, &stmt));
    return db_run(stmt, NULL);
}

static void make_rows(struct world *w)
{
    int total = 0;

    for (int o = 0; o < O_COUNT; o++)
        total += count_of(o);
    w->rows = NEW_ARRAY(w->arena, total, struct world_row);
    for (int o = 0; o < O_COUNT; o++)
        for (int i = 0; i < count_of(o); i++) {
            struct world_row *row = &w->rows[w->n_rows++];

            *row = (struct world_row){.world = w, .object = o, .id = id_of(o, i)};
            row->record_id = o == O_TASK ? id_of(O_DEAL, random_below(&w->random, 12)) : 0;
            row->binned = schema_objects[o].bin && random_chance(&w->random, 12);
            row->vals = NEW_ARRAY(w->arena, 64, struct expr_val);
            for (int f = 0; schema_objects[o].fields[f].name; f++)
                row->vals[f] = random_value(w, &schema_objects[o].fields[f]);
        }
}

static void make_links(struct world *w)
{
    static const struct {
        struct str field;
        int from, to;
    } kinds_of_link[] = {{{"activity.deals", 14}, O_ACTIVITY, O_DEAL},
                         {{"activity.accounts", 17}, O_ACTIVITY, O_ACCOUNT},
                         {{"deal.watchers", 13}, O_DEAL, O_USER},
                         {{"activity.links", 14}, O_ACTIVITY, O_DEAL},
                         {{"activity.links", 14}, O_ACTIVITY, O_ACCOUNT},
                         {{"activity.links", 14}, O_ACTIVITY, O_ACTIVITY},
                         {{"activity.links", 14}, O_ACTIVITY, O_TASK}}; /* no bin: no record to link to */

    w->links = NEW_ARRAY(w->arena, 10000, struct world_link);
    for (size_t k = 0; k < sizeof kinds_of_link / sizeof *kinds_of_link; k++)
        for (int i = 0; i < count_of(kinds_of_link[k].from); i++)
            for (int j = 0; j < count_of(kinds_of_link[k].to); j++)
                if (random_chance(&w->random, k == 2 ? 20 : k > 2 ? 3 : 8))
                    w->links[w->n_links++] =
                        (struct world_link){kinds_of_link[k].field, id_of(kinds_of_link[k].from, i),
                                            id_of(kinds_of_link[k].to, j)};
}

struct err *world_fill(struct world *w, struct tx *tx)
{
    bool has_link;

    w->n_rows = w->n_links = 0; /* the job may run twice */
    make_rows(w);
    make_links(w);
    TRY(db_has_table(tx, STR("link"), &has_link));
    if (!has_link)
        TRY(db_exec(tx, STR("CREATE TABLE link (field TEXT NOT NULL, from_id BIGINT NOT NULL, "
                            "to_id BIGINT NOT NULL)")));
    for (int o = 0; o < O_COUNT; o++)
        TRY(create_table(w, tx, o));
    for (size_t i = 0; i < w->n_rows; i++)
        TRY(insert_row(w, tx, &w->rows[i]));
    for (size_t i = 0; i < w->n_links; i++)
        TRY(insert_link(w, tx, &w->links[i]));
    return NULL;
}
