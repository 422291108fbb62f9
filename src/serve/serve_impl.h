#pragma once
/* What the files of this room share: a request on its way through the dispatcher, the route table, problems.
 *
 * routes.c has the table. dispatch.c takes a request from the socket to its handler and back. in.c decodes parameters
 * and bodies as the table declares them; the OpenAPI document (openapi*.c) is made from the same declarations, so it cannot
 * promise what is not checked.
 */
#include "serve/http_impl.h"
#include "serve/serve.h"
#include "serve/url_impl.h"

#include <pthread.h>

enum { QUERY_PARAMS_MAX = 10, MEMBERS_MAX = 12, EXTRA_HEADERS_MAX = 5, TRIES_MAX = 3 };

struct req;
typedef struct err *(*handler_fn)(struct req *rq);

/* Where a handler runs. NONE: on the polling thread. READ: there, on a read snapshot. WRITE: on the database's writer,
 * as one transaction; may run several times. SLOW: on a worker, without a transaction (password hashing). BULK: on
 * another worker (long reads). */
enum tx_mode { TX_NONE, TX_READ, TX_WRITE, TX_SLOW, TX_BULK };

/* Who may come in at all; the record itself is judged by record and access. */
enum need_kind { NEED_NOTHING, NEED_SIGN_IN, NEED_VERB, NEED_RIGHT };
struct need {
    enum need_kind kind;
    int what; /* enum verb on {object}, or enum right */
};
#define PUBLIC {NEED_NOTHING, 0}
#define SIGNED_IN {NEED_SIGN_IN, 0}
#define MAY(verb) {NEED_VERB, VERB_##verb}
#define RIGHT(right) {NEED_RIGHT, RIGHT_##right}

/* A query parameter. Numbers have bounds. */
enum param_type { P_TEXT, P_INT, P_BOOL, P_ID, P_INSTANT };
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the columns stand in the order in which they are read
struct param {
    const char *name;
    enum param_type type;
    int64_t min, max; /* P_INT */
    bool required;
    const char *doc;
};

/* A member of a JSON body. */
enum member_type { B_TEXT, B_ID, B_INT, B_BOOL, B_INSTANT, B_DATE, B_IDS, B_TEXTS, B_FIELDS, B_PAGES, B_COLUMNS };
struct member {
    const char *name;
    enum member_type type;
    bool required;
    int64_t max;              /* B_TEXT: bytes; B_IDS, B_TEXTS, B_PAGES, B_COLUMNS: elements; B_INT: value; 0: the default */
    const char *const *words; /* B_TEXT: one of these; ends with NULL */
    const char *doc;
};

enum route_flags {
    RF_RECORD = 1,        /* the body is a record of {object} */
    RF_PATCH = 2,         /* with RF_RECORD: some of its fields */
    RF_IF_MATCH = 4,      /* If-Match is needed */
    RF_IF_MATCH_OPT = 8,  /* If-Match is looked at if it comes */
    RF_ETAG = 16,         /* the answer carries one */
    RF_HTML = 32,
    RF_CSV = 64,
    RF_EVENTS = 128,
    RF_NO_BUILT_IN = 256, /* {object} is one that record_save can save */
    RF_BIG = 512,         /* answers are some 20 kB and more */
    RF_SECRET = 1024,     /* the answer has a secret: it is not kept for an Idempotency-Key */
    RF_FORM = 2048,       /* the body is a form of a page; the handler reads it */
    RF_SCREEN = 4096,     /* a screen of the web client, which reads its query itself */
};
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the columns stand in the order in which they are read
struct route {
    enum http_method method;
    const char *path;
    handler_fn fn;
    enum tx_mode tx;
    struct need need;
    unsigned flags;
    int status;               /* of success */
    const char *op, *tag;     /* operationId; with {object} in the path the object's name is put behind it */
    const char *summary;
    const struct param *query; /* ends with name NULL; or NULL */
    const struct member *body; /* ends with name NULL; or NULL */
    const char *response;      /* schema of the answer, openapi_schemas.c; {Object} stands for the object's; NULL: none */
};
extern const struct route routes[];
extern const int n_routes;

struct pool;
struct events;
struct jobs;
struct server {
    struct app *app;
    struct serve_options options;
    struct arena *arena;
    struct http_server *http;
    struct path_tree *paths;
    struct pool *slow, *bulk;
    struct events *events;
    struct jobs *jobs;
    struct mail_sender *mail;
    struct rate *rate;
    uint64_t request_seed;
    _Atomic uint64_t request_count;
    pthread_mutex_t doc_lock; /* the OpenAPI document of one manual version, made when first asked for */
    struct arena *doc_arena;
    int64_t doc_version;
    struct str doc;
    struct str doc_url;
};

struct req {
    struct arena *arena;
    struct http_request *http;
    struct server *server;
    struct app *app;
    const struct route *route;
    const struct manual *m;     /* pinned */
    const struct actor *actor;  /* pinned; NULL on public routes */
    struct tx *tx;
    int64_t now_us;

    struct str path, query;
    struct str params[PATH_PARAMS_MAX]; /* of the path, in order */
    const struct object *object;        /* {object} */
    int64_t id;                         /* {id} */
    struct str args[QUERY_PARAMS_MAX];  /* parallel to route->query; ptr NULL: not given */
    int64_t arg_numbers[QUERY_PARAMS_MAX];
    struct json body;
    const struct json *members[MEMBERS_MAX]; /* parallel to route->body; NULL: not given or null */
    struct str token;
    bool by_cookie, secure;
    bool has_if_match;
    int64_t if_match;          /* -1: any */
    struct str idempotency_id; /* empty: no key */
    struct str idempotency_request;

    struct buf out;
    int status;
    const char *content_type;
    const char *cache_control; /* NULL: no-store */
    struct str etag, location;
    struct http_header extra[EXTRA_HEADERS_MAX];
    int n_extra;
    const char *allow;
    char request_id[68];
    struct err *err;
    int tries;
    bool replayed;
    bool streams;   /* http_stream took the answer over */
    void *stream;
    struct req *next; /* in a pool's queue */
};

/* ---- dispatch.c ---- */
MUST_USE struct err *dispatch_start(struct arena *arena, struct server *server);
/* The answer is ready (rq->err or rq->out): called on the polling thread. */
void dispatch_finish(struct req *rq);
void req_header(struct req *rq, const char *name, struct str value);
struct str etag_of(struct arena *arena, int64_t version);
/* What a stranger sent, short enough for a message; cut between code points. */
struct str str_shown(struct str s);
/* The caller's address: the peer, or what a trusted proxy says. */
struct str req_address(struct req *rq);

/* ---- in.c: decoding what the table declares ---- */
MUST_USE struct err *in_query(struct req *rq);
MUST_USE struct err *in_body(struct req *rq);
struct str arg(const struct req *rq, const char *name);              /* STR_NONE: not given */
int64_t arg_number(const struct req *rq, const char *name, int64_t if_none);
struct str member_text(const struct req *rq, const char *name);      /* STR_NONE */
int64_t member_number(const struct req *rq, const char *name, int64_t if_none); /* B_ID, B_INT, B_BOOL, B_INSTANT (us), B_DATE (days) */
const struct json *member_json(const struct req *rq, const char *name); /* NULL */
size_t member_ids(const struct req *rq, const char *name, const int64_t **out);

/* ---- problem.c ---- */
int problem_status(const struct err *e);
void problem_write(struct req *rq, const struct err *e, struct buf *out);
const char *problem_title(const char *code);

/* ---- idempotency.c ---- */
/* Prepares rq->idempotency_*; then, in the transaction: *replay if the answer of the first time now stands in rq. */
MUST_USE struct err *idempotency_prepare(struct req *rq);
MUST_USE struct err *idempotency_find(struct req *rq, bool *replay);
MUST_USE struct err *idempotency_keep(struct req *rq);

/* ---- pool.c: workers ---- */
struct pool *pool_new(int threads, int waiting_max, int nice_by, void (*run)(struct req *rq));
bool pool_put(struct pool *pool, struct req *rq); /* false: full */
void pool_free(struct pool *pool);                /* finishes what waits */

/* ---- rate.c ---- */
struct rate *rate_new(int per_second);
void rate_free(struct rate *rate);
bool rate_allows(struct rate *rate, int64_t key, int64_t now_us);

/* ---- events.c ---- */
MUST_USE struct err *events_start(struct arena *arena, struct server *server);
void events_wake(struct events *events);
void events_news(struct events *events, struct str text); /* what came on WORK_NEWS_CHANNEL */
void events_manual(struct events *events, struct str text); /* what came on MANUAL_CHANNEL: the number of the version */
void events_end_streams(struct events *events);
void events_stop(struct events *events);
struct err *serve_events(struct req *rq);
void events_done(struct req *rq); /* the stream's connection is gone */

/* ---- jobs.c ---- */
MUST_USE struct err *jobs_start(struct arena *arena, struct server *server);
void jobs_stop(struct jobs *jobs);
void jobs_wake(struct jobs *jobs); /* something was committed */

/* ---- export.c: CSV, written by a worker and read by the polling thread through a bounded pipe ---- */
struct err *serve_export(struct req *rq); /* stands in the table; the worker calls export_run */
void export_run(struct req *rq);
void export_begin(struct req *rq); /* the first bytes are there: the answer begins */
void export_done(struct req *rq);  /* the peer is gone or has all */

/* ---- me.c ---- */
/* The cookie a browser gets with its session; max_age_s 0 takes it away. */
void sign_in_cookie(struct req *rq, struct str token, int64_t max_age_s);
MUST_USE struct err *sign_in_demo(struct req *rq, struct str email, struct str *token, int64_t *user_id);

/* ---- openapi*.c ---- */
extern const struct schema_doc {
    const char *name, *json;
} openapi_schemas[]; /* ends with name NULL */

/* ---- handlers ---- */
struct err *serve_shell(struct req *rq);
struct err *serve_asset(struct req *rq);
struct err *serve_icon(struct req *rq);
struct err *serve_sign_in_page(struct req *rq);
struct err *serve_sign_in_form(struct req *rq);
struct err *serve_about(struct req *rq);
struct err *serve_first_run_page(struct req *rq);
struct err *serve_first_run_form(struct req *rq);
struct err *serve_objects(struct req *rq);
struct err *serve_health(struct req *rq);
struct err *serve_problem_page(struct req *rq);
struct err *serve_openapi(struct req *rq);

struct err *serve_sign_in(struct req *rq);
struct err *serve_sign_in_demo(struct req *rq);
struct err *serve_sign_out(struct req *rq);
struct err *serve_me(struct req *rq);
struct err *serve_me_change(struct req *rq);
struct err *serve_users(struct req *rq);
struct err *serve_roles(struct req *rq);
struct err *serve_password_change(struct req *rq);
struct err *serve_password_set(struct req *rq);
struct err *serve_sessions(struct req *rq);
struct err *serve_session_end(struct req *rq);
struct err *serve_sessions_end(struct req *rq);
struct err *serve_user_sessions_end(struct req *rq);
struct err *serve_tokens(struct req *rq);
struct err *serve_token_create(struct req *rq);
struct err *serve_token_end(struct req *rq);

struct err *serve_record_list(struct req *rq);
struct err *serve_record_create(struct req *rq);
struct err *serve_record_get(struct req *rq);
struct err *serve_record_patch(struct req *rq);
struct err *serve_record_delete(struct req *rq);
struct err *serve_record_archive(struct req *rq);
struct err *serve_record_unarchive(struct req *rq);
struct err *serve_record_restore(struct req *rq);
struct err *serve_record_purge(struct req *rq);

struct err *serve_views(struct req *rq);
struct err *serve_view_get(struct req *rq);
struct err *serve_view_create(struct req *rq);
struct err *serve_view_change(struct req *rq);
struct err *serve_view_delete(struct req *rq);
struct err *serve_view_use(struct req *rq);
struct err *serve_view_users(struct req *rq);

struct err *serve_record_changes(struct req *rq);
struct err *serve_record_timeline(struct req *rq);
struct err *serve_record_work(struct req *rq);
struct err *serve_record_explain(struct req *rq);
struct err *serve_record_group(struct req *rq);
struct err *serve_record_count(struct req *rq);
struct err *serve_record_since(struct req *rq);
struct err *serve_bulk(struct req *rq);
struct err *serve_change_undo(struct req *rq);
struct err *serve_changes_undo(struct req *rq);
struct err *serve_search(struct req *rq);

struct err *serve_tasks(struct req *rq);
struct err *serve_my_day(struct req *rq);
struct err *serve_task_get(struct req *rq);
struct err *serve_task_create(struct req *rq);
struct err *serve_task_finish(struct req *rq);
struct err *serve_task_skip(struct req *rq);
struct err *serve_task_postpone(struct req *rq);
struct err *serve_task_assign(struct req *rq);
struct err *serve_mail_form(struct req *rq);
struct err *serve_mail_send(struct req *rq);
struct err *serve_mail_state(struct req *rq);
struct err *serve_tone(struct req *rq);
struct err *serve_breaches(struct req *rq);
struct err *serve_breach_cause(struct req *rq);
struct err *serve_escalations(struct req *rq);
struct err *serve_escalation_start(struct req *rq);
struct err *serve_escalation_acknowledge(struct req *rq);
struct err *serve_escalation_who(struct req *rq);
struct err *serve_policies(struct req *rq);
struct err *serve_notices(struct req *rq);
struct err *serve_notice_read(struct req *rq);
struct err *serve_notice_later(struct req *rq);
struct err *serve_absence(struct req *rq);

struct err *serve_manual_pages(struct req *rq);
struct err *serve_manual_page(struct req *rq);
struct err *serve_manual_versions(struct req *rq);
struct err *serve_manual_version_pages(struct req *rq);
struct err *serve_manual_check(struct req *rq);
struct err *serve_manual_plan(struct req *rq);
struct err *serve_manual_facts(struct req *rq);
struct err *serve_policy_past(struct req *rq);
struct err *serve_manual_publish(struct req *rq);
struct err *serve_manual_diff(struct req *rq);
struct err *serve_manual_version_page(struct req *rq);
struct err *serve_manual_seen(struct req *rq);
struct err *serve_manual_see(struct req *rq);
struct err *serve_metrics(struct req *rq);
struct err *serve_metric(struct req *rq);

/* What a save needs to know about who acts. */
struct save_context req_save_context(const struct req *rq);
