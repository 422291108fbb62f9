#pragma once
/* The engine: whatever the manual demands happens, on time, once, with a reason (design, section 7).
 *
 * On each change the snapshot's index names the rules that read the changed fields; only those are evaluated. A rule
 * opens, meets, moves or cancels a task and its timer. Timers are rows ordered by due time. The clock is an argument
 * everywhere. Tables: run, task, breach, timer, outbox, customer_mail, escalation, notice, decision, policy_state, engine_state.
 */
#include "record/record.h"

/* Fills record_hooks, manual_publish_hook and manual_plan_hook. Called once by main. */
void work_install(void);

/* ---- tasks ---- */
struct task {
    int64_t id, record_id, owed_by, run_id;
    struct str object;
    struct str title;      /* "First reply" */
    struct str page, step; /* "workflow/lead-capture", "First reply"; page empty: asked by a person */
    struct str kind;       /* step policy escalation asked breach */
    struct str role;       /* who owes it by role, when owed_by is 0 */
    int64_t opened_us, due_us, closed_us, not_before_us, manual_version, version, by_user;
    struct str closed_as;  /* empty open; done skipped cancelled breached */
    struct str note;
    int priority;          /* smaller is more urgent */
};
MUST_USE struct err *task_get(struct tx *tx, const struct manual *m, const struct actor *a, int64_t id, struct task *out);
/* Closes as done. outcome: label of one of the step's outcomes, or empty; its field changes and its activity go through
 * record_save. Fails: task.closed, task.version_conflict, task.not_done (done_when does not hold; says what is missing). */
MUST_USE struct err *task_finish(struct tx *tx, const struct save_context *cx, int64_t id, int64_t if_version,
                                 struct str outcome, struct str note, struct task *out);
/* Optional steps, and what one has asked for oneself, with a note; others need right bypass-gates. */
MUST_USE struct err *task_skip(struct tx *tx, const struct save_context *cx, int64_t id, int64_t if_version, struct str note, struct task *out);
/* Not now: hides it from the queue until then; never beyond its due time without saying so. */
MUST_USE struct err *task_postpone(struct tx *tx, const struct save_context *cx, int64_t id, int64_t if_version, int64_t until_us,
                                   struct task *out);
MUST_USE struct err *task_assign(struct tx *tx, const struct save_context *cx, int64_t id, int64_t if_version, int64_t user, struct task *out);
struct task_ask {
    int64_t record_id, owed_by, due_us;
    struct str title, note;
};
MUST_USE struct err *task_create(struct tx *tx, const struct save_context *cx, const struct task_ask *ask, struct task *out);
/* My Day of a user: open tasks in the order a wise colleague would do them, each with what, why, words, until, after.
 * {"data":[...],"next":..,"still_owed":[...],"summary":{...}}; still_owed: what period rules ask for until their end, live
 * and without tasks. user 0: the actor; another person's day needs them below the actor. */
MUST_USE struct err *task_day(struct tx *tx, const struct manual *m, const struct actor *a, int64_t user, struct str cursor, int limit,
                              int64_t now_us, struct buf *json);
/* One task as JSON with its page, line, reason, filled template and outcomes. */
MUST_USE struct err *task_json(struct tx *tx, const struct manual *m, const struct actor *a, const struct task *t, int64_t now_us,
                               struct json_writer *w);
/* The one next action of a record, its runs with steps, and open tasks: the same answer for everyone who asks. */
MUST_USE struct err *work_record_json(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o, int64_t id,
                                      int64_t now_us, struct buf *json);
/* brief: without explanation, words, needs and what comes after. */
MUST_USE struct err *task_list(struct tx *tx, const struct manual *m, const struct actor *a, struct str filter, bool brief,
                               struct str cursor, int limit, int64_t now_us, struct buf *json);

/* News for those whom a task or a notice concerns: told with tx_notify on this channel when the transaction commits.
 *     task USER ROLE TASK RECORD OBJECT STATE    opened closed moved handed-over; USER 0: whoever holds ROLE ("-": nobody)
 *     mail USER - MAIL RECORD OBJECT STATE       of a mail that USER wrote: waiting sent failed stopped
 *     notice USER NOTICE UNREAD */
#define WORK_NEWS_CHANNEL "work.news"

/* ---- breaches, escalations, policies ---- */
MUST_USE struct err *breach_list(struct tx *tx, const struct manual *m, const struct actor *a, struct str filter, struct str cursor, int limit,
                                 int64_t now_us, struct buf *json);
/* The person who owed it says what got in the way: unclear no-tool overload customer other. */
MUST_USE struct err *breach_cause(struct tx *tx, const struct save_context *cx, int64_t id, struct str cause, struct str comment);
MUST_USE struct err *escalation_start(struct tx *tx, const struct save_context *cx, struct str escalation, int64_t record_id,
                                      struct str note, int64_t *id);
MUST_USE struct err *escalation_acknowledge(struct tx *tx, const struct save_context *cx, int64_t id, struct str note);
MUST_USE struct err *escalation_list(struct tx *tx, const struct manual *m, const struct actor *a, int64_t record_id, struct buf *json);
/* Who would be called at each level at that moment, with cover. */
MUST_USE struct err *escalation_who(struct tx *tx, const struct manual *m, struct str escalation, int64_t record_id, int64_t at_us,
                                    struct buf *json);
/* Every policy with sentence, mode, passes, breaches, keeping rate, still owed today. */
MUST_USE struct err *policy_list(struct tx *tx, const struct manual *m, const struct actor *a, int64_t now_us, struct buf *json);
/* Leave of a person: absent between two days (inclusive); cover may be 0. */
MUST_USE struct err *work_absence(struct tx *tx, const struct save_context *cx, int64_t user, int64_t from_day, int64_t to_day, int64_t cover);
struct away {
    int64_t user, from_day, to_day, cover; /* cover 0: nobody */
};
/* Who is away on that day; the newest entry of each speaks. */
MUST_USE struct err *work_away(struct tx *tx, int64_t day, struct away **out, size_t *n);
/* "assign", "breach", "escalation", "remind", "rule"; ends with NULL. */
extern const char *const notice_kinds[];
/* Those one would see now, or with later those that were put off. */
MUST_USE struct err *notice_list(struct tx *tx, const struct actor *a, bool later, struct str cursor, int limit, int64_t now_us,
                                 struct buf *json);
/* How many are neither done nor put off; at most 1,000. */
MUST_USE struct err *notice_unread(struct tx *tx, int64_t user, int64_t now_us, int64_t *out);
/* Hides it until then; it comes back as not done. Fails: record.field_invalid if that is not within a year to come. */
MUST_USE struct err *notice_later(struct tx *tx, const struct actor *a, int64_t id, int64_t until_us, int64_t now_us);
MUST_USE struct err *notice_read(struct tx *tx, const struct actor *a, int64_t id, int64_t now_us);

/* ---- time ---- */
/* Runs what is due up to now_us, oldest first, at most limit timers in this transaction; *done of them; *next_us when the
 * next one is due (DATE_NONE: none). Period rules whose period ended are evaluated as well. Safe to run twice. */
MUST_USE struct err *work_tick(struct tx *tx, const struct manual *m, int64_t now_us, int limit, int *done, int64_t *next_us);
/* Catches up from the last tick to now_us in bounded transactions. */
MUST_USE struct err *work_run_until(struct db *db, struct manual_store *store, int64_t now_us, int64_t *timers_done);

/* Why did this rule (not) run for this record? page empty: every rule about it. JSON for API, text for the terminal. */
MUST_USE struct err *work_explain(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o, int64_t record_id,
                                  struct str page, int64_t now_us, struct buf *json, struct buf *text);
/* All open tasks, runs and breaches as canonical text lines without ids: for "the same twice" tests and check. */
MUST_USE struct err *work_dump(struct tx *tx, const struct manual *m, struct buf *text);
/* Invariants: one open task per cause, no timer without its thing, no open task on a gone record ... adds findings. */
MUST_USE struct err *work_check(struct tx *tx, const struct manual *m, struct buf *findings);

/* ---- outbox: what leaves the database ---- */
struct outbox_item {
    int64_t id, attempts;
    struct str kind, payload; /* NOTICE_MAIL, CUSTOMER_MAIL */
};
/* Not before due_us. The id is of now_us: one of a moment to come would put every later id into the future as well. */
MUST_USE struct err *outbox_put(struct tx *tx, const char *kind, struct str payload, struct str once_key, int64_t due_us, int64_t now_us);
/* Takes those of a kind that are due, oldest first, for OUTBOX_LEASE_US: whoever does not end one of them until then gives
 * it back. Two takers, on two nodes as well, never hold the same item. */
#define OUTBOX_LEASE_US (5 * US_PER_MINUTE)
MUST_USE struct err *outbox_take(struct tx *tx, const char *kind, int64_t now_us, int limit, struct outbox_item **out, size_t *n);
enum outbox_end {
    OUTBOX_SENT,
    OUTBOX_UNSENT,  /* closed, because there is no need any more; reason says so */
    OUTBOX_AGAIN,   /* after 1, 4, 16, 64 minutes, then every four hours; the tenth time gives up */
    OUTBOX_GIVE_UP, /* nothing will help */
    OUTBOX_BACK,    /* was not tried: due again, and counts no attempt */
};
/* reason: up to 500 bytes are kept. But for SENT and UNSENT nothing happens where somebody else has taken the item since. */
MUST_USE struct err *outbox_done(struct tx *tx, const struct outbox_item *item, enum outbox_end end, struct str reason, int64_t now_us);
/* When the next one of a kind is due; DATE_NONE: there is none. */
MUST_USE struct err *outbox_next(struct tx *tx, const char *kind, int64_t *due_us);
/* Closes unsent what was due age_us ago or earlier, and forgets what was closed and is older than 30 days. */
MUST_USE struct err *outbox_tidy(struct tx *tx, const char *kind, int64_t age_us, int64_t now_us);
struct outbox_failure {
    int64_t id, at_us, attempts;
    struct str reason; /* may hold a mail address */
};
struct outbox_state {
    int64_t waiting;   /* at most OUTBOX_COUNT_MAX */
    int64_t oldest_us; /* since when the oldest of them waits; 0: none does */
    const struct outbox_failure *failed; /* given up, newest first, at most OUTBOX_FAILURES_SHOWN */
    size_t n_failed;
};
#define OUTBOX_COUNT_MAX 1000
#define OUTBOX_FAILURES_SHOWN 20
MUST_USE struct err *outbox_state(struct tx *tx, const char *kind, struct outbox_state *out);
/* Its members: "waiting", "oldest", "given_up". */
void outbox_json(struct json_writer *w, const struct outbox_state *s);

/* ---- mails to customers: the words of the manual, logged as an activity and sent from the outbox ---- */
#define CUSTOMER_MAIL "customer-mail"
#define CUSTOMER_MAIL_AGE_US US_PER_DAY /* later than that it is not sent any more: whoever wrote it is told */
struct customer_mail_new {
    const struct object *object;
    int64_t record_id;
    struct str to; /* an address that stands on the record, or on somebody who belongs to it */
    struct str subject, body;
    const struct template_page *words; /* where they came from; NULL: from nowhere */
    int64_t task_id, if_version;       /* the task that it answers; 0: none */
    struct str outcome;                /* of that task; empty: it stays open, unless its step has nothing else to wait for */
};
/* In one transaction: logged on the record, the task closed, the mail on its way. Fails: record.field_required,
 * mail.unresolved (a merge field or a "[placeholder]" of the template is left in it), mail.address_unknown, mail.not_wanted,
 * mail.not_logged, mail.too_many; and as task_finish and record_save. */
MUST_USE struct err *customer_mail_send(struct tx *tx, const struct save_context *cx, const struct customer_mail_new *in, int64_t *id);
/* What writing one needs, as members of the open object: "addresses", "templates", "words" (page filled in; null without). */
MUST_USE struct err *customer_mail_form(struct tx *tx, const struct manual *m, const struct actor *a, const struct object *o, int64_t id,
                                        struct str page, int64_t now_us, struct json_writer *jw);
struct customer_mail {
    const char *unsent; /* why it is not to be sent; NULL: it is */
    struct str to, to_name, from_name, reply_to, subject, body;
};
/* payload: of the item; as things are when it is sent. Strings live on tx's arena. */
MUST_USE struct err *customer_mail_read(struct tx *tx, const struct manual *m, struct str payload, int64_t now_us, struct customer_mail *out);
/* outbox_done, and what follows: it is known to be sent, or whoever wrote it gets a task to reach them another way. */
MUST_USE struct err *customer_mail_done(struct tx *tx, const struct manual *m, const struct outbox_item *item, enum outbox_end end,
                                        struct str reason, int64_t now_us);
/* Gives up what could not be sent for CUSTOMER_MAIL_AGE_US. */
MUST_USE struct err *customer_mail_tidy(struct tx *tx, const struct manual *m, int64_t now_us);
/* An array of what the tone guide has to say about a text: {page, page_label, words, at, text, why}; at: code points before it. */
void tone_json(struct arena *arena, const struct manual *m, enum channel channel, struct str text, struct json_writer *jw);

/* ---- notices as mail: what an outbox item of this kind is about, as things are now ---- */
#define NOTICE_MAIL "notice-mail"
#define NOTICE_MAIL_AGE_US US_PER_DAY /* older ones are not news: closed unsent */
struct notice_line {
    struct str kind, title; /* as in the list of notices; title empty: the person may not see the record */
    struct str object, object_label; /* of the record; empty: none, or one they may not see */
    struct str page, page_label;     /* of the manual; may be empty */
    int64_t record_id, count, at_us; /* count: how many were bundled */
};
struct notice_mail {
    const char *unsent; /* why nothing is to be sent ("They have read it."); NULL: it is to be sent */
    struct str to, name;
    const struct zone *zone; /* theirs */
    bool call;               /* an escalation calls them: one line. Else what is unread, newest first */
    const struct notice_line *lines;
    size_t n_lines;
    int64_t more;            /* unread ones beyond those lines */
    struct str asked_by, note; /* of a call: who started it and with which words; empty: a rule of the manual */
    struct str level;          /* of a call */
    int64_t until_us;          /* of a call: when it passes to the next level; 0: it does not */
};
/* payload: of the item. Strings live on tx's arena. Fails as reads do. */
MUST_USE struct err *notice_mail_read(struct tx *tx, const struct manual *m, struct str payload, int64_t now_us, struct notice_mail *out);
