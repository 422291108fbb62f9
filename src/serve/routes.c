/* Every address of the server, in one table. Dispatch, decoding, rights and the OpenAPI document all come from it.
 * Columns: method, path, handler, where it runs, who may, flags, status of success, operationId, tag, summary, query
 * parameters, body, schema of the answer. */
#include "serve/serve_impl.h"

#include "base/limits.h"
#include "record/view.h"

#define FILTER {"filter", P_TEXT, 0, 0, false, "A condition in the expression language: `status = 'New' and owner is empty`."}
#define LIMIT(n) {"limit", P_INT, 1, PAGE_ROWS_MAX, false, "How many at most; " #n " if not given."}
#define CURSOR {"cursor", P_TEXT, 0, 0, false, "`next` of the answer before; leave it out for the first page."}
#define SORT {"sort", P_TEXT, 0, 0, false, "Fields with `asc` or `desc`, by commas: `close_date desc, name`. Newest first if not given."}
#define FIELDS {"fields", P_TEXT, 0, 0, false, "Which fields to answer, by commas, also through references: `name,amount,account.name`."}
#define BIN {"bin", P_BOOL, 0, 0, false, "Look in the bin."}
#define ARCHIVED {"archived", P_BOOL, 0, 0, false, "Archived records too."}
#define END {NULL, P_TEXT, 0, 0, false, NULL}

static const struct param q_sign_in[] = {{"next", P_TEXT, 0, 0, false, "Where to go then."}, END};
static const struct param q_list[] = {
    FILTER, SORT, FIELDS, CURSOR, LIMIT(50), BIN, ARCHIVED,
    {"count", P_BOOL, 0, 0, false, "Also count what matches, up to 100,000."}, END,
};
static const struct param q_get[] = {
    {"fields", P_TEXT, 0, 0, false, "Which fields to answer, by commas: `name,amount`."}, BIN, END,
};
static const struct param q_history[] = {CURSOR, {"limit", P_INT, 1, 200, false, "How many at most; 50 if not given."}, END};
static const struct param q_explain[] = {
    {"filter", P_TEXT, 0, 0, false, "Why does this condition hold, or not, for the record?"},
    {"page", P_TEXT, 0, 0, false, "Why did this page of the manual (`policy/lead-assigned`) act, or not?"}, END,
};
static const struct param q_group[] = {
    FILTER,
    {"by", P_TEXT, 0, 0, false, "Up to three keys by commas: `stage`, `owner.team`, `close_date by month`. One total if not given."},
    {"measure", P_TEXT, 0, 0, false, "`count`, `sum(amount)`, `avg(..)`, `min(..)`, `max(..)`, `median(..)`, several by commas; `count` if not given."},
    {"limit", P_INT, 1, GROUP_ROWS_MAX, false, "How many groups at most."}, END,
};
static const struct param q_count[] = {FILTER, BIN, ARCHIVED, END};
static const struct param q_since[] = {
    {"field", P_TEXT, 0, 0, true, "A field, as `stage`."},
    {"ids", P_TEXT, 0, 0, true, "Up to 100 records, by commas; those you may not read are left out."}, END,
};
static const struct param q_export[] = {FILTER, SORT, FIELDS, ARCHIVED, END};
static const struct param q_search[] = {
    {"q", P_TEXT, 0, 0, true, "What was typed; words may be unfinished."},
    {"objects", P_TEXT, 0, 0, false, "Only these objects, by commas."},
    {"limit", P_INT, 1, 100, false, "How many at most; 20 if not given."}, END,
};
static const struct param q_rows[] = {FILTER, CURSOR, LIMIT(50), END};
static const struct param q_tasks[] = {
    FILTER, CURSOR, LIMIT(50), {"brief", P_BOOL, 0, 0, false, "Only what a list shows: without explanation, words, needs and what comes after."}, END,
};
static const struct param q_day[] = {
    {"user", P_ID, 0, 0, false, "Whose day; one's own if not given. Others' for those they report to."}, CURSOR, LIMIT(50), END,
};
static const struct param q_escalations[] = {{"record", P_ID, 0, 0, true, "About which record."}, END};
static const struct param q_who[] = {
    {"escalation", P_TEXT, 0, 0, true, "Name of the escalation's page."},
    {"record", P_ID, 0, 0, true, "About which record."},
    {"at", P_INSTANT, 0, 0, false, "At which moment; now if not given."}, END,
};
static const struct param q_mail[] = {
    {"template", P_TEXT, 0, 0, false, "A template of the manual to fill in: `template/first-reply`."}, END,
};
static const struct param q_notices[] = {{"later", P_BOOL, 0, 0, false, "Those that were put off, instead."}, CURSOR, LIMIT(50), END};
static const struct param q_pages[] = {{"kind", P_TEXT, 0, 0, false, "Only pages of this kind."}, END};
static const struct param q_diff[] = {
    {"from", P_INT, 0, INT32_MAX, false, "A version; 0 or left out: the live one."},
    {"to", P_INT, 0, INT32_MAX, false, "A version; 0 or left out: the live one."}, END,
};
static const struct param q_facts[] = {{"page", P_TEXT, 0, 0, true, "A workflow's page: `workflow/closing`."}, END};
static const struct param q_metric[] = {
    {"by", P_TEXT, 0, 0, false, "One of the page's groupings, or any expression; the total if not given."}, FILTER, END,
};
static const struct param q_views[] = {{"object", P_TEXT, 0, 0, false, "Only views of this object."}, END};
static const struct param q_tokens[] = {{"user", P_ID, 0, 0, false, "Whose tokens; one's own if not given."}, END};

#define M_END {NULL, B_TEXT, false, 0, NULL, NULL}
#define NOTE {"note", B_TEXT, false, 0, NULL, "What there is to say about it."}

static const struct member b_sign_in[] = {
    {"email", B_TEXT, true, 320, NULL, "The mail address of the account."},
    {"password", B_TEXT, true, 512, NULL, "The password."}, M_END,
};
static const struct member b_demo[] = {{"email", B_TEXT, true, 320, NULL, "A person of the demo company."}, M_END};
static const char *const themes[] = {"system", "light", "dark", NULL};
static const char *const densities[] = {"comfortable", "compact", NULL};
static const struct member b_me[] = {
    {"theme", B_TEXT, false, 0, themes, "Light, dark, or as the system."},
    {"density", B_TEXT, false, 0, densities, "Room between rows."},
    {"single_keys", B_BOOL, false, 0, NULL, "Shortcuts of one letter."},
    {"simple", B_BOOL, false, 0, NULL, "Screens with less on them."},
    {"zone", B_TEXT, false, 64, NULL, "Time zone, IANA name; empty: the company's."},
    {"muted", B_TEXTS, false, 20, NULL, "Kinds of notices not wanted: assign, breach, remind, rule."}, M_END,
};
static const struct member b_password[] = {
    {"old_password", B_TEXT, true, 512, NULL, "The password that holds now."},
    {"password", B_TEXT, true, 512, NULL, "The new one: 12 characters at least, hard to guess."}, M_END,
};
static const struct member b_password_set[] = {{"password", B_TEXT, true, 512, NULL, "The new password: 12 characters at least, hard to guess."}, M_END};
static const struct member b_token[] = {
    {"name", B_TEXT, true, 400, NULL, "What uses it."},
    {"role", B_TEXT, false, 100, NULL, "Cut down to this role, which you must hold; all your rights if left out."},
    {"expires_at", B_INSTANT, false, 0, NULL, "Until when; without end if left out."}, M_END,
};
static const char *const bulk_actions[] = {"archive", "unarchive", "delete", "restore", NULL};
static const struct member b_bulk[] = {
    {"ids", B_IDS, false, 500, NULL, "The records, by id."},
    {"filter", B_TEXT, false, EXPR_BYTES_MAX, NULL, "Or by a condition; 500 at a time, in the order of their ids."},
    {"after", B_ID, false, 0, NULL, "With a filter: go on after this id (`next_after` of the answer before)."},
    {"set", B_FIELDS, false, 0, NULL, "Fields to set, as in a change of one record."},
    {"action", B_TEXT, false, 0, bulk_actions, "Or what to do with them."},
    {"dry_run", B_BOOL, false, 0, NULL, "Only say what would happen."}, M_END,
};
static const char *const layouts[] = {"grid", "board", NULL};
#define VIEW_PARTS \
    {"shared", B_BOOL, false, 0, NULL, "Seen by everybody who may read the object."}, \
    {"layout", B_TEXT, false, 0, layouts, "As a grid or as a board."}, \
    {"filter", B_TEXT, false, EXPR_BYTES_MAX, NULL, "A condition in the expression language; empty: all."}, \
    {"sort", B_TEXT, false, 1000, NULL, "Fields with `asc` or `desc`, by commas; empty: newest first."}, \
    {"columns", B_COLUMNS, false, VIEW_COLUMNS_MAX, NULL, "What stands in the columns, in their order, with the width in pixels (0: as it needs)."}, \
    {"group", B_TEXT, false, 200, NULL, "The field by which rows or cards are grouped; empty: not at all."}, M_END
static const struct member b_view[] = {
    {"object", B_TEXT, true, 200, NULL, "Of which object."},
    {"name", B_TEXT, true, 400, NULL, "Its name, one of its kind per person and object."}, VIEW_PARTS,
};
static const struct member b_view_change[] = {{"name", B_TEXT, false, 400, NULL, "Its name."}, VIEW_PARTS};
static const struct member b_undo[] = {
    {"changes", B_IDS, true, 500, NULL, "The saves, by the ids that an answer gave (`changes`) or the history tells."}, M_END,
};
static const struct member b_task[] = {
    {"record", B_ID, true, 0, NULL, "What it is about."},
    {"title", B_TEXT, true, 800, NULL, "What to do."},
    {"owed_by", B_ID, false, 0, NULL, "Who owes it; you, if left out."},
    {"due", B_INSTANT, false, 0, NULL, "By when."}, NOTE, M_END,
};
static const struct member b_finish[] = {
    {"outcome", B_TEXT, false, 400, NULL, "Label of one of the step's outcomes."}, NOTE, M_END,
};
static const struct member b_mail[] = {
    {"object", B_TEXT, true, 200, NULL, "Of which object the record is."},
    {"record", B_ID, true, 0, NULL, "What it is about; it is logged there."},
    {"to", B_TEXT, true, 320, NULL, "An address that stands on the record, or on somebody who belongs to it."},
    {"subject", B_TEXT, true, 1200, NULL, "Its subject."},
    {"body", B_TEXT, true, 0, NULL, "What it says, as plain text."},
    {"template", B_TEXT, false, 200, NULL, "The page its words come from: what that leaves to be written may not stand in it any more."},
    {"task", B_ID, false, 0, NULL, "The task it answers."},
    {"outcome", B_TEXT, false, 400, NULL, "Label of one of the outcomes of that task, which closes it."}, M_END,
};
static const char *const channels[] = {"any", "email", "call", "voicemail", "note", "message", NULL};
static const struct member b_tone[] = {
    {"channel", B_TEXT, true, 0, channels, "How it goes out."},
    {"text", B_TEXT, true, 100000, NULL, "What it says."}, M_END,
};
static const struct member b_skip[] = {{"note", B_TEXT, true, 0, NULL, "Why it is left out."}, M_END};
static const struct member b_postpone[] = {{"until", B_INSTANT, true, 0, NULL, "Until then it is not shown."}, M_END};
static const struct member b_assign[] = {{"user", B_ID, true, 0, NULL, "Who owes it from now on."}, M_END};
static const char *const causes[] = {"unclear", "no-tool", "overload", "customer", "other", NULL};
static const struct member b_cause[] = {
    {"cause", B_TEXT, true, 0, causes, "What got in the way."},
    {"comment", B_TEXT, false, 0, NULL, "In one's own words."}, M_END,
};
static const struct member b_escalation[] = {
    {"escalation", B_TEXT, true, 200, NULL, "Name of the escalation's page."},
    {"record", B_ID, true, 0, NULL, "About which record."}, NOTE, M_END,
};
static const struct member b_note[] = {NOTE, M_END};
static const struct member b_absence[] = {
    {"user", B_ID, false, 0, NULL, "Who is away; you, if left out."},
    {"from", B_DATE, true, 0, NULL, "First day."},
    {"to", B_DATE, true, 0, NULL, "Last day."},
    {"cover", B_ID, false, 0, NULL, "Who stands in."}, M_END,
};
#define DRAFT \
    {"pages", B_PAGES, false, MANUAL_PAGES_MAX, NULL, "Pages with their path (`policy/lead-assigned`) and whole text."}, \
    {"remove", B_TEXTS, false, MANUAL_PAGES_MAX, NULL, "Paths of live pages to leave out."}, \
    {"complete", B_BOOL, false, 0, NULL, "The pages given are the whole manual; else they are laid over the live one."}, \
    {"restore", B_INT, false, INT32_MAX, NULL, "Instead of pages: the number of a version whose pages are taken as they were."}
static const struct member b_draft[] = {DRAFT, M_END};
static const struct member b_seen[] = {{"version", B_INT, true, INT32_MAX, NULL, "The version looked at."}, M_END};
static const struct member b_past[] = {
    {"days", B_INT, false, 0, NULL, "How far back: 1 to 366 days; 90 if left out."},
    {"page", B_TEXT, false, PAGE_BYTES_MAX, NULL, "A draft of the policy's page; the live one if left out. Needs the right to publish."}, M_END,
};
static const struct member b_publish[] = {DRAFT, {"reason", B_TEXT, true, 2000, NULL, "Why the manual changes."}, M_END};

#define R "/api/v1/records/{object}"
#define RI "/api/v1/records/{object}/{id}"
#define NOB RF_NO_BUILT_IN

/* clang-format off */
const struct route routes[] = {
    /* Screens of the web client. */
    {M_GET, "/", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "My Day", NULL, NULL, NULL},
    {M_GET, "/run", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "My Day, one card at a time", NULL, NULL, NULL},
    {M_GET, "/lists/{what}", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "A list", NULL, NULL, NULL},
    {M_GET, "/records/{what}/{which}", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "A record", NULL, NULL, NULL},
    {M_GET, "/manual", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "The manual", NULL, NULL, NULL},
    {M_GET, "/manual/versions", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "Versions of the manual, and what changed between them", NULL, NULL, NULL},
    {M_GET, "/manual/{kind}/{name}", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "A page of the manual", NULL, NULL, NULL},
    {M_GET, "/board", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "The board", NULL, NULL, NULL},
    {M_GET, "/board/{what}", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "A board", NULL, NULL, NULL},
    {M_GET, "/policies", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "Policies", NULL, NULL, NULL},
    {M_GET, "/figures", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "Figures", NULL, NULL, NULL},
    {M_GET, "/notifications", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "Notifications", NULL, NULL, NULL},
    {M_GET, "/settings", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "Settings", NULL, NULL, NULL},
    {M_GET, "/settings/{what}", serve_shell, TX_NONE, SIGNED_IN, RF_HTML | RF_SCREEN, 200, NULL, NULL, "Settings", NULL, NULL, NULL},

    {M_GET, "/sign-in", serve_sign_in_page, TX_SLOW, PUBLIC, RF_HTML, 200, NULL, NULL, "Sign in", q_sign_in, NULL, NULL},
    {M_POST, "/sign-in", serve_sign_in_form, TX_SLOW, PUBLIC, RF_HTML | RF_FORM | RF_SECRET, 200, NULL, NULL, "Sign in", NULL, NULL, NULL},
    {M_GET, "/first-run", serve_first_run_page, TX_SLOW, PUBLIC, RF_HTML, 200, NULL, NULL, "Create the company", NULL, NULL, NULL},
    {M_POST, "/first-run", serve_first_run_form, TX_SLOW, PUBLIC, RF_HTML | RF_FORM | RF_SECRET, 200, NULL, NULL, "Create the company", NULL, NULL, NULL},
    {M_GET, "/about", serve_about, TX_NONE, PUBLIC, RF_HTML, 200, NULL, NULL, "What this is", NULL, NULL, NULL},
    {M_GET, "/assets/{file}", serve_asset, TX_NONE, PUBLIC, RF_ETAG, 200, NULL, NULL, "Files of the web client", NULL, NULL, NULL},
    {M_GET, "/icon.png", serve_icon, TX_NONE, PUBLIC, RF_ETAG, 200, NULL, NULL, "The mark", NULL, NULL, NULL},
    {M_GET, "/healthz", serve_health, TX_NONE, PUBLIC, 0, 200, "health", "system", "Is it well?", NULL, NULL, "Health"},
    {M_GET, "/problems/{code}", serve_problem_page, TX_NONE, PUBLIC, RF_HTML, 200, NULL, NULL, "What an error code means", NULL, NULL, NULL},
    {M_GET, "/api/v1/openapi.json", serve_openapi, TX_NONE, PUBLIC, RF_ETAG, 200, "openapi", "system", "This description", NULL, NULL, "AnyObject"},

    {M_POST, "/api/v1/sign-in", serve_sign_in, TX_SLOW, PUBLIC, RF_SECRET, 200, "signIn", "me", "Sign in with mail address and password", NULL, b_sign_in, "SignedIn"},
    {M_POST, "/api/v1/demo-sign-in", serve_sign_in_demo, TX_SLOW, PUBLIC, RF_SECRET, 200, "signInDemo", "me", "Sign in to the demo company without a password", NULL, b_demo, "SignedIn"},
    {M_POST, "/api/v1/sign-out", serve_sign_out, TX_WRITE, SIGNED_IN, RF_SECRET, 204, "signOut", "me", "End this session", NULL, NULL, NULL},
    {M_GET, "/api/v1/me", serve_me, TX_NONE, SIGNED_IN, 0, 200, "getMe", "me", "Who I am and what I may do", NULL, NULL, "Me"},
    {M_PATCH, "/api/v1/me", serve_me_change, TX_WRITE, SIGNED_IN, 0, 200, "changeMe", "me", "Change what one likes, wherever one signs in", NULL, b_me, "Me"},
    {M_POST, "/api/v1/me/password", serve_password_change, TX_SLOW, SIGNED_IN, 0, 204, "changePassword", "me", "Change one's own password; other sessions end", NULL, b_password, NULL},
    {M_GET, "/api/v1/objects", serve_objects, TX_NONE, SIGNED_IN, RF_BIG | RF_ETAG, 200, "listObjects", "system", "The objects of this installation, with fields, layouts and what I may do", NULL, NULL, "ObjectList"},
    {M_GET, "/api/v1/sessions", serve_sessions, TX_READ, SIGNED_IN, 0, 200, "listSessions", "me", "One's own sessions", NULL, NULL, "SessionList"},
    {M_DELETE, "/api/v1/sessions", serve_sessions_end, TX_WRITE, SIGNED_IN, 0, 204, "endOtherSessions", "me", "End all one's sessions but this one", NULL, NULL, NULL},
    {M_DELETE, "/api/v1/sessions/{id}", serve_session_end, TX_WRITE, SIGNED_IN, 0, 204, "endSession", "me", "End one of one's sessions", NULL, NULL, NULL},
    {M_GET, "/api/v1/tokens", serve_tokens, TX_READ, SIGNED_IN, 0, 200, "listTokens", "me", "API tokens", q_tokens, NULL, "TokenList"},
    {M_POST, "/api/v1/tokens", serve_token_create, TX_WRITE, SIGNED_IN, RF_SECRET, 201, "createToken", "me", "Make an API token; its text is shown once", NULL, b_token, "TokenCreated"},
    {M_DELETE, "/api/v1/tokens/{id}", serve_token_end, TX_WRITE, SIGNED_IN, 0, 204, "endToken", "me", "End an API token", NULL, NULL, NULL},
    {M_POST, "/api/v1/users/{id}/password", serve_password_set, TX_SLOW, RIGHT(MANAGE_USERS), 0, 204, "setPassword", "me", "Set a colleague's password; their sessions end", NULL, b_password_set, NULL},
    {M_GET, "/api/v1/users", serve_users, TX_READ, SIGNED_IN, RF_BIG, 200, "listPeople", "people", "Everybody: team, line, roles, away or here", NULL, NULL, "PeopleList"},
    {M_GET, "/api/v1/roles", serve_roles, TX_READ, SIGNED_IN, RF_BIG, 200, "listRoles", "people", "The roles of the manual, what each may do and who holds it", NULL, NULL, "RoleList"},
    {M_DELETE, "/api/v1/users/{id}/sessions", serve_user_sessions_end, TX_WRITE, RIGHT(MANAGE_USERS), 0, 204, "endUserSessions", "me", "End all sessions of a colleague", NULL, NULL, NULL},

    {M_GET, R, serve_record_list, TX_READ, MAY(READ), NOB | RF_BIG, 200, "list", "records", "List, filtered and sorted", q_list, NULL, "{Object}Page"},
    {M_POST, R, serve_record_create, TX_WRITE, MAY(CREATE), NOB | RF_RECORD | RF_ETAG, 201, "create", "records", "Create", NULL, NULL, "{Object}Saved"},
    {M_GET, RI, serve_record_get, TX_READ, MAY(READ), NOB | RF_ETAG, 200, "get", "records", "Get one", q_get, NULL, "{Object}"},
    {M_PATCH, RI, serve_record_patch, TX_WRITE, MAY(UPDATE), NOB | RF_RECORD | RF_PATCH | RF_IF_MATCH | RF_ETAG, 200, "update", "records", "Change some fields", NULL, NULL, "{Object}Saved"},
    {M_DELETE, RI, serve_record_delete, TX_WRITE, MAY(DELETE), NOB | RF_IF_MATCH_OPT, 204, "delete", "records", "Move to the bin", NULL, NULL, NULL},
    {M_POST, RI "/archive", serve_record_archive, TX_WRITE, MAY(ARCHIVE), NOB | RF_IF_MATCH_OPT | RF_ETAG, 200, "archive", "records", "Archive", NULL, NULL, "{Object}"},
    {M_POST, RI "/unarchive", serve_record_unarchive, TX_WRITE, MAY(ARCHIVE), NOB | RF_IF_MATCH_OPT | RF_ETAG, 200, "unarchive", "records", "Take out of the archive", NULL, NULL, "{Object}"},
    {M_POST, RI "/restore", serve_record_restore, TX_WRITE, MAY(DELETE), NOB | RF_IF_MATCH_OPT | RF_ETAG, 200, "restore", "records", "Take out of the bin", NULL, NULL, "{Object}"},
    {M_POST, RI "/purge", serve_record_purge, TX_WRITE, RIGHT(PURGE), NOB, 204, "purge", "records", "Erase for good, history included", NULL, NULL, NULL},
    {M_GET, RI "/changes", serve_record_changes, TX_READ, MAY(READ), NOB | RF_BIG, 200, "listChangesOf", "records", "What changed, newest first", q_history, NULL, "ChangePage"},
    {M_GET, RI "/timeline", serve_record_timeline, TX_READ, MAY(READ), NOB | RF_BIG, 200, "getTimelineOf", "records", "Everything that happened, newest first", q_history, NULL, "TimelinePage"},
    {M_GET, RI "/work", serve_record_work, TX_READ, MAY(READ), NOB, 200, "getWorkOf", "records", "The next action, runs and open tasks", NULL, NULL, "RecordWork"},
    {M_GET, RI "/mail", serve_mail_form, TX_READ, MAY(READ), NOB, 200, "getMailFormOf", "mails", "What writing a mail about it needs: addresses, templates, words", q_mail, NULL, "MailForm"},
    {M_GET, RI "/explain", serve_record_explain, TX_READ, MAY(READ), NOB, 200, "explain", "records", "Why a condition holds or a page acted, or not", q_explain, NULL, "Explanation"},
    {M_GET, R "/group", serve_record_group, TX_READ, MAY(READ), NOB | RF_BIG, 200, "group", "records", "Figures by group", q_group, NULL, "GroupList"},
    {M_GET, R "/count", serve_record_count, TX_READ, MAY(READ), NOB, 200, "count", "records", "How many", q_count, NULL, "Count"},
    {M_GET, R "/since", serve_record_since, TX_READ, MAY(READ), NOB, 200, "since", "records", "Since when a field has its value", q_since, NULL, "SinceList"},
    {M_GET, R "/export.csv", serve_export, TX_BULK, MAY(EXPORT), NOB | RF_CSV, 200, "export", "records", "As CSV, all that match", q_export, NULL, NULL},
    {M_POST, R "/bulk", serve_bulk, TX_WRITE, MAY(READ), NOB, 200, "bulk", "records", "Change many, or see what it would do", NULL, b_bulk, "BulkResult"},
    {M_POST, "/api/v1/changes/{id}/undo", serve_change_undo, TX_WRITE, SIGNED_IN, RF_ETAG, 200, "undoChange", "records", "Take one save back", NULL, NULL, "AnyRecord"},
    {M_POST, "/api/v1/changes/undo", serve_changes_undo, TX_WRITE, SIGNED_IN, 0, 200, "undoChanges", "records", "Take many saves back, each on its own", NULL, b_undo, "UndoResult"},
    {M_GET, "/api/v1/search", serve_search, TX_READ, SIGNED_IN, 0, 200, "search", "records", "Search all objects", q_search, NULL, "SearchResult"},

    {M_GET, "/api/v1/views", serve_views, TX_READ, SIGNED_IN, RF_BIG, 200, "listViews", "views", "One's own saved views, and shared ones", q_views, NULL, "ViewList"},
    {M_POST, "/api/v1/views", serve_view_create, TX_WRITE, SIGNED_IN, RF_ETAG, 201, "createView", "views", "Save a view", NULL, b_view, "View"},
    {M_GET, "/api/v1/views/{id}", serve_view_get, TX_READ, SIGNED_IN, RF_ETAG, 200, "getView", "views", "One saved view", NULL, NULL, "View"},
    {M_PATCH, "/api/v1/views/{id}", serve_view_change, TX_WRITE, SIGNED_IN, RF_IF_MATCH | RF_ETAG, 200, "changeView", "views", "Change a saved view", NULL, b_view_change, "View"},
    {M_DELETE, "/api/v1/views/{id}", serve_view_delete, TX_WRITE, SIGNED_IN, 0, 204, "deleteView", "views", "Delete a saved view, for everybody who uses it", NULL, NULL, NULL},
    {M_POST, "/api/v1/views/{id}/use", serve_view_use, TX_WRITE, SIGNED_IN, 0, 204, "useView", "views", "I opened it", NULL, NULL, NULL},
    {M_GET, "/api/v1/views/{id}/users", serve_view_users, TX_READ, SIGNED_IN, 0, 200, "listViewUsers", "views", "Who else opened it in the last 90 days, for those who may change it", NULL, NULL, "ViewUsers"},

    {M_GET, "/api/v1/my-day", serve_my_day, TX_READ, SIGNED_IN, RF_BIG, 200, "getMyDay", "tasks", "What I owe, in a wise order, with reasons", q_day, NULL, "Day"},
    {M_GET, "/api/v1/tasks", serve_tasks, TX_READ, SIGNED_IN, RF_BIG, 200, "listTasks", "tasks", "Tasks one may see", q_tasks, NULL, "TaskPage"},
    {M_POST, "/api/v1/tasks", serve_task_create, TX_WRITE, SIGNED_IN, RF_ETAG, 201, "createTask", "tasks", "Ask somebody for something", NULL, b_task, "Task"},
    {M_GET, "/api/v1/tasks/{id}", serve_task_get, TX_READ, SIGNED_IN, RF_ETAG, 200, "getTask", "tasks", "One task with its reason and template", NULL, NULL, "Task"},
    {M_POST, "/api/v1/tasks/{id}/finish", serve_task_finish, TX_WRITE, SIGNED_IN, RF_IF_MATCH_OPT | RF_ETAG, 200, "finishTask", "tasks", "Done", NULL, b_finish, "Task"},
    {M_POST, "/api/v1/tasks/{id}/skip", serve_task_skip, TX_WRITE, SIGNED_IN, RF_IF_MATCH_OPT | RF_ETAG, 200, "skipTask", "tasks", "Leave it out, saying why", NULL, b_skip, "Task"},
    {M_POST, "/api/v1/tasks/{id}/postpone", serve_task_postpone, TX_WRITE, SIGNED_IN, RF_IF_MATCH_OPT | RF_ETAG, 200, "postponeTask", "tasks", "Not now", NULL, b_postpone, "Task"},
    {M_POST, "/api/v1/tasks/{id}/assign", serve_task_assign, TX_WRITE, SIGNED_IN, RF_IF_MATCH_OPT | RF_ETAG, 200, "assignTask", "tasks", "Hand it to somebody else", NULL, b_assign, "Task"},
    {M_POST, "/api/v1/mails", serve_mail_send, TX_WRITE, SIGNED_IN, RF_IF_MATCH_OPT, 201, "sendMail", "mails", "Send a mail to a customer, log it, and close the task it answers", NULL, b_mail, "Mail"},
    {M_POST, "/api/v1/tone", serve_tone, TX_SLOW, SIGNED_IN, 0, 200, "checkTone", "mails", "What the tone guide says to a text", NULL, b_tone, "Tone"},
    {M_GET, "/api/v1/breaches", serve_breaches, TX_READ, SIGNED_IN, RF_BIG, 200, "listBreaches", "rules", "Rules that were not met", q_rows, NULL, "BreachPage"},
    {M_POST, "/api/v1/breaches/{id}/cause", serve_breach_cause, TX_WRITE, SIGNED_IN, 0, 204, "explainBreach", "rules", "Say what got in the way", NULL, b_cause, NULL},
    {M_GET, "/api/v1/escalations", serve_escalations, TX_READ, SIGNED_IN, 0, 200, "listEscalations", "rules", "Escalations about a record", q_escalations, NULL, "EscalationList"},
    {M_POST, "/api/v1/escalations", serve_escalation_start, TX_WRITE, SIGNED_IN, 0, 201, "startEscalation", "rules", "Call for help", NULL, b_escalation, "Created"},
    {M_POST, "/api/v1/escalations/{id}/acknowledge", serve_escalation_acknowledge, TX_WRITE, SIGNED_IN, 0, 204, "acknowledgeEscalation", "rules", "I take care of it", NULL, b_note, NULL},
    {M_GET, "/api/v1/escalation-levels", serve_escalation_who, TX_READ, SIGNED_IN, 0, 200, "whoWouldBeCalled", "rules", "Who would be called, level by level", q_who, NULL, "AnyObject"},
    {M_GET, "/api/v1/policies", serve_policies, TX_READ, SIGNED_IN, RF_BIG, 200, "listPolicies", "rules", "Every policy and how it is kept", NULL, NULL, "PolicyList"},
    {M_GET, "/api/v1/notices", serve_notices, TX_READ, SIGNED_IN, 0, 200, "listNotices", "tasks", "Notices to me", q_notices, NULL, "NoticePage"},
    {M_POST, "/api/v1/notices/{id}/later", serve_notice_later, TX_WRITE, SIGNED_IN, 0, 204, "postponeNotice", "tasks", "Not now: hide it until then", NULL, b_postpone, NULL},
    {M_POST, "/api/v1/policies/{name}/past", serve_policy_past, TX_BULK, SIGNED_IN, 0, 200, "tryOnPast", "rules", "What a policy would have found in the past", NULL, b_past, "PolicyPast"},
    {M_POST, "/api/v1/notices/{id}/read", serve_notice_read, TX_WRITE, SIGNED_IN, 0, 204, "readNotice", "tasks", "I have read it", NULL, NULL, NULL},
    {M_POST, "/api/v1/absences", serve_absence, TX_WRITE, SIGNED_IN, 0, 204, "createAbsence", "tasks", "Somebody is away", NULL, b_absence, NULL},

    {M_GET, "/api/v1/manual/pages", serve_manual_pages, TX_NONE, SIGNED_IN, RF_BIG | RF_ETAG, 200, "listPages", "manual", "The pages of the live manual", q_pages, NULL, "PageList"},
    {M_GET, "/api/v1/manual/pages/{kind}/{name}", serve_manual_page, TX_NONE, SIGNED_IN, RF_ETAG, 200, "getPage", "manual", "One page, text and sections", NULL, NULL, "Page"},
    {M_GET, "/api/v1/manual/versions", serve_manual_versions, TX_READ, SIGNED_IN, 0, 200, "listVersions", "manual", "All versions, newest first", NULL, NULL, "VersionList"},
    {M_GET, "/api/v1/manual/versions/{version}/pages", serve_manual_version_pages, TX_READ, SIGNED_IN, RF_BIG, 200, "listVersionPages", "manual", "The pages of a version", NULL, NULL, "VersionPages"},
    {M_GET, "/api/v1/manual/versions/{version}/pages/{kind}/{name}", serve_manual_version_page, TX_SLOW, SIGNED_IN, 0, 200, "getVersionPage", "manual", "One page as it was, and when it changed since", NULL, NULL, "PageVersion"},
    {M_GET, "/api/v1/manual/diff", serve_manual_diff, TX_READ, SIGNED_IN, RF_BIG, 200, "diffVersions", "manual", "What changed between two versions", q_diff, NULL, "ManualDiff"},
    {M_GET, "/api/v1/manual/seen", serve_manual_seen, TX_READ, SIGNED_IN, 0, 200, "getSeenVersion", "manual", "Which version you have looked at last", NULL, NULL, "SeenVersion"},
    {M_PUT, "/api/v1/manual/seen", serve_manual_see, TX_WRITE, SIGNED_IN, 0, 200, "putSeenVersion", "manual", "Remember that you have looked at a version", NULL, b_seen, "SeenVersion"},
    {M_GET, "/api/v1/manual/facts", serve_manual_facts, TX_READ, SIGNED_IN, 0, 200, "getFacts", "manual", "What happens at each stage and step of a workflow", q_facts, NULL, "Facts"},
    {M_POST, "/api/v1/manual/check", serve_manual_check, TX_BULK, SIGNED_IN, 0, 200, "checkPages", "manual", "Does a draft hold together?", NULL, b_draft, "CheckResult"},
    {M_POST, "/api/v1/manual/plan", serve_manual_plan, TX_BULK, SIGNED_IN, 0, 200, "planPages", "manual", "What publishing a draft would do", NULL, b_draft, "Plan"},
    {M_POST, "/api/v1/manual/publish", serve_manual_publish, TX_WRITE, RIGHT(PUBLISH), RF_IF_MATCH_OPT | RF_ETAG, 200, "publishPages", "manual", "Make a draft the live manual", NULL, b_publish, "Published"},

    {M_GET, "/api/v1/metrics", serve_metrics, TX_READ, SIGNED_IN, 0, 200, "listMetrics", "metrics", "All metrics with their definitions", NULL, NULL, "MetricList"},
    {M_GET, "/api/v1/metrics/{name}", serve_metric, TX_READ, SIGNED_IN, 0, 200, "getMetric", "metrics", "One figure, by group if asked", q_metric, NULL, "Metric"},

    {M_GET, "/api/v1/system/mail", serve_mail_state, TX_READ, RIGHT(MANAGE_USERS), 0, 200, "getMailState", "system", "What becomes of the mails", NULL, NULL, "MailState"},
    {M_GET, "/api/v1/events", serve_events, TX_NONE, SIGNED_IN, RF_EVENTS, 200, "listenToEvents", "system", "Changes as they happen, as server-sent events", NULL, NULL, NULL},
};
/* clang-format on */
const int n_routes = sizeof routes / sizeof *routes;
