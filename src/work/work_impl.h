#pragma once
/* What the files of the engine share. Nothing here is for other rooms.
 *
 * Every inner call takes a struct work: the transaction, the snapshot, the moment, and how deep rules have triggered
 * rules. The moment of a timer is its own due time, not the time at which somebody got round to it; a week switched off
 * therefore leaves the same tasks and breaches as a week of running.
 */
#include "base/limits.h"
#include "work/due.h"
#include "work/work.h"

#define STAGE_MOVES_MAX 32             /* stages one save may move a run through: a workflow has fewer */
#define NOTICES_PER_DAY_MAX 20         /* rows per person and day; beyond, one row counts the rest */
#define NOTICE_MAIL_DELAY_US (15 * US_PER_MINUTE) /* a mail collects what comes within that time */
#define SWEEP_BATCH 500                /* records one query of a sweep hands out */
#define OUTER_RECORDS_MAX 1000         /* records one change may make the engine look at through references */
#define DAY_TASKS_MAX 2000             /* open tasks of one person that take part in the ordering of a day */
#define CANDIDATES_MAX 200             /* people compared when somebody with room is looked for */
#define DECISION_KEEP_US (180 * US_PER_DAY)
#define MOMENT_MAX_US 7258118400000000LL /* year 2200: far enough, and far from overflow */
#define OUTBOX_ATTEMPTS_MAX 10
#define OUTBOX_REASON_BYTES_MAX 500
#define CUSTOMER_MAILS_PER_DAY_MAX 300  /* of one person: more is a campaign, or somebody else at their desk */
#define OUTBOX_KEEP_US (30 * US_PER_DAY) /* closed items, for whoever asks what became of a mail */
#define NOTICE_MAIL_LINES_MAX 20       /* notices one mail names; the others are counted */
#define TASK_TITLE_CHARS_MAX 200
#define NOTE_CHARS_MAX 10000

/* ---- the place of work ---- */
struct work {
    struct tx *tx;
    struct arena *arena;
    const struct manual *m;
    int64_t now_us;
    int depth;       /* of the save that led here */
    int64_t by_user; /* who acts; 0: the program */
    bool dry_run;    /* nothing may leave: no outbox */
};
struct work work_of(struct tx *tx, const struct save_context *cx);
struct work work_at(struct tx *tx, const struct manual *m, int64_t now_us);
/* The environment of rules: nobody's "me", the company's calendar. */
struct expr_env work_env(const struct work *w);
/* A save in the name of a page, one level deeper. */
struct save_context work_save_context(const struct work *w, struct str page);
/* Is this record a live one: neither archived nor in the bin? */
bool record_is_live(const struct record *r);
bool value_filled(const struct value *v);
int64_t record_owner_id(const struct record *r);
/* Index of the workflow or policy with that page path; -1 if none. */
int workflow_index(const struct manual *m, struct str path);
int policy_index(const struct manual *m, struct str path);
int escalation_index(const struct manual *m, struct str path_or_name);

/* Can the truth of this condition change without a save: with the clock, or with tasks, runs and breaches? */
bool rule_is_swept(const struct work *w, const struct rule *rule);
bool rule_reads_engine(const struct work *w, const struct rule *rule); /* tasks, runs, breaches ... */

/* The transaction as a whole cannot go on; anything else concerns one rule alone. */
bool err_stops(const struct err *e);

/* Binding: 0 and DATE_NONE and empty texts become NULL. */
void bind_opt_i64(struct stmt *s, int param, int64_t v);
void bind_opt_str(struct stmt *s, int param, struct str v);
struct str col_str(const struct work *w, const struct stmt *s, const char *name); /* copied; NULL: empty */
int64_t col_i64(const struct stmt *s, const char *name);                          /* NULL: 0 */
struct str span_words(struct arena *arena, int64_t us); /* "12 min", "5 h", "3 days" */

/* ---- decision.c ---- */
MUST_USE struct err *decision_note(const struct work *w, int64_t record_id, struct str page, const char *what, struct str detail);
MUST_USE struct err *decision_prune(const struct work *w);
MUST_USE struct err *decision_json(const struct work *w, int64_t record_id, struct str page, int limit, struct json_writer *jw,
                                   struct buf *text);

/* ---- timer.c ---- */
#define TIMER_KINDS(X) X(TASK, "task") X(REMIND, "remind") X(POLICY, "policy") X(IDLE, "idle") \
    X(ESCALATION, "escalation") X(PERIOD, "period") X(SWEEP, "sweep")
enum timer_kind {
#define X(id, word) TIMER_##id,
    TIMER_KINDS(X)
#undef X
    TIMER_KIND_COUNT
};
struct timer {
    struct str name, page, note;
    enum timer_kind kind;
    int64_t id, due_us, record_id, ref_id;
};
/* Sets or moves a timer; one that would be due already is due now. */
MUST_USE struct err *timer_set(const struct work *w, const struct timer *t);
MUST_USE struct err *timer_drop(const struct work *w, struct str name);
MUST_USE struct err *timer_drop_record(const struct work *w, int64_t record_id);
MUST_USE struct err *timer_drop_page(const struct work *w, struct str page);

/* ---- who.c ---- */
struct person_info { /* what the engine asks about people, read once per transaction */
    struct person p;
    const struct worktime *worktime;
    bool there, found; /* found: there and active */
    bool above_known;
    int64_t above;   /* the superior, once asked */
    int64_t day;     /* of the answer about leave; 0: not asked */
    int64_t cover;
    bool absent;
};
MUST_USE struct err *who_person(const struct work *w, int64_t user, const struct person_info **out);
void who_forget(struct tx *tx); /* after a user or team changed */
bool person_has_role(const struct person *p, struct str role);
/* The calendar by which a person's time counts; user 0: the company's. */
MUST_USE struct err *who_worktime(const struct work *w, int64_t user, const struct worktime **out);
MUST_USE struct err *who_absent(const struct work *w, int64_t user, int64_t at_us, bool *absent, int64_t *cover);
/* Whose is a step or rule that names a role? *user 0: nobody in particular; it shows to everyone holding *role. */
MUST_USE struct err *who_for_role(const struct work *w, struct str role, const struct record *r, struct str page_owner, int64_t *user,
                                  struct str *role_out);
MUST_USE struct err *who_resolve(const struct work *w, const struct who *who, const struct record *r, struct str page_owner,
                                 int64_t *user, struct str *role_out);
/* The same for a call that must reach somebody at at_us: absent people are replaced. *instead_of: who was meant. */
MUST_USE struct err *who_reachable(const struct work *w, const struct who *who, const struct record *r, int64_t at_us,
                                   bool cover_superior, int64_t *user, int64_t *instead_of);
/* "a sales manager", "the owner's superior"; the second for the role of a task that nobody has taken. */
struct str who_words(const struct work *w, const struct who *who);
struct str who_role_words(const struct work *w, struct str role);
struct str who_name(const struct work *w, int64_t user); /* for people; empty if gone */

/* ---- task.c ---- */
struct task_new {
    int64_t record_id, owed_by, run_id, due_us, by_user, not_before_us;
    struct str object, title, page, step, stage, kind, role, note, cause;
    int priority;
    bool optional;
    bool first; /* nothing can have had this cause before: the database is not asked */
};
struct task_row { /* a task with what only the engine knows */
    struct task t;
    struct str stage, cause;
    bool optional;
};
/* Opens a task unless one with the same cause is open; *id of the new or the open one, *fresh which. */
MUST_USE struct err *task_open(const struct work *w, const struct task_new *n, int64_t *id, bool *fresh);
/* Closes an open task; *closed false if it was not open. Its timers go; a breach of it becomes met when as is done. */
MUST_USE struct err *task_close(const struct work *w, int64_t id, const char *as, struct str note, bool *closed);
/* New person, role and due time, if they differ. */
MUST_USE struct err *task_move(const struct work *w, const struct task_row *t, int64_t owed_by, struct str role, int64_t due_us);
/* Shown from that instant on; 0: at once. Its due time stays. */
MUST_USE struct err *task_wait(const struct work *w, int64_t task_id, int64_t not_before_us);
MUST_USE struct err *task_read(const struct work *w, int64_t id, struct task_row *out, bool *found);
MUST_USE struct err *task_of_run(const struct work *w, int64_t run_id, struct task_row **out, size_t *n);
MUST_USE struct err *task_open_of_record(const struct work *w, int64_t record_id, struct task_row **out, size_t *n);
MUST_USE struct err *task_cancel_record(const struct work *w, int64_t record_id, const char *as, struct str note);
/* May the actor see or close it? */
MUST_USE struct err *task_need(const struct work *w, const struct actor *a, const struct task *t, bool write);
/* " AND (...)": tasks the actor may see, in a statement whose task table is alias. */
void task_scope_sql(struct sql_text *q, const struct manual *m, const struct actor *a, const char *alias);
void task_from_stmt(const struct work *w, const struct stmt *s, struct task_row *out);
const char *task_columns(void); /* the select list task_from_stmt wants, of alias t */
MUST_USE struct err *task_due_passed(const struct work *w, int64_t task_id); /* timer */
/* needs.c: writes an array of {object, record, field, label}: what a person has to fill before the condition (NULL: none)
 * holds and the fields are filled; only what the actor may write. Empty where it is not a matter of fields. */
void needs_json(const struct work *w, const struct actor *a, const struct record *r, const struct expr *condition,
                const int *fields, size_t n_fields, struct json_writer *jw);
/* What a list shows of a task: without explanation, words and what comes after. */
MUST_USE struct err *task_json_brief(const struct work *w, const struct actor *a, const struct task_row *row, struct json_writer *jw);
/* Tells whom it concerns that it has another due time or another person. Role and user: from now on. */
void task_news_moved(const struct work *w, const struct task *t, int64_t user, struct str role);
MUST_USE struct err *task_json_why(const struct work *w, const struct actor *a, const struct task *t, struct str because,
                                   struct json_writer *jw);
/* Logs what happened in place of the outcome's own activity. */
typedef struct err *(*task_log_fn)(const struct work *w, const struct save_context *cx, void *ctx);
/* As task_finish; log NULL: the outcome's activity. */
MUST_USE struct err *task_finish_with(const struct work *w, const struct save_context *cx, int64_t id, int64_t if_version,
                                      struct str outcome, struct str note, task_log_fn log, void *ctx, struct task *out);
const struct step *task_step(const struct manual *m, const struct task *t, struct str stage, const struct workflow **wf);

/* ---- words.c ---- */
/* {page, label, channel, subject, passages, unresolved, placeholders}: the template, filled in with r as the actor may see it. */
void words_json(const struct work *w, const struct actor *a, const struct template_page *t, const struct record *r,
                struct json_writer *jw);

/* ---- activity.c ---- */
struct activity_new {
    struct str kind, direction, subject, body;
    int64_t about[2]; /* records it is about; 0: none */
};
/* What happened with a customer, now and by whoever acts. *id 0: the manual has no activities. Fails as record_save. */
MUST_USE struct err *activity_log(const struct work *w, const struct save_context *cx, const struct activity_new *n, int64_t *id);

/* ---- outbox.c ---- */
/* Items of a kind that were written age_us ago or earlier and are neither sent nor given up; the oldest PAGE_ROWS_MAX. */
MUST_USE struct err *outbox_late(struct tx *tx, const char *kind, int64_t age_us, int64_t now_us, struct outbox_item **out, size_t *n);

/* ---- mail_form.c ---- */
#define MAIL_ADDRESSES_MAX 50
struct mail_address_of {
    struct str address, name; /* name: of the record it stands on */
    const struct field *field;
    const struct object *object;
    int64_t record_id;
    bool unwanted; /* they asked not to get mails */
};
/* The addresses a mail about r may go to, as far as the actor may see them; the record's own first. */
MUST_USE struct err *mail_addresses(const struct work *w, const struct actor *a, const struct record *r,
                                    struct mail_address_of **out, size_t *n);
#define CUSTOMER_MAILS_SHOWN 50
/* An array of the newest mails about a record: {id, activity, state, at, sent, error}. */
MUST_USE struct err *customer_mails_json(const struct work *w, const struct actor *a, int64_t record_id, struct json_writer *jw);

/* ---- breach.c ---- */
struct breach_new {
    int64_t record_id, task_id, owed_by, at_us, due_us, clock_us, count_seen, count_due;
    struct str object, page, rule;
    bool counted; /* count_seen and count_due are given */
    bool first;   /* this cause is known not to have breached before */
};
/* *id 0: this cause breached before, nothing was written. */
MUST_USE struct err *breach_put(const struct work *w, const struct breach_new *b, int64_t *id);
/* Records after one and up to another that breached that rule for this start of the clock, ascending. */
MUST_USE struct err *breach_records(const struct work *w, struct str page, struct str rule, int64_t clock_us, int64_t after,
                                    int64_t upto, int64_t **ids, size_t *n);
MUST_USE struct err *breach_met(const struct work *w, int64_t id);
/* The newest BREACHES_TOLD breaches of a page on a record, as members of the open object and as lines of text; those owed by
 * people a has nothing to do with are left out. */
MUST_USE struct err *breach_past(const struct work *w, const struct actor *a, int64_t record_id, struct str page,
                                 struct json_writer *jw, struct buf *text);
MUST_USE struct err *policy_count(const struct work *w, struct str page, int64_t at_us, int64_t passes, int64_t breaches);

/* ---- policy.c, period.c ---- */
MUST_USE struct err *policy_evaluate(const struct work *w, const struct policy *p, const struct record *r);
/* Everything that has a clock running on this record (owner changed, record came back). */
MUST_USE struct err *policy_evaluate_running(const struct work *w, const struct record *r);
MUST_USE struct err *policy_due_passed(const struct work *w, struct str page, int64_t record_id);
MUST_USE struct err *policy_remind(const struct work *w, struct str page, int64_t record_id);
MUST_USE struct err *policy_forget_record(const struct work *w, int64_t record_id);
MUST_USE struct err *policy_forget_page(const struct work *w, struct str page, struct str note);
MUST_USE struct err *policy_on_since(const struct work *w, struct str page, int64_t *on_us); /* DATE_NONE: off */
bool policy_in_scope(const struct work *w, const struct policy *p, const struct record *r, const struct expr_record *er);
/* A block policy that this change would break: adds to *errs. */
MUST_USE struct err *policy_check_block(const struct work *w, const struct policy *p, const struct record *after,
                                        const struct expr_record *er, bool existed, struct err **errs);
MUST_USE struct err *policy_act(const struct work *w, const struct policy *p, int64_t record_id, int64_t breach_id, int64_t owed_by);
bool policy_is_swept(const struct work *w, const struct policy *p);

/* Timers at the end of the current period, one per calendar in use. */
MUST_USE struct err *period_arm(const struct work *w, const struct policy *p);
MUST_USE struct err *period_ended(const struct work *w, const struct timer *t);
/* Who still owes what in the running period; user 0: everybody. each may be called up to limit times. */
struct period_owed {
    int64_t record_id, owner, seen, due, until_us;
};
MUST_USE struct err *period_owed_now(const struct work *w, const struct policy *p, int64_t user, int limit, struct period_owed **out,
                                     size_t *n);

/* ---- run.c, gate.c, convert.c ---- */
struct run {
    int64_t id, record_id, manual_version, stage_entered_us, started_us, ended_us, version;
    struct str object, workflow, stage, end_name;
};
MUST_USE struct err *run_list(const struct work *w, int64_t record_id, bool open_only, struct run **out, size_t *n);
/* Open runs of a workflow in order of ids, from after on. */
MUST_USE struct err *run_batch(const struct work *w, struct str workflow, int64_t after, int limit, struct run **out, size_t *n);
MUST_USE struct err *run_count(const struct work *w, struct str workflow, int64_t *out);
/* Starts a run if starts_when holds and nothing speaks against it; was: starts_when held before this change. */
MUST_USE struct err *run_consider(const struct work *w, const struct workflow *wf, const struct record *r, bool was);
MUST_USE struct err *run_evaluate(const struct work *w, const struct workflow *wf, struct run *run, const struct record *r);
/* All open runs of a record; revive: it was away, so idle clocks start again as well. */
MUST_USE struct err *run_evaluate_record(const struct work *w, const struct record *r, bool revive);
MUST_USE struct err *run_revive(const struct work *w, const struct workflow *wf, struct run *run, const struct record *r);
MUST_USE struct err *run_idle(const struct work *w, int64_t run_id);
/* Ends a run that has no workflow any more. */
MUST_USE struct err *run_drop(const struct work *w, const struct run *run, const char *end_name);
int workflow_stage(const struct workflow *wf, struct str name); /* -1 */
bool step_done(const struct work *w, const struct step *s, struct str stage, const struct task_row *tasks, size_t n,
               const struct expr_record *er);
/* Where the record belongs: a stage index, or n_stages + end index, or from itself. */
int run_target(const struct work *w, const struct workflow *wf, int from, const struct record *r, const struct expr_record *er,
               const struct task_row *tasks, size_t n);
MUST_USE struct err *gate_check(const struct work *w, const struct save_context *cx, const struct record *before,
                                const struct record *after, const bool *changed);
/* What stands between the run and its next stage, in words; empty list if nothing. */
struct missing {
    struct str text, field, way_out, reason;
};
struct missing_list {
    VEC(struct missing) list;
};
void gate_missing(const struct work *w, const struct workflow *wf, int from, int to, const struct record *r,
                  const struct expr_record *er, const struct task_row *tasks, size_t n, struct missing_list *out);
MUST_USE struct err *convert_record(const struct work *w, const struct workflow *wf, const struct record *r);

/* ---- escalation.c ---- */
MUST_USE struct err *escalation_begin(const struct work *w, const struct escalation *e, struct str object, int64_t record_id,
                                      struct str cause, struct str note, int64_t *id);
MUST_USE struct err *escalation_due(const struct work *w, int64_t id); /* timer */
MUST_USE struct err *escalation_end_record(const struct work *w, int64_t record_id);
MUST_USE struct err *escalation_task_done(const struct work *w, const struct task_row *t, struct str note);

/* ---- notice.c ---- */
struct notice_new {
    int64_t user, record_id;
    struct str object, page, title;
    const char *kind; /* remind breach escalation assign idle rule */
};
MUST_USE struct err *notice_send(const struct work *w, const struct notice_new *n);

/* ---- change.c ---- */
MUST_USE struct err *work_check_hook(struct tx *tx, const struct save_context *cx, const struct record *before,
                                     const struct record *after, const bool *changed);
MUST_USE struct err *work_change_hook(struct tx *tx, const struct save_context *cx, const struct record *before,
                                      const struct record *after, const bool *changed, int64_t change_id);
MUST_USE struct err *work_gone_hook(struct tx *tx, const struct save_context *cx, const struct record *r, bool gone);
/* These records are about to be read by work_read, in this order or nearly: it reads several at once. ids stay the caller's for as
 * long as the transaction. What a rule saves meanwhile makes it read again. */
void work_expect(const struct work *w, int object, const int64_t *ids, size_t n);
/* Reads a record by object name; *live false if gone. */
MUST_USE struct err *work_read(const struct work *w, struct str object, int64_t id, struct record *out, bool *live);
MUST_USE struct err *ahead_read(const struct work *w, const struct object *o, int64_t id, struct record *out);
/* Records of object from which via (a reference path or relation) leads to r, now or before. */
MUST_USE struct err *outer_records(const struct work *w, int outer_object, struct str path, const struct record *before,
                                   const struct record *after, int64_t **ids, size_t *n);

/* ---- publish.c, sweep ---- */
MUST_USE struct err *work_publish_hook(struct tx *tx, const struct manual *before, const struct manual *after, int64_t author,
                                       int64_t now_us);
MUST_USE struct err *work_plan_hook(struct tx *tx, const struct manual *live, const struct manual *next, int64_t now_us,
                                    struct plan *out);
MUST_USE struct err *sweep_due(const struct work *w, const struct timer *t);
MUST_USE struct err *sweep_arm(const struct work *w, struct str page);
bool workflow_is_swept(const struct work *w, const struct workflow *wf);

/* One sweep over a rule as soon as the engine has its turn: for changes that concern more records than a save may look at. */
MUST_USE struct err *sweep_once(const struct work *w, struct str page);
MUST_USE struct err *sweep_policy_all(const struct work *w, const struct policy *p);

/* Per-transaction memory of the engine (TX_SLOT_WORK). */
#define PEOPLE_KEPT 512 /* a power of two */
#define PEOPLE_PROBES 8
struct due_list;
struct work_memory {
    struct person_info *people[PEOPLE_KEPT];
    struct due_list *due; /* timers a tick has read ahead, see timer.c */
    struct records_ahead *ahead; /* what work_expect was told of, see ahead.c */
    struct strmap *bundles; /* notices that are there, by person, day and bundle */
    int64_t bundles_undone; /* tx_undone when the first of them was put in */
    int64_t saves; /* made by rules: whoever holds a record read before has to read again */
};
struct work_memory *work_memory(struct tx *tx);
