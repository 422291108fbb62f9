/* The list of policies with what became of them. */
#include "work/work_impl.h"
#include "work/breach.sql.h"
#include "work/policy.sql.h"

#define WEEKS_SHOWN 12

static const char *const mode_words[] = {"off", "watch", "remind", "fix", "block"};
static const char *const clock_names[] = {"within", "every", "always"};

static struct err *weeks_json(const struct work *w, struct str page, int64_t from_week,
                              struct json_writer *jw)
{
    struct stmt *s;
    bool row;

    TRY(db_stmt(w->tx, &sql_policy_week_list, &s));
    db_bind_str(s, 1, page);
    db_bind_i64(s, 2, from_week);
    jw_array(jw);
    for (;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        jw_object(jw);
        jw_kv_str(jw, "week", date_text(w->arena, col_i64(s, "week")));
        jw_kv_i64(jw, "passes", col_i64(s, "passes"));
        jw_kv_i64(jw, "breaches", col_i64(s, "breaches"));
        jw_end_object(jw);
    }
    jw_end_array(jw);
    return NULL;
}

static struct err *figures_json(const struct work *w, const struct policy *p,
                                struct json_writer *jw)
{
    struct expr_env env = work_env(w);
    int64_t day = zone_date(env.zone, w->now_us),
            week = day - (civil_weekday(day) - 1) - 7 * (WEEKS_SHOWN - 1);
    int64_t passes = 0, breaches = 0, on_us;
    struct period_owed *owed;
    struct stmt *s;
    size_t n;
    bool row;

    TRY(db_stmt(w->tx, &sql_policy_week_sum, &s));
    db_bind_str(s, 1, p->page->path);
    db_bind_i64(s, 2, week);
    TRY(db_step(s, &row));
    if (row) {
        passes = col_i64(s, "passes");
        breaches = col_i64(s, "breaches");
    }
    db_done(s);
    TRY(policy_on_since(w, p->page->path, &on_us));
    jw_kv_instant(jw, "on_since", on_us == DATE_NONE ? 0 : on_us);
    jw_kv_i64(jw, "passes", passes);
    jw_kv_i64(jw, "breaches", breaches);
    int64_t kept = passes + breaches ? passes * 10000 / (passes + breaches) : 0;

    jw_key(jw, STR("kept_percent"));
    if (passes + breaches)
        jw_real(jw, (double)kept / 100.0);
    else
        jw_null(jw);
    jw_key(jw, STR("weeks"));
    TRY(weeks_json(w, p->page->path, week, jw));
    if (p->clock == PC_EVERY) {
        TRY(period_owed_now(w, p, 0, PAGE_ROWS_MAX, &owed, &n));
        jw_kv_i64(jw, "still_owed", (int64_t)n);
    }
    return NULL;
}

struct err *policy_list(struct tx *tx, const struct manual *m, const struct actor *a,
                        int64_t now_us, struct buf *json)
{
    struct work w = work_at(tx, m, now_us);
    struct json_writer jw = json_writer(json);

    (void)a; /* rules and their counts are everybody's; names and records are not in here */
    jw_object(&jw);
    jw_key(&jw, STR("data"));
    jw_array(&jw);
    for (size_t i = 0; i < m->n_policies; i++) {
        const struct policy *p = &m->policies[i];

        jw_object(&jw);
        jw_kv_str(&jw, "page", p->page->path);
        jw_kv_str(&jw, "label", p->page->label);
        jw_kv_str(&jw, "sentence", p->sentence);
        jw_kv_str(&jw, "why", p->page->why);
        jw_kv_str(&jw, "object", m->objects[p->object].name);
        jw_kv_str(&jw, "mode", str_from(mode_words[p->mode]));
        jw_kv_str(&jw, "clock", str_from(clock_names[p->clock]));
        jw_kv_str(&jw, "owed_by", who_words(&w, &p->owed_by));
        jw_kv_str(&jw, "except", p->except.e ? expr_words(w.arena, p->except.e) : STR(""));
        jw_kv_bool(&jw, "applies_to_all", p->applies_to_all);
        jw_kv_str(&jw, "owner", p->page->owner);
        jw_kv_str(&jw, "review",
                  p->page->review == DATE_NONE ? STR("") : date_text(w.arena, p->page->review));
        TRY(figures_json(&w, p, &jw));
        jw_end_object(&jw);
    }
    jw_end_array(&jw);
    jw_end_object(&jw);
    return NULL;
}
