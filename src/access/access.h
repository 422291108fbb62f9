#pragma once
/* Who may do what: people, teams, reporting lines, sessions, tokens, and rights compiled into every statement.
 *
 * Rights come from the roles' pages. Several roles add up. Nothing is allowed by default. The same condition is part of
 * list, count, group, search, export, timeline and events, so they cannot differ. This room reads o_user and o_team (they
 * are records) and owns credential, session, api_token, sign_in_attempt.
 */
#include "manual/manual.h"

enum channel_via { VIA_WEB, VIA_API, VIA_IMPORT, VIA_CLI, VIA_RULE, VIA_AGENT };
extern const char *const via_words[]; /* "web", "api", "import", "cli", "rule", "agent" */

/* What a person likes, wherever they sign in. */
struct user_settings {
    struct str theme, density; /* "system light dark", "comfortable compact"; empty: nothing was chosen */
    bool single_keys;          /* shortcuts of one letter */
    bool simple;               /* the screens with less on them */
    struct str muted;          /* kinds of notices they do not want, joined by commas */
};
/* The one who acts. Built once per request and pinned to one manual; immutable. */
struct actor {
    int64_t user_id;         /* 0: the program itself */
    struct str name, email;
    int64_t team;            /* 0: none */
    struct str team_name;
    const struct zone *zone; /* their zone, else the company's */
    const struct worktime *worktime;
    const int64_t *teams;    /* own team and teams below it in o_team.parent, sorted */
    size_t n_teams;
    const int64_t *below;    /* everybody who reports to them, directly or not, and themselves, sorted */
    size_t n_below;
    const struct role *const *roles;
    size_t n_roles;
    uint32_t rights;         /* bits 1 << enum right, of all roles */
    unsigned char (*can)[VERB_COUNT];  /* [object] combined scopes */
    unsigned char **field_rights;      /* [object] NULL: all write */
    enum channel_via via;
    struct str rule;         /* page that acts, with VIA_RULE */
    int64_t session_id, token_id;
    bool system;             /* the program: may do everything (engine, import with --as-system is not offered) */
    bool (*team_too)[VERB_COUNT]; /* [object] scope `below` together with another role's `team` */
    const struct manual *manual;  /* the one it is pinned to */
    struct user_settings settings;
    struct str own_zone;          /* as their record says; empty: the company's */
};

/* The program acting because of a page (engine) or on first start. */
struct actor *actor_system(struct arena *arena, const struct manual *m, struct str page);
/* A person. Fails: access.sign_in_needed if gone or inactive. */
MUST_USE struct err *actor_load(struct tx *tx, const struct manual *m, int64_t user_id, enum channel_via via,
                                struct actor **out);
/* The env of their expressions. */
struct expr_env actor_env(const struct actor *a, int64_t now_us);

/* What a scope covers. own: the owner is me. team: own, or the record's team is mine or below mine. below: the owner is
 * me or reports to me, directly or not; without an owner as team. all. A record with neither owner nor team is within
 * team and below, so that somebody can pick it up. Several roles add up: the widest scope, and team beside below. */
enum scope access_scope(const struct actor *a, int object, enum verb verb);
enum field_right access_field(const struct actor *a, int object, int field);
bool access_right(const struct actor *a, enum right right);
/* Fails access.denied naming verb, object and which roles could. */
MUST_USE struct err *access_need(struct arena *arena, const struct manual *m, const struct actor *a, int object, enum verb verb);
MUST_USE struct err *access_need_right(struct arena *arena, const struct manual *m, const struct actor *a, enum right right);
/* Adds "AND (...)" limiting alias to the rows the actor may `verb`: by owner and team columns. Scope all adds nothing,
 * none adds a false condition. Works on object tables and on search_entry (owner, team). */
void access_sql(struct sql_text *q, const struct actor *a, int object, enum verb verb, const char *alias);
/* The same for reading in the shape expr_sql_scoped wants: the condition without "AND"; ctx is the actor. */
void access_expr_scope(void *ctx, struct sql_text *q, int object, const char *alias);
/* The same judgement on plain facts. */
bool access_row(const struct actor *a, int object, enum verb verb, int64_t owner, int64_t team);
/* An expression must not read fields the actor may not (filter and sort oracle). Fails access.field_denied. */
MUST_USE struct err *access_check_expr(struct arena *arena, const struct manual *m, const struct actor *a, const struct expr *e);

/* ---- signing in ---- */
struct session {
    int64_t id, user_id, created_us, seen_us, expires_us;
    struct str label; /* user agent, shortened */
};
/* Checks name (mail address) and password, throttled per account and address so that a victim is not locked out; the
 * hashing itself is argon2id, run outside any transaction by access_password_matches. Returns a fresh session token.
 * Fails: access.sign_in_failed (same answer and work for unknown names), access.too_many_attempts. */
MUST_USE struct err *access_sign_in(struct db *db, struct arena *arena, const struct manual *m, struct str email,
                                    struct str password, struct str address, struct str label, int64_t now_us,
                                    struct str *token, int64_t *user_id);
/* Demo only: a session without a password for a user of the demo company. Fails: access.denied unless the demo flag is set. */
MUST_USE struct err *access_sign_in_demo(struct db *db, struct arena *arena, const struct manual *m, int64_t user_id,
                                         struct str label, int64_t now_us, struct str *token);
/* A session of somebody who has just proved to be there otherwise: whoever created the company on the first-run page. */
MUST_USE struct err *access_session_start(struct tx *tx, int64_t user_id, struct str address, struct str label, int64_t now_us,
                                          struct str *token);
MUST_USE struct err *access_sign_out(struct tx *tx, int64_t session_id, int64_t now_us);
MUST_USE struct err *access_sessions(struct tx *tx, int64_t user_id, struct session **out, size_t *n);
/* One session of this user. Fails: record.not_found if there is none. */
MUST_USE struct err *access_end_session(struct tx *tx, int64_t user_id, int64_t session_id, int64_t now_us);
MUST_USE struct err *access_end_sessions(struct tx *tx, int64_t user_id, int64_t except_session, int64_t now_us);

/* Who sent this token (session or API)? A per-process cache keyed by the token's hash holds ready actors; any write to
 * users, teams, sessions, tokens or a new manual version empties it (tx_on_commit and notify). The returned actor is
 * pinned by the arena of the request. Fails: access.sign_in_needed. */
struct access_cache;
struct access_cache *access_cache_new(struct db *db);
void access_cache_free(struct access_cache *c);
MUST_USE struct err *access_by_token(struct access_cache *c, struct arena *arena, const struct manual *m, struct str token,
                                     enum channel_via via, int64_t now_us, const struct actor **out);
void access_cache_clear(struct access_cache *c); /* called on commit of anything that changes who may do what */
/* Empties the caches of all nodes when tx commits. Every write to users, teams, sessions and tokens calls it; this room
 * does for its own tables, the hook on changes of records for o_user and o_team. */
void access_touch(struct tx *tx);
/* Writes down when sessions and tokens were last used, at most once per minute each. Called by a job, not by requests. */
MUST_USE struct err *access_cache_flush(struct access_cache *c, struct arena *arena, int64_t now_us);
/* Grows whenever somebody's rights may have changed: an open event stream looks at it before it sends. */
uint64_t access_generation(void);

/* ---- people and tokens ---- */
/* Sets a password. Fails: access.password_weak (length, common list, zxcvbn score, contains the name) with a way out. */
MUST_USE struct err *access_set_password(struct tx *tx, int64_t user_id, struct str hash, int64_t now_us);
MUST_USE struct err *access_password_check(struct arena *arena, struct str password, struct str name, struct str email);
struct str access_password_hash(struct arena *arena, struct str password); /* argon2id, interactive limits */
/* Is this the user's password? Reads its hash, then works outside any transaction. For changing one's own password. */
MUST_USE struct err *access_password_matches(struct db *db, struct arena *arena, int64_t user_id, struct str password,
                                             bool *matches);
/* Whether access_sign_in_demo is offered: a mark in the database, set where the demo company is served. */
MUST_USE struct err *access_set_demo(struct tx *tx, bool on);
/* Sessions that ended a week ago, forgotten failures: a job, hourly. */
MUST_USE struct err *access_clean(struct tx *tx, int64_t now_us);
struct api_token {
    int64_t id, user_id, created_us, expires_us, used_us;
    struct str name;
};
/* A new API token: acts with the rights of user_id, optionally cut down to one role. The text is shown once. */
MUST_USE struct err *access_token_create(struct tx *tx, int64_t user_id, struct str name, struct str role, int64_t expires_us,
                                         int64_t now_us, struct str *token, int64_t *id);
MUST_USE struct err *access_tokens(struct tx *tx, int64_t user_id, struct api_token **out, size_t *n);
/* Whose token it is. Fails: record.not_found. */
MUST_USE struct err *access_token_owner(struct tx *tx, int64_t token_id, int64_t *user_id);
MUST_USE struct err *access_token_end(struct tx *tx, int64_t token_id, int64_t now_us);

/* ---- finding people for the engine ---- */
/* Active users holding a role, in id order. */
MUST_USE struct err *access_users_with_role(struct tx *tx, struct str role, int64_t **out, size_t *n);
/* The next active person up the reporting line. 0: none. */
MUST_USE struct err *access_superior(struct tx *tx, int64_t user_id, int64_t *out);
struct person {
    int64_t id, team, reports_to;
    struct str name, email, phone, zone, team_name;
    struct str *roles;
    size_t n_roles;
    bool active;
    struct user_settings settings;
};
MUST_USE struct err *access_person(struct tx *tx, int64_t user_id, struct person *out); /* record.not_found */
MUST_USE struct err *access_person_by_email(struct tx *tx, struct str email, struct person *out);
/* Keeps what a person likes; the caller has checked the words. */
MUST_USE struct err *access_settings_put(struct tx *tx, int64_t user_id, const struct user_settings *s, int64_t now_us);
/* Does the person not want notices of this kind? */
bool access_mutes(const struct user_settings *s, struct str kind);
MUST_USE struct err *access_muted(struct tx *tx, int64_t user_id, struct str kind, bool *muted);

/* ---- everybody, for the lists of people and roles ---- */
#define PEOPLE_MAX 5000
struct colleague {
    struct person person; /* without settings; what the actor may not read is empty or 0 */
    struct str reports_to_name;
    int64_t seen_us; /* only for those who manage users; 0: not since the sessions were cleaned */
};
/* Those the actor may see, by name, leavers too; the first PEOPLE_MAX. Fails: access.denied. */
MUST_USE struct err *access_colleagues(struct tx *tx, const struct manual *m, const struct actor *a, struct colleague **out,
                                       size_t *n);

/* The audit trail of what is not a change of a record: sign-ins, refusals, exports. */
MUST_USE struct err *access_audit(struct tx *tx, const struct actor *a, const char *event, int64_t record_id, struct str detail,
                                  int64_t now_us);
