/* The engine's diary: why something ran, stopped, or was let through. Kept for DECISION_KEEP_US. */
#include "work/work_impl.h"
#include "work/decision.sql.h"
#include "base/id.h"

struct err *decision_note(const struct work *w, int64_t record_id, struct str page,
                          const char *what, struct str detail)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_decision_insert, &s));
    db_bind_i64(s, 1, id_new(w->now_us));
    db_bind_i64(s, 2, w->now_us);
    bind_opt_i64(s, 3, record_id);
    db_bind_str(s, 4, page.ptr ? page : STR(""));
    db_bind_str(s, 5, str_from(what));
    bind_opt_str(s, 6, detail);
    bind_opt_i64(s, 7, w->by_user);
    db_bind_i64(s, 8, w->m->version);
    return db_run(s, NULL);
}

struct err *decision_prune(const struct work *w)
{
    struct stmt *s;

    TRY(db_stmt(w->tx, &sql_decision_prune, &s));
    db_bind_i64(s, 1, w->now_us - DECISION_KEEP_US);
    return db_run(s, NULL);
}

struct err *decision_json(const struct work *w, int64_t record_id, struct str page, int limit,
                          struct json_writer *jw, struct buf *text)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_decision_of_record_page, &s));
    db_bind_i64(s, 1, record_id);
    db_bind_str(s, 2, page.ptr ? page : STR(""));
    db_bind_i64(s, 3, limit);
    jw_array(jw);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        struct str what = col_str(w, s, "what"), detail = col_str(w, s, "detail");

        jw_object(jw);
        jw_kv_instant(jw, "at", col_i64(s, "at_us"));
        jw_kv_str(jw, "page", col_str(w, s, "page"));
        jw_kv_str(jw, "what", what);
        jw_kv_str(jw, "detail", detail);
        jw_kv_id(jw, "by", col_i64(s, "by_user"));
        jw_kv_i64(jw, "manual_version", col_i64(s, "manual_version"));
        jw_end_object(jw);
        if (text)
            buf_fmt(text, "  %.*s  %.*s%s%.*s\n",
                    STR_ARG(instant_text(w->arena, col_i64(s, "at_us"))), STR_ARG(what),
                    detail.len ? ": " : "", STR_ARG(detail));
    }
    jw_end_array(jw);
    return NULL;
}
