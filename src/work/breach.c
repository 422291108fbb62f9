/* Breaches: stored, dated facts that a rule was not met. They ask about the process, not about the person: the one who
 * owed it says what got in the way, and only they and the people above them see the name.
 */
#include "work/work_impl.h"
#include "work/breach.sql.h"
#include "base/id.h"

struct err *breach_put(const struct work *w, const struct breach_new *b, int64_t *id)
{
    struct stmt *s;
    int64_t made = id_new(w->now_us), changed = 0;

    TRY(db_stmt(w->tx, &sql_breach_insert, &s));
    db_bind_i64(s, 1, made);
    db_bind_i64(s, 2, b->record_id);
    db_bind_str(s, 3, b->object);
    db_bind_str(s, 4, b->page);
    db_bind_str(s, 5, b->rule);
    bind_opt_i64(s, 6, b->task_id);
    bind_opt_i64(s, 7, b->owed_by);
    db_bind_i64(s, 8, b->at_us);
    bind_opt_i64(s, 9, b->due_us);
    db_bind_i64(s, 10, w->m->version);
    if (b->counted) {
        db_bind_i64(s, 11, b->count_seen);
        db_bind_i64(s, 12, b->count_due);
    } else {
        db_bind_null(s, 11);
        db_bind_null(s, 12);
    }
    db_bind_i64(s, 13, b->clock_us);
    TRY(db_run(s, b->first ? NULL : &changed));
    *id = b->first || changed ? made : 0;
    return NULL;
}

struct err *breach_records(const struct work *w, struct str page, struct str rule, int64_t clock_us,
                           int64_t after, int64_t upto, int64_t **ids, size_t *n)
{
    VEC(int64_t) list = {0};
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_breach_records, &s));
    db_bind_str(s, 1, page);
    db_bind_str(s, 2, rule);
    db_bind_i64(s, 3, clock_us);
    db_bind_i64(s, 4, after);
    db_bind_i64(s, 5, upto);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        VEC_PUSH(w->arena, list) = db_i64(s, 0);
    }
    *ids = list.at;
    *n = list.n;
    return NULL;
}

struct err *breach_met(const struct work *w, int64_t id)
{
    struct stmt *s;

    if (!id)
        return NULL;
    TRY(db_stmt(w->tx, &sql_breach_met, &s));
    db_bind_i64(s, 1, id);
    db_bind_i64(s, 2, w->now_us);
    return db_run(s, NULL);
}

struct err *policy_count(const struct work *w, struct str page, int64_t at_us, int64_t passes,
                         int64_t breaches)
{
    struct expr_env env = work_env(w);
    int64_t day = zone_date(env.zone, at_us);
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_policy_week_add, &s));
    db_bind_str(s, 1, page);
    db_bind_i64(s, 2, day - (civil_weekday(day) - 1));
    db_bind_i64(s, 3, passes);
    db_bind_i64(s, 4, breaches);
    return db_run(s, NULL);
}

/* ---- reading ---- */
static const char breach_list_columns[] =
    "SELECT b.id, b.record_id, b.object, b.page, b.rule, b.task_id, b.owed_by, b.at_us, b.due_us, "
    "b.met_us, b.cause, "
    "b.comment, b.manual_version, b.version, b.count_seen, b.count_due FROM breach b WHERE b.id < ";

/* Names are for the person and those above them; right see-breaches shows all. */
static void breach_scope_sql(struct sql_text *q, const struct actor *a, bool nobodys)
{
    if (a->system || access_right(a, RIGHT_SEE_BREACHES))
        return;
    sql_add(q, nobodys ? " AND (b.owed_by IS NULL OR b.owed_by IN (" : " AND (b.owed_by IN (");
    for (size_t i = 0; i < a->n_below; i++) {
        if (i)
            sql_add(q, ", ");
        sql_add_i64(q, a->below[i]);
    }
    sql_add(q, a->n_below ? "))" : "NULL))");
}

static void breach_row_json(const struct work *w, const struct stmt *s, struct json_writer *jw)
{
    struct str page = col_str(w, s, "page"), object = col_str(w, s, "object");
    const struct page *pg = manual_page(w->m, page);
    const struct object *o = manual_object(w->m, object);
    int64_t record_id = col_i64(s, "record_id"), owed_by = col_i64(s, "owed_by");
    struct record r;

    jw_object(jw);
    jw_kv_id(jw, "id", col_i64(s, "id"));
    jw_kv_i64(jw, "version", col_i64(s, "version"));
    jw_kv_str(jw, "page", page);
    jw_kv_str(jw, "page_label", pg ? pg->label : page);
    jw_kv_str(jw, "rule", col_str(w, s, "rule"));
    jw_kv_str(jw, "object", object);
    jw_kv_id(jw, "record", record_id);
    if (o && !o->built_in && !record_read(w->tx, w->m, o, record_id, &r))
        jw_kv_str(jw, "record_title", record_title(w->arena, w->m, &r));
    jw_kv_id(jw, "task", col_i64(s, "task_id"));
    jw_kv_id(jw, "owed_by", owed_by);
    jw_kv_str(jw, "owed_by_name", who_name(w, owed_by));
    jw_kv_instant(jw, "at", col_i64(s, "at_us"));
    jw_kv_instant(jw, "due", col_i64(s, "due_us"));
    jw_kv_instant(jw, "met", col_i64(s, "met_us"));
    jw_kv_str(jw, "cause", col_str(w, s, "cause"));
    jw_kv_str(jw, "comment", col_str(w, s, "comment"));
    jw_kv_i64(jw, "manual_version", col_i64(s, "manual_version"));
    if (!db_is_null(s, db_col(s, "count_due"))) {
        jw_kv_i64(jw, "count_seen", col_i64(s, "count_seen"));
        jw_kv_i64(jw, "count_due", col_i64(s, "count_due"));
    }
    jw_end_object(jw);
}

struct err *breach_list(struct tx *tx, const struct manual *m, const struct actor *a,
                        struct str filter, struct str cursor, int limit, int64_t now_us,
                        struct buf *json)
{
    struct work w = work_at(tx, m, now_us);
    struct sql_text q = sql_text_new(w.arena, tx_kind(tx));
    struct expr_env env = actor_env(a, now_us);
    struct json_writer jw = json_writer(json);
    const struct expr *e = NULL;
    struct stmt *s;
    int64_t before = INT64_MAX, last = 0;
    int object = manual_object_index(m, "breach"), n = 0;
    bool row;

    limit = limit <= 0 ? PAGE_ROWS_DEFAULT : limit > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : limit;
    if (cursor.len && (!str_to_i64(cursor, &before) || before <= 0))
        return FAIL(w.arena, ERR_INVALID, "query.cursor", NULL,
                    "This cursor is not one of ours; start again without it.");
    if (filter.len && object >= 0) {
        TRY(expr_compile(w.arena, m->schema, object, filter, EXPR_CONDITION, &e));
        TRY(access_check_expr(w.arena, m, a, e));
    }
    sql_add(&q, breach_list_columns);
    sql_add_i64(&q, before);
    breach_scope_sql(&q, a, false);
    if (e) {
        sql_add(&q, " AND ");
        expr_sql_scoped(&q, e, "b", &env, access_expr_scope, (void *)(uintptr_t)a);
    }
    sql_add(&q, " ORDER BY b.id DESC LIMIT ");
    sql_add_i64(&q, (int64_t)limit + 1);
    TRY(sql_prepare(tx, &q, &s));
    jw_object(&jw);
    jw_key(&jw, STR("data"));
    jw_array(&jw);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row || n == limit)
            break;
        n++;
        last = col_i64(s, "id");
        breach_row_json(&w, s, &jw);
    }
    db_done(s);
    jw_end_array(&jw);
    jw_key(&jw, STR("next"));
    if (row)
        jw_str(&jw, str_fmt(w.arena, "%lld", (long long)last));
    else
        jw_null(&jw);
    jw_end_object(&jw);
    return NULL;
}

/* ---- told with the rule ---- */
enum { BREACHES_TOLD = 10 };

static struct str cause_words(struct str cause)
{
    static const char *const words[][2] = {{"unclear", "it was unclear what to do"},
                                           {"no-tool", "a tool was missing"},
                                           {"overload", "there was too much else"},
                                           {"customer", "it was up to the customer"},
                                           {"other", "something else"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(cause, str_from(words[i][0])))
            return str_from(words[i][1]);
    return cause;
}

/* "Rob owed it until Monday, 5 January 2026, 10:00, and it was met on Tuesday, 6 January 2026, 12:00, late by 1 day. What got in the way: ..." */
static struct str breach_words(const struct work *w, const struct zone *zone, const struct stmt *s)
{
    int64_t at = col_i64(s, "at_us"), due = col_i64(s, "due_us"), met = col_i64(s, "met_us"),
            owed_by = col_i64(s, "owed_by");
    struct str cause = col_str(w, s, "cause"), comment = col_str(w, s, "comment");
    struct buf b = buf_new(w->arena, 200);

    if (owed_by)
        buf_fmt(&b, "%.*s owed it until %.*s, and ", STR_ARG(who_name(w, owed_by)),
                STR_ARG(moment_words(w->arena, zone, due ? due : at)));
    else
        buf_fmt(&b, "It was due on %.*s, and ",
                STR_ARG(moment_words(w->arena, zone, due ? due : at)));
    if (!db_is_null(s, db_col(s, "count_due")))
        buf_fmt(&b, "%lld of %lld were there.", (long long)col_i64(s, "count_seen"),
                (long long)col_i64(s, "count_due"));
    else if (!met)
        buf_add(&b, STR("it has not been met since."));
    else
        buf_fmt(&b, "it was met on %.*s%s%.*s.", STR_ARG(moment_words(w->arena, zone, met)),
                met > due && due ? ", late by " : "",
                STR_ARG(met > due && due ? span_words(w->arena, met - due) : STR("")));
    if (cause.len)
        buf_fmt(&b, " What got in the way: %.*s%s%.*s%s.", STR_ARG(cause_words(cause)),
                comment.len ? " (" : "", STR_ARG(comment), comment.len ? ")" : "");
    return buf_str(&b);
}

static void past_json(const struct work *w, const struct stmt *s, struct str words,
                      struct json_writer *jw)
{
    jw_object(jw);
    jw_kv_id(jw, "id", col_i64(s, "id"));
    jw_kv_str(jw, "rule", col_str(w, s, "rule"));
    jw_kv_instant(jw, "at", col_i64(s, "at_us"));
    jw_kv_instant(jw, "due", col_i64(s, "due_us"));
    jw_kv_instant(jw, "met", col_i64(s, "met_us"));
    jw_kv_id(jw, "owed_by", col_i64(s, "owed_by"));
    jw_kv_str(jw, "owed_by_name", who_name(w, col_i64(s, "owed_by")));
    jw_kv_str(jw, "cause", col_str(w, s, "cause"));
    jw_kv_str(jw, "comment", col_str(w, s, "comment"));
    jw_kv_str(jw, "words", words);
    jw_end_object(jw);
}

struct err *breach_past(const struct work *w, const struct actor *a, int64_t record_id,
                        struct str page, struct json_writer *jw, struct buf *text)
{
    struct sql_text q = sql_text_new(w->arena, tx_kind(w->tx));
    struct stmt *s;
    bool row;
    int n = 0;

    sql_add(&q, breach_list_columns);
    sql_add_i64(&q, INT64_MAX);
    sql_add(&q, " AND b.record_id = ");
    sql_add_i64(&q, record_id);
    sql_add(&q, " AND b.page = ");
    sql_add_str(&q, page);
    breach_scope_sql(&q, a, true);
    sql_add(&q, " ORDER BY b.at_us DESC, b.id DESC LIMIT ");
    sql_add_i64(&q, BREACHES_TOLD + 1);
    TRY(sql_prepare(w->tx, &q, &s));
    jw_key(jw, STR("breaches"));
    jw_array(jw);
    for (;;) {
        struct str words, page_rule, rule;

        TRY(db_step(s, &row));
        if (!row || n == BREACHES_TOLD)
            break;
        words = breach_words(w, actor_env(a, w->now_us).zone, s);
        past_json(w, s, words, jw);
        rule = col_str(w, s, "rule");
        page_rule = str_sub(page, str_find_char(page, '/', 0) + 1, SIZE_MAX);
        buf_fmt(text, "%s  %.*s%s%.*s\n", n++ ? "" : "When it was not met:\n",
                STR_ARG(str_eq(rule, page_rule) ? STR("") : rule),
                str_eq(rule, page_rule) || !rule.len ? "" : ": ", STR_ARG(words));
    }
    if (row)
        db_done(s);
    jw_end_array(jw);
    jw_kv_bool(jw, "more_breaches", row);
    if (row)
        buf_add(text, STR("  and earlier, which are not told here\n"));
    return NULL;
}

struct err *breach_cause(struct tx *tx, const struct save_context *cx, int64_t id, struct str cause,
                         struct str comment)
{
    static const char *const causes[] = {"unclear", "no-tool", "overload", "customer", "other"};
    struct work w = work_of(tx, cx);
    struct stmt *s;
    int64_t owed_by, record_id;
    struct str page;
    bool row, known = false, may = cx->actor->system;

    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        known |= str_eq(cause, str_from(causes[i]));
    if (!known)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/cause",
                    "What got in the way is one of: unclear, no-tool, overload, customer, other.");
    if (!utf8_valid(comment) || utf8_count(comment) > NOTE_CHARS_MAX)
        return FAIL(w.arena, ERR_INVALID, "record.field_invalid", "/comment",
                    "The comment is longer than %d characters.", NOTE_CHARS_MAX);
    TRY(db_stmt(tx, &sql_breach_by_id, &s));
    db_bind_i64(s, 1, id);
    TRY(db_step(s, &row));
    owed_by = row ? col_i64(s, "owed_by") : 0;
    record_id = row ? col_i64(s, "record_id") : 0;
    page = row ? col_str(&w, s, "page") : STR("");
    db_done(s);
    for (size_t i = 0; row && i < cx->actor->n_below; i++)
        may |= cx->actor->below[i] == owed_by;
    may |= row && !owed_by && access_right(cx->actor, RIGHT_SEE_BREACHES);
    if (!row || !may)
        return FAIL(w.arena, ERR_NOT_FOUND, "work.not_found", NULL,
                    "There is no such breach, or it is not yours to explain.");
    TRY(db_stmt(tx, &sql_breach_put_cause, &s));
    db_bind_i64(s, 1, id);
    db_bind_str(s, 2, cause);
    bind_opt_str(s, 3, comment);
    TRY(db_run(s, NULL));
    return decision_note(&w, record_id, page, "cause given", cause);
}
