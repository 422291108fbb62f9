/* Statements in the making: text, parameters, and the entries from other rooms. */
#include "expr/sql_impl.h"

struct sql_text sql_text_new(struct arena *arena, enum db_kind kind)
{
    return (struct sql_text){.kind = kind, .text = buf_new(arena, 512)};
}

void sql_add(struct sql_text *q, const char *sql)
{
    buf_add(&q->text, str_from(sql));
}

void sql_add_ident(struct sql_text *q, struct str name)
{
    buf_add_char(&q->text, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_add_char(&q->text, '"');
        buf_add_char(&q->text, name.ptr[i]);
    }
    buf_add_char(&q->text, '"');
}

/* PostgreSQL wants to know the type of each parameter; SQLite takes it from the value. */
static void add_param(struct sql_text *q, struct sql_param p, const char *type)
{
    VEC_PUSH(q->text.arena, q->params) = p;
    if (q->kind == DB_POSTGRES && type)
        buf_fmt(&q->text, "CAST($%zu AS %s)", q->params.n, type);
    else
        buf_fmt(&q->text, "$%zu", q->params.n);
}

void sql_add_i64(struct sql_text *q, int64_t v)
{
    add_param(q, (struct sql_param){.kind = SP_I64, .i = v}, "BIGINT");
}

void sql_add_str(struct sql_text *q, struct str v)
{
    add_param(q, (struct sql_param){.kind = SP_STR, .s = v}, "TEXT");
}

void sql_add_real(struct sql_text *q, double v)
{
    add_param(q, (struct sql_param){.kind = SP_REAL, .d = v}, "DOUBLE PRECISION");
}

void sql_add_null(struct sql_text *q)
{
    sql_add(q, "NULL");
}

struct err *sql_prepare(struct tx *tx, struct sql_text *q, struct stmt **out)
{
    TRY(db_stmt_text(tx, buf_str(&q->text), out));
    for (size_t i = 0; i < q->params.n; i++) {
        const struct sql_param *p = &q->params.at[i];
        int n = (int)i + 1;

        if (p->kind == SP_I64)
            db_bind_i64(*out, n, p->i);
        else if (p->kind == SP_REAL)
            db_bind_real(*out, n, p->d);
        else if (p->kind == SP_STR)
            db_bind_str(*out, n, p->s);
        else
            db_bind_null(*out, n);
    }
    return NULL;
}

void expr_sql_scoped(struct sql_text *q, const struct expr *e, const char *alias,
                     const struct expr_env *env, expr_scope_fn scope, void *scope_ctx)
{
    struct sx sx = {.q = q,
                    .schema = e->schema,
                    .env = env,
                    .alias = alias,
                    .scope = scope,
                    .scope_ctx = scope_ctx};

    sql_add(q, "(");
    if (e->use & EXPR_CONDITION)
        sql_condition(&sx, e->root);
    else
        sql_value(&sx, e->root);
    sql_add(q, ")");
}

void expr_sql(struct sql_text *q, const struct expr *e, const char *alias,
              const struct expr_env *env)
{
    expr_sql_scoped(q, e, alias, env, NULL, NULL);
}

void expr_sql_field(struct sql_text *q, const struct expr_object *object,
                    const struct expr_field *field, const char *alias, const struct expr_env *env)
{
    (void)object;
    if (field->formula) {
        struct sx sx = {.q = q, .schema = field->formula->schema, .env = env, .alias = alias};

        sql_add(q, "(");
        sql_value(&sx, field->formula->root);
        sql_add(q, ")");
        return;
    }
    sql_add(q, alias);
    sql_add(q, ".");
    if (field_has_fold(field))
        sql_add_ident(q, str_fmt(q->text.arena, "%.*s$f", STR_ARG(field->column)));
    else
        sql_add_ident(q, field->column);
}

struct sql_alias sql_alias_new(const struct sx *sx, char letter)
{
    struct sql_alias a;
    size_t n = 0;
    char digits[12];
    int v = ++sx->q->aliases, d = 0;

    do
        digits[d++] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    a.name[n++] = letter;
    while (d > 0)
        a.name[n++] = digits[--d];
    a.name[n] = 0;
    return a;
}

void sql_column(const struct sx *sx, const char *alias, struct str column)
{
    sql_add(sx->q, alias);
    sql_add(sx->q, ".");
    sql_add_ident(sx->q, column);
}

void sql_int(const struct sx *sx, int64_t literal)
{
    buf_add_i64(&sx->q->text, literal);
}

void sql_barrier(const struct sx *sx)
{
    sql_add(sx->q, sx->q->kind == DB_POSTGRES ? " OFFSET 0" : " LIMIT -1");
}

/* Row rights on a record that is read through; nothing if access adds nothing. */
static void add_scope(const struct sx *sx, int object, const char *alias)
{
    size_t before = sx->q->text.len, after;

    if (!sx->scope)
        return;
    sql_add(sx->q, " AND (");
    after = sx->q->text.len;
    sx->scope(sx->scope_ctx, sx->q, object, alias);
    if (sx->q->text.len == after)
        sx->q->text.len = before;
    else
        sql_add(sx->q, ")");
}

static void add_row_conditions(const struct sx *sx, int object, const char *alias)
{
    const struct expr_object *o = &sx->schema->objects[object];

    if (o->bin_column.len) {
        sql_add(sx->q, " AND ");
        sql_column(sx, alias, o->bin_column);
        sql_add(sx->q, " IS NULL");
    }
    add_scope(sx, object, alias);
}

static const struct sx *level(const struct sx *sx, const struct path *path)
{
    for (int i = 0; i < path->up && sx->outer; i++)
        sx = sx->outer;
    return sx;
}

bool sql_is_plain(const struct sx *sx, const struct node *n)
{
    const struct expr_field *f;

    if ((n->kind != NK_FIELD && n->kind != NK_WAS) || n->path.n_hops)
        return false;
    f = path_field(sx->schema, &n->path);
    return !f || !f->formula;
}

void sql_plain(const struct sx *sx, const struct node *n)
{
    const struct expr_field *f = path_field(sx->schema, &n->path);

    sql_column(sx, level(sx, &n->path)->alias, f ? f->column : STR("id"));
}

/* (SELECT end FROM t1 JOIN t2 ON t2.id = t1.ref WHERE t1.id = r.ref AND nothing on the way is in the bin or hidden) */
void sql_path(const struct sx *sx, const struct path *path, sql_end_fn fn, const void *arg)
{
    const struct sx *base = level(sx, path);
    struct sql_alias alias[EXPR_HOPS_MAX];
    int object[EXPR_HOPS_MAX];
    struct sx end = *base;

    if (path->n_hops == 0) {
        fn(base, arg);
        return;
    }
    for (int i = 0; i < path->n_hops; i++) {
        alias[i] = sql_alias_new(sx, 'h');
        object[i] = sx->schema->objects[path->hop[i].object].fields[path->hop[i].field].to_object;
    }
    end.alias = alias[path->n_hops - 1].name;
    end.outer = NULL;
    sql_add(sx->q, "(SELECT ");
    fn(&end, arg);
    for (int i = 0; i < path->n_hops; i++) {
        struct str ref = sx->schema->objects[path->hop[i].object].fields[path->hop[i].field].column;

        sql_add(sx->q, i ? " JOIN " : " FROM ");
        sql_add_ident(sx->q, sx->schema->objects[object[i]].table);
        sql_add(sx->q, " ");
        sql_add(sx->q, alias[i].name);
        if (i) {
            sql_add(sx->q, " ON ");
            sql_column(sx, alias[i].name, STR("id"));
            sql_add(sx->q, " = ");
            sql_column(sx, alias[i - 1].name, ref);
        }
    }
    sql_add(sx->q, " WHERE ");
    sql_column(sx, alias[0].name, STR("id"));
    sql_add(sx->q, " = ");
    sql_column(sx, base->alias,
               sx->schema->objects[path->hop[0].object].fields[path->hop[0].field].column);
    for (int i = 0; i < path->n_hops; i++)
        add_row_conditions(sx, object[i], alias[i].name);
    sql_add(sx->q, ")");
}

static void end_id(const struct sx *sx, const void *arg)
{
    (void)arg;
    sql_column(sx, sx->alias, STR("id"));
}

void sql_related_alias(const struct sx *sx, struct sql_alias *alias, struct sx *inner)
{
    *alias = sql_alias_new(sx, 'e');
    *inner = *sx;
    inner->alias = alias->name;
    inner->outer = sx;
}

/* Links to records of any kind: FROM (SELECT to_id AS id FROM link ...) e WHERE it is a record that exists and may be seen. */
static void any_related_from(const struct sx *sx, const struct node *n,
                             const struct expr_relation *rel, const struct sx *inner)
{
    struct sql_alias l = sql_alias_new(sx, 'l');
    bool first = true;

    sql_add(sx->q, " FROM (SELECT ");
    sql_column(sx, l.name, STR("to_id"));
    sql_add(sx->q, " AS id FROM link ");
    sql_add(sx->q, l.name);
    sql_add(sx->q, " WHERE ");
    sql_column(sx, l.name, STR("from_id"));
    sql_add(sx->q, " = ");
    sql_path(sx, &n->path, end_id, NULL);
    sql_add(sx->q, " AND ");
    sql_column(sx, l.name, STR("field"));
    sql_add(sx->q, " = ");
    sql_add_str(sx->q, rel->via);
    sql_add(sx->q, ") ");
    sql_add(sx->q, inner->alias);
    sql_add(sx->q, " WHERE (");
    for (size_t i = 0; i < sx->schema->n_objects; i++) {
        const struct expr_object *o = &sx->schema->objects[i];
        struct sql_alias t;

        if (!o->bin_column.len) /* what the engine keeps is linked to nothing */
            continue;
        t = sql_alias_new(sx, 't');
        sql_add(sx->q, first ? "EXISTS (SELECT 1 FROM " : " OR EXISTS (SELECT 1 FROM ");
        first = false;
        sql_add_ident(sx->q, o->table);
        sql_add(sx->q, " ");
        sql_add(sx->q, t.name);
        sql_add(sx->q, " WHERE ");
        sql_column(sx, t.name, STR("id"));
        sql_add(sx->q, " = ");
        sql_column(sx, inner->alias, STR("id"));
        add_row_conditions(sx, (int)i, t.name);
        sql_add(sx->q, ")");
    }
    sql_add(sx->q, first ? "1 = 0)" : ")");
    if (n->kids[0]) {
        sql_add(sx->q, " AND ");
        sql_condition(inner, n->kids[0]);
    }
}

void sql_related_from(const struct sx *sx, const struct node *n, const struct sx *inner)
{
    const struct expr_relation *rel = &sx->schema->objects[n->path.object].relations[n->relation];
    bool link = rel->join == EJ_LINK || rel->join == EJ_LINK_OUT;
    struct sql_alias l;

    if (n->inner < 0) {
        any_related_from(sx, n, rel, inner);
        return;
    }
    l = link ? sql_alias_new(sx, 'l') : (struct sql_alias){{0}};
    sql_add(sx->q, " FROM ");
    sql_add_ident(sx->q, sx->schema->objects[n->inner].table);
    sql_add(sx->q, " ");
    sql_add(sx->q, inner->alias);
    if (link) {
        sql_add(sx->q, " JOIN link ");
        sql_add(sx->q, l.name);
        sql_add(sx->q, " ON ");
        sql_column(sx, l.name, rel->join == EJ_LINK ? STR("from_id") : STR("to_id"));
        sql_add(sx->q, " = ");
        sql_column(sx, inner->alias, STR("id"));
    }
    sql_add(sx->q, " WHERE ");
    if (link)
        sql_column(sx, l.name, rel->join == EJ_LINK ? STR("to_id") : STR("from_id"));
    else
        sql_column(sx, inner->alias, rel->join == EJ_RECORD ? STR("record_id") : rel->via);
    sql_add(sx->q, " = ");
    sql_path(sx, &n->path, end_id, NULL);
    if (link) {
        sql_add(sx->q, " AND ");
        sql_column(sx, l.name, STR("field"));
        sql_add(sx->q, " = ");
        sql_add_str(sx->q, rel->via);
    }
    add_row_conditions(sx, n->inner, inner->alias);
    if (n->kids[0]) {
        sql_add(sx->q, " AND ");
        sql_condition(inner, n->kids[0]);
    }
}

struct sql_once sql_once_begin(const struct sx *sx, const struct node *n, bool repeated, bool real)
{
    struct sql_once o = {.sx = sx, .n = n, .real = real};

    o.wrapped = repeated && !n->constant && !sql_is_plain(sx, n);
    if (o.wrapped) {
        o.name = sql_alias_new(sx, 'q');
        sql_add(sx->q, "(SELECT ");
    }
    return o;
}

void sql_once_use(const struct sql_once *o, bool raw)
{
    if (o->wrapped) {
        sql_add(o->sx->q, o->name.name);
        sql_add(o->sx->q, ".v");
    } else if (raw && !o->n->constant && sql_is_plain(o->sx, o->n)) {
        sql_plain(o->sx, o->n);
    } else if (o->real) {
        sql_real(o->sx, o->n);
    } else {
        sql_value(o->sx, o->n);
    }
}

void sql_once_end(const struct sql_once *o)
{
    if (!o->wrapped)
        return;
    sql_add(o->sx->q, " FROM (SELECT ");
    if (o->real)
        sql_real(o->sx, o->n);
    else
        sql_value(o->sx, o->n);
    sql_add(o->sx->q, " AS v");
    sql_barrier(o->sx);
    sql_add(o->sx->q, ") ");
    sql_add(o->sx->q, o->name.name);
    sql_add(o->sx->q, ")");
}
