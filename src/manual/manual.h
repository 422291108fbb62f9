#pragma once
/* The manual, compiled: an immutable, reference-counted snapshot. Each request and each job pins one; two versions may
 * live side by side. There is no other configuration of behaviour. All strings and arrays belong to the snapshot's arena.
 *
 * Compiling: compile.h. Versions, plan and publish: version.h, plan.h.
 */
#include "expr/expr.h"

enum page_kind {
    PK_OBJECT, PK_VOCABULARY, PK_CALENDAR, PK_ROLE, PK_WORKFLOW, PK_TEMPLATE, PK_GUIDE, PK_POLICY, PK_ESCALATION,
    PK_METRIC, PK_PACK, PK_COUNT
};
extern const char *const page_kind_words[PK_COUNT];

/* A heading of a page's body with what stands below it. */
struct section {
    struct str title; /* empty: text before the first heading */
    struct str text;  /* Markdown below it, without the reason */
    struct str why;   /* from `> Why:`; may be empty */
    int level, line;
};
struct page {
    enum page_kind kind;
    struct str path;  /* "policy/lead-assigned": how pages are named everywhere */
    struct str name, label;
    struct str text;  /* the whole file, byte for byte */
    struct str body;  /* Markdown part of text */
    struct str owner; /* role name; may be empty */
    int64_t review;   /* date, DATE_NONE */
    const struct section *sections;
    size_t n_sections;
    struct str why;   /* of the page as a whole */
    int index;        /* into the snapshot's array of its kind */
};
const struct section *page_section(const struct page *page, struct str title); /* ASCII case does not count; NULL if none */

/* A condition with its place; e NULL: not given. */
struct rule {
    const struct expr *e;
    int line;
};

/* ---- objects ---- */
enum clean_rule { CLEAN_TRIM = 1, CLEAN_SPACES = 2, CLEAN_TITLE = 4, CLEAN_UPPER = 8, CLEAN_LOWER = 16, CLEAN_SENTENCE = 32,
                  CLEAN_PHONE = 64, CLEAN_EMAIL = 128, CLEAN_URL = 256, CLEAN_ADDRESS = 512, CLEAN_COMPANY = 1024 };
enum default_kind { DEFAULT_NONE, DEFAULT_VALUE, DEFAULT_ME, DEFAULT_NOW, DEFAULT_TODAY };
struct option {
    struct str name, label;
    int closed; /* 0 open, 1 won, 2 lost */
};
struct field {
    struct str name, label, help;
    enum field_type type;
    struct str column;      /* "amount"; FS_NONE: empty. Companions: column$f folded, column$c currency */
    bool system;            /* kept by the program: id, created_at ... */
    bool required, unique, indexed, search, personal, hidden;
    unsigned clean;         /* clean_rule bits */
    enum default_kind default_kind;
    struct str default_value; /* text as in the page, already checked for the type */
    int scale;
    struct str currency;    /* MONEY default */
    int64_t min, max;       /* scaled value, day, or length in code points; DATE_NONE: no bound */
    const struct option *options;
    size_t n_options;
    int vocabulary;         /* index or -1 */
    int to_object;          /* -1: any */
    struct str back;        /* relation name on the target */
    struct str pattern;     /* AUTO_NUMBER */
    struct str country;     /* PHONE: ISO 3166 alpha-2 for numbers without +; may be empty */
    const struct expr *formula;
    struct rule required_when, visible_when, readonly_when;
    int line;               /* in the page */
    int index;              /* in object->fields, the same as in expr_object.fields */
};
/* Positions of the system fields: the first ones of every object, in this order. */
enum { F_ID, F_CREATED_AT, F_CREATED_BY, F_UPDATED_AT, F_UPDATED_BY, F_OWNER, F_TEAM, F_VERSION, F_ARCHIVED_AT,
       F_DELETED_AT, F_TAGS, F_LAST_ACTIVITY_AT, F_SYSTEM_COUNT };
struct layout_group {
    struct str label;
    const int *fields;
    size_t n;
};
struct object {
    const struct page *page; /* NULL: built in (task, breach, run, change, page) */
    struct str name, label, plural, icon, table;
    int index;      /* in manual->objects and in the expr_schema */
    bool built_in;  /* no record_save */
    struct field *fields;
    size_t n_fields;
    int title;      /* field that names a record */
    struct str name_pattern;
    struct rule active_when, open_when;
    const int *list_layout; /* field indexes */
    size_t n_list_layout;
    const int *form_layout;
    size_t n_form_layout;
    const struct layout_group *detail_layout;
    size_t n_detail_layout;
    const struct layout_group *duplicates; /* sets of fields that tell probably equal records */
    size_t n_duplicates;
    int time; /* field that orders last() and first() */
    bool timeline;
};

/* ---- vocabularies, calendars, roles ---- */
struct field_place {
    int object, field;
};
struct vocabulary {
    const struct page *page;
    struct str *terms;
    size_t n_terms;
    struct strmap *term_by_fold;   /* folded term or alias -> term index */
    struct strmap *empty_by_fold;  /* words for "no answer" */
    struct str (*replacements)[2]; /* whole words: from (folded), to */
    size_t n_replacements;
    struct str (*suffixes)[2];     /* company suffix variant (folded, no dots), canonical */
    size_t n_suffixes;
    bool closed;
    const struct field_place *applies; /* text fields cleaned by it; their field->vocabulary says so too */
    size_t n_applies;
};
struct calendar {
    const struct page *page;
    struct worktime time;
    bool is_default;
    const struct str *teams, *roles;
    size_t n_teams, n_roles;
};
enum verb { VERB_READ, VERB_CREATE, VERB_UPDATE, VERB_ASSIGN, VERB_ARCHIVE, VERB_DELETE, VERB_EXPORT, VERB_COUNT };
enum scope { SCOPE_NONE, SCOPE_OWN, SCOPE_TEAM, SCOPE_BELOW, SCOPE_ALL };
enum field_right { FR_NONE, FR_READ, FR_WRITE };
extern const char *const verb_words[VERB_COUNT];
extern const char *const scope_words[5];
#define RIGHTS(X) \
    X(PUBLISH, "publish") X(PURGE, "purge") X(EXPORT_ALL, "export-all") X(MANAGE_USERS, "manage-users") \
    X(MANAGE_TOKENS, "manage-tokens") X(ASSIGN_ANYONE, "assign-anyone") X(BYPASS_GATES, "bypass-gates") \
    X(SEE_FIGURES, "see-figures") X(IMPORT, "import") X(SEE_BREACHES, "see-breaches")
enum right {
#define X(id, word) RIGHT_##id,
    RIGHTS(X)
#undef X
    RIGHT_COUNT
};
extern const char *const right_words[RIGHT_COUNT];
struct role {
    const struct page *page;
    struct str name, reports_to;
    const struct str *duties;
    size_t n_duties;
    unsigned char (*can)[VERB_COUNT]; /* [object index][verb] -> enum scope; CREATE: NONE or ALL */
    unsigned char **field_rights;     /* [object index] NULL, or [field index] -> enum field_right */
    uint32_t rights;                  /* bits 1 << enum right */
    bool is_default;
    int index;
};

/* ---- workflows ---- */
struct outcome {
    struct str label;
    struct str (*set)[2]; /* field name, literal or `now`/`today`/`me` */
    size_t n_set;
    struct str activity_kind, activity_direction; /* empty: none logged */
    struct duration again; /* >0: open again after this long */
    bool is_again;
};
struct step {
    struct str name;
    struct str role;       /* role name, or "owner" */
    struct duration due;   /* us 0 and no business part: no due time */
    int due_on;            /* field with the day or moment it is due, if filled; -1: none */
    struct rule done_when;
    int template_page;     /* index in manual->templates or -1 */
    int escalation;        /* index or -1 */
    bool optional;
    const struct outcome *outcomes;
    size_t n_outcomes;
    const int *needs; /* field indexes that must be filled to finish the step */
    size_t n_needs;
    const struct section *section; /* explanation; NULL */
    int line, index;
};
struct stage {
    struct str name;
    struct rule when, enter_when, leave_when;
    const int *needs; /* field indexes that must be filled to leave */
    size_t n_needs;
    const struct step *steps;
    size_t n_steps;
    struct duration idle_after;
    int probability; /* percent, -1 */
    const struct section *section;
    int line, index;
};
struct workflow_end {
    struct str name;
    struct rule when;
    const int *needs;
    size_t n_needs;
    bool convert;
    int line;
};
struct workflow {
    const struct page *page;
    int object;
    struct rule starts_when;
    struct stage *stages;
    size_t n_stages;
    struct workflow_end *ends;
    size_t n_ends;
    bool restart;
    int index;
};

/* ---- policies, escalations ---- */
enum policy_mode { PM_OFF, PM_WATCH, PM_REMIND, PM_FIX, PM_BLOCK };
enum policy_clock { PC_WITHIN, PC_EVERY, PC_ALWAYS };
enum policy_period { PP_DAY, PP_WORKING_DAY, PP_WEEK, PP_MONTH, PP_QUARTER };
enum who_kind { WHO_OWNER, WHO_SUPERIOR, WHO_ROLE, WHO_USER, WHO_ON_DUTY, WHO_NEXT_FREE };
struct who {
    enum who_kind kind;
    struct str name; /* role name or mail address */
};
enum action_kind { ACT_NOTIFY, ACT_SET, ACT_ASSIGN, ACT_ESCALATE, ACT_TASK, ACT_TAG };
struct action {
    enum action_kind kind;
    struct who who;
    struct str (*set)[2];
    size_t n_set;
    int escalation;
    struct str text; /* task title, tag */
};
struct season {
    int64_t from, to; /* days, inclusive */
    int64_t at_least;
};
struct policy {
    const struct page *page;
    int object;
    enum policy_mode mode;
    enum policy_clock clock;
    struct rule when, must, except;
    struct duration within;
    int of_field;        /* date-time field the clock starts at; -1: when the condition became true */
    enum policy_period period;
    int count_relation;  /* EVERY: relation index on the object */
    struct rule count_where; /* on the related object; e NULL: all */
    struct rule count;   /* the whole "count(rel where ...)" as a value expression, to show and to query */
    int64_t at_least;
    const struct season *seasons;
    size_t n_seasons;
    struct who owed_by;
    struct duration remind_before;
    const struct action *on_breach;
    size_t n_on_breach;
    bool applies_to_all;
    struct str sentence; /* plain words made from the rule itself */
    int index;
};
struct escalation_level {
    struct str name;
    struct duration after;
    struct who who;
    bool as_task; /* else notify */
    const struct section *section;
};
struct escalation {
    const struct page *page;
    int object; /* -1: any */
    const struct escalation_level *levels;
    size_t n_levels;
    bool cover_superior;
    int index;
};

/* ---- templates, guides, metrics, packs ---- */
enum channel { CH_ANY, CH_EMAIL, CH_CALL, CH_VOICEMAIL, CH_NOTE, CH_MESSAGE };
extern const char *const channel_words[]; /* by enum, ends with NULL */
struct passage {
    struct str name, text, why;
    bool personal;
};
struct template_page {
    const struct page *page;
    enum channel channel;
    int object;
    struct str subject;
    const struct passage *passages;
    size_t n_passages;
    int index;
};
struct guide {
    const struct page *page;
    enum channel channel;
    struct str (*avoid)[3]; /* say, instead, why */
    size_t n_avoid;
    const struct str *structure;
    size_t n_structure;
    int sentence_words_max; /* 0: no limit */
    bool greeting_required;
};
enum measure { MEASURE_COUNT, MEASURE_SUM, MEASURE_AVG, MEASURE_MEDIAN, MEASURE_RATE, MEASURE_TIME_BETWEEN };
struct metric_by {
    struct str text;        /* as written */
    const struct expr *e;   /* the value grouped by */
    enum { BY_VALUE, BY_DAY, BY_WEEK, BY_MONTH, BY_QUARTER, BY_YEAR } bucket;
};
struct metric {
    const struct page *page;
    int object;
    enum measure measure;
    struct rule where, numerator, value, from, to;
    const struct metric_by *by; /* groupings offered */
    size_t n_by;
    struct str target;
    bool lower_is_better;
    int index;
};
struct pack {
    const struct page *page;
    struct str purpose, version, language;
};

/* ---- the snapshot ---- */
/* Which rules read a field of an object: changed fields -> rules to evaluate. */
struct rule_ref {
    enum { RR_WORKFLOW, RR_POLICY } kind;
    int index;
    int via_object; /* the rule's own object when it differs: reached through path */
    struct str path; /* reference path from the rule's object, or relation name */
    bool related;
};
struct rule_refs {
    const struct rule_ref *refs;
    size_t n;
};
struct manual {
    int64_t version;      /* 0: nothing published, the built-in objects only */
    int64_t published_us;
    struct arena *arena;
    struct page *pages;   /* sorted by path */
    size_t n_pages;
    struct strmap *page_by_path;
    struct object *objects;
    size_t n_objects;
    struct strmap *object_by_name;
    const struct expr_schema *schema;
    struct vocabulary *vocabularies;
    size_t n_vocabularies;
    struct calendar *calendars;
    size_t n_calendars;
    int default_calendar; /* -1: Mon-Fri 9-17 UTC */
    const struct worktime *fallback_time; /* that one */
    struct role *roles;
    size_t n_roles;
    struct workflow *workflows;
    size_t n_workflows;
    struct policy *policies;
    size_t n_policies;
    struct escalation *escalations;
    size_t n_escalations;
    struct template_page *templates;
    size_t n_templates;
    struct guide *guides;
    size_t n_guides;
    struct metric *metrics;
    size_t n_metrics;
    struct pack *packs;
    size_t n_packs;
    struct rule_refs **reads; /* [object][field]: rules that read it */
    struct rule_refs *reads_rows; /* [object]: rules that count or look at rows of it */
    struct vocabulary *style; /* all spelling, abbreviations and suffixes of all vocabularies merged; never NULL */
    int refs; /* atomic */
};
void manual_pin(const struct manual *m);
void manual_unpin(const struct manual *m); /* frees the snapshot with the last pin */
const struct object *manual_object(const struct manual *m, struct str name); /* NULL */
const struct field *object_field(const struct object *o, struct str name);   /* NULL */
const struct page *manual_page(const struct manual *m, struct str path);     /* NULL */
const struct role *manual_role(const struct manual *m, struct str name);     /* NULL */
/* What people call it within a sentence: "sales manager"; a name the manual does not know stays. */
struct str manual_role_words(struct arena *arena, const struct manual *m, struct str name);
struct str manual_a_role(struct arena *arena, const struct manual *m, struct str name); /* "a sales manager" */
/* Positions of well-known objects, -1 if the manual lacks them. */
int manual_object_index(const struct manual *m, const char *name);
/* The calendar for a person in a team with roles; falls back to the default. */
const struct worktime *manual_worktime(const struct manual *m, struct str team, const struct str *roles, size_t n_roles);

/* ---- findings, compile ---- */
enum severity { SEV_ERROR, SEV_WARNING };
struct finding {
    enum severity severity;
    struct str page; /* path */
    int line, column;
    struct str message, suggestion;
};
struct findings {
    struct arena *arena;
    VEC(struct finding) list;
    int errors;
};
struct page_file {
    struct str path; /* "policy/lead-assigned.md" or without .md */
    struct str text;
};
/* Compiles pages into a new snapshot (one pin, the caller's). All findings are reported, not only the first.
 * Fails: manual.check when a finding is an error (findings filled); *out is then NULL. */
MUST_USE struct err *manual_compile(struct arena *arena, const struct page_file *files, size_t n, int64_t version,
                                    struct findings *findings, const struct manual **out);
struct str findings_text(struct arena *arena, const struct findings *f); /* "page:line:col: error: ... " lines */
/* The built-in objects only. */
const struct manual *manual_empty(void);
/* Reads every *.md below dir. */
MUST_USE struct err *manual_read_folder(struct arena *arena, const char *dir, struct page_file **files, size_t *n);
/* A starter manual embedded in the executable ("b2b-sales"), with what its pack takes from another one. Fails:
 * manual.not_found. */
MUST_USE struct err *manual_starter(struct arena *arena, struct str name, struct page_file **files, size_t *n);
struct starter {
    struct str name, label, purpose; /* purpose: the sentence of its pack page */
    size_t n_pages;
};
/* All of them, by name. Fails: manual.syntax where a pack page cannot be read. */
MUST_USE struct err *manual_starters(struct arena *arena, struct starter **out, size_t *n);

/* ---- versions: the live manual ---- */
struct manual_store; /* the process's live snapshot and how to renew it */
#define MANUAL_CHANNEL "manual" /* told when a version went live (tx_notify): its number. The store listens first */
/* The store lives on arena, which must outlive db: news of other nodes may come until db is closed. */
MUST_USE struct err *manual_store_open(struct arena *arena, struct db *db, struct manual_store **out);
void manual_store_close(struct manual_store *store);
/* The live snapshot, pinned for the caller. Cheap. */
const struct manual *manual_live(struct manual_store *store);
/* Inside a write transaction: the live version number in the database. If it differs from m's, the caller starts over
 * on manual_live (which this call renews). Fails: manual.version_conflict (ERR_BUSY: the dispatcher tries again). */
MUST_USE struct err *manual_check_live(struct tx *tx, struct manual_store *store, const struct manual *m);

struct manual_version {
    int64_t number, author, at_us;
    struct str reason;
    int64_t n_pages;
};
MUST_USE struct err *manual_versions(struct tx *tx, struct manual_version **out, size_t *n);
/* The pages of a version, or of the live one (0). Fails: manual.not_found. */
MUST_USE struct err *manual_load(struct tx *tx, int64_t version, struct page_file **files, size_t *n);

/* One page of a version as it was: everything but index. Fails: manual.not_found, manual.syntax. */
MUST_USE struct err *manual_page_at(struct tx *tx, int64_t version, struct str path, struct page *out);
/* The versions after this one in which the page's text became another (or the page went), oldest first. */
MUST_USE struct err *manual_page_changed(struct tx *tx, int64_t version, struct str path, int64_t **out, size_t *n);
/* The version somebody has looked at last; 0: none yet. */
MUST_USE struct err *manual_seen(struct tx *tx, int64_t user_id, int64_t *version);
/* Remembers it; an older version than the one seen changes nothing. Fails: manual.not_found if there is no such version. */
MUST_USE struct err *manual_see(struct tx *tx, int64_t user_id, int64_t version, int64_t now_us);

/* Plan: what publishing next over live would do; text for people, one line each, grouped. */
struct plan_item {
    struct str group; /* "columns", "rules", "tasks", "rights", "runs", "pages" */
    struct str page;
    struct str text;  /* "adds column budget to lead" */
};
struct plan {
    VEC(struct plan_item) items;
};
MUST_USE struct err *manual_plan(struct tx *tx, const struct manual *live, const struct manual *next, struct plan *out);
/* Work adds what only the engine can know (tasks that appear or vanish, running cases). Filled by main; called by whoever
 * asks for the plan, after manual_plan, because it needs the time. */
extern struct err *(*manual_plan_hook)(struct tx *tx, const struct manual *live, const struct manual *next,
                                       int64_t now_us, struct plan *out);
struct str plan_text(struct arena *arena, const struct plan *plan);
/* A unified diff of pages, with sentences above each hunk where the front matter changed. */
struct str manual_diff(struct arena *arena, const struct page_file *a, size_t na, const struct page_file *b, size_t nb);

/* What differs between two manuals, in words. */
enum piece_how { PIECE_SAME, PIECE_REMOVED, PIECE_ADDED };
struct diff_piece {
    enum piece_how how;
    struct str text; /* words with one blank between; "\n" begins a new paragraph. Pieces are joined by a blank */
};
struct diff_passage {
    struct str section;    /* the heading above; empty: before the first one */
    int line, line_before; /* in the page as it is now and as it was; 0: not there */
    const struct diff_piece *pieces;
    size_t n;
};
struct diff_sentence {
    struct str text; /* "Deadline of "First reply" in "New" changed from 24h to 4 business hours." */
    int line, line_before;
};
enum page_change { PAGE_CHANGED, PAGE_ADDED, PAGE_REMOVED };
struct page_diff {
    struct str path, label; /* of the newer text where there is one */
    enum page_change change;
    const struct diff_sentence *sentences; /* about the front matter */
    size_t n_sentences;
    const struct diff_passage *passages;   /* of the body */
    size_t n_passages;
};
/* The pages that differ, by path; answers how many. Everything lives in arena and in the texts given. */
size_t manual_compare(struct arena *arena, const struct page_file *a, size_t na, const struct page_file *b, size_t nb,
                      struct page_diff **out);
/* The same to read in a terminal: [-removed-] and {+added+}. */
struct str manual_compare_text(struct arena *arena, const struct page_diff *pages, size_t n);

struct publish {
    const struct page_file *files;
    size_t n;
    int64_t author;          /* user id; 0: the program (first start) */
    struct str reason;
    int64_t expect_version;  /* the version the author worked from; -1: any */
    int64_t now_us;
};
/* Compiles, adds tables, columns and indexes, writes the new version, runs manual_publish_hook, all in this
 * transaction. The new snapshot goes live when it commits. Unchanged pages: no new version, *out_version is the live one.
 * Fails: manual.check, manual.version_conflict. */
MUST_USE struct err *manual_publish(struct tx *tx, struct manual_store *store, const struct publish *p,
                                    struct findings *findings, int64_t *out_version);
/* Work starts and stops rules on existing records here. Filled by main. */
extern struct err *(*manual_publish_hook)(struct tx *tx, const struct manual *before, const struct manual *after,
                                          int64_t author, int64_t now_us);
/* Writes docs/manual/<kind>.md, one reference page per kind, made from the parser's own tables of keys. */
MUST_USE struct err *manual_reference(struct arena *arena, const char *dir);
/* The text of one of them. */
struct str manual_reference_page(struct arena *arena, enum page_kind kind);
/* Writes pages as dir/<kind>/<name>.md, byte for byte. Other files there stay. */
MUST_USE struct err *manual_write_folder(struct arena *arena, const char *dir, const struct page_file *files, size_t n);

/* Sets one front-matter key of a page's text, keeping everything else byte for byte (switching a policy's mode). */
MUST_USE struct err *page_set_key(struct arena *arena, struct str text, struct str key, struct str value, struct str *out);

/* The template of that page path; NULL: there is none. */
const struct template_page *manual_template(const struct manual *m, struct str path);
/* Template filled with a record: text per passage; unresolved merge fields are listed. */
struct filled {
    struct str subject;
    struct str *passages;
    size_t n;
    const struct str *unresolved;
    size_t n_unresolved;
};
typedef struct str (*merge_lookup_fn)(void *ctx, struct arena *arena, struct str path, bool *found);
void template_fill(struct arena *arena, const struct template_page *t, merge_lookup_fn lookup, void *ctx,
                   struct filled *out);
/* The next merge field of a text from *at on, as it is written: "{{first_name}}"; false: there is none. */
bool merge_field_next(struct str text, size_t *at, struct str *out);
/* The same for what the writer has to put in: "[what they asked]". */
bool placeholder_next(struct str text, size_t *at, struct str *out);
/* Hints of the tone guide on a text for a channel; never blocks. */
struct tone_hint {
    struct str page, text, why;
    size_t from, len;
};
void guide_check(struct arena *arena, const struct manual *m, enum channel channel, struct str text,
                 struct tone_hint **out, size_t *n);
