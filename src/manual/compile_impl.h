#pragma once
/* Inside the compiler. Order: read all pages (compile.c) -> vocabularies, objects and the schema (compile_object.c,
 * schema.c) -> everything that holds expressions (compile_*.c, one per family of kinds) -> checks across pages (check.c)
 * -> index of dependencies (deps.c). Every step reports what it finds and goes on.
 */
#include "manual/keys_impl.h"

struct source {
    struct page *page;
    struct node *root; /* NULL: could not be read */
};
struct compiler {
    struct arena *arena; /* the snapshot's */
    struct findings *findings;
    struct manual *m;
    struct source *sources; /* as m->pages */
    bool *
        object_broken; /* per object: its page could not be read, expressions on it are not judged */
    struct expr_schema *schema;
    size_t first[PK_COUNT];      /* where the pages of a kind begin: they stand together */
    struct str *names[PK_COUNT]; /* page names per kind, for suggestions */
    size_t n_names[PK_COUNT];
};
#define FINDINGS_MAX 1000

/* Reports at a node (NULL: the page's first line). suggestion may be empty. */
void finding_add(struct compiler *c, enum severity severity, const struct page *page, int line,
                 int column, struct str suggestion, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));
#define ERROR_AT(c, s, node, suggestion, ...) \
    finding_add((c), SEV_ERROR, (s)->page, (node) ? (node)->line : 1, (node) ? (node)->column : 1, \
                (suggestion), __VA_ARGS__)
#define WARN_AT(c, s, node, suggestion, ...) \
    finding_add((c), SEV_WARNING, (s)->page, (node) ? (node)->line : 1, \
                (node) ? (node)->column : 1, (suggestion), __VA_ARGS__)
/* "Did you mean x?" or empty. */
struct str did_you_mean(struct compiler *c, struct str word, const struct str *candidates,
                        size_t n);

/* "lead-capture" -> "Lead capture" */
struct str label_from_name(struct arena *arena, struct str name);

/* Checks a mapping against its table: unknown and missing keys, shapes and types of values; marks bad values. */
void check_table(struct compiler *c, const struct source *s, struct node *map,
                 const struct key_table *table, bool with_common);

/* Readers. A key that is absent, blank or bad gives the default. */
struct node *get(const struct node *map, const char *key);
struct str get_text(const struct node *map, const char *key);
bool get_yes(const struct node *map, const char *key, bool otherwise);
int64_t get_number(const struct node *map, const char *key, int64_t otherwise);
int64_t get_date(const struct node *map, const char *key);
struct duration get_duration(const struct node *map, const char *key);
int get_word(const struct node *map, const char *key, const char *const *words, int otherwise);
/* Texts of a list, or of one scalar. */
size_t get_texts(struct compiler *c, const struct node *map, const char *key, struct str **out);
/* Items of a list of mappings: those that are sound. */
size_t get_tables(struct compiler *c, const struct node *map, const char *key, struct node ***out);
bool yes_no_parse(struct str s, bool *out);

/* References to other pages and to fields; report and give -1 when there is none. */
int page_ref(struct compiler *c, const struct source *s, const struct node *node,
             enum page_kind kind);
int object_ref(struct compiler *c, const struct source *s, const struct node *node);
int field_ref(struct compiler *c, const struct source *s, const struct node *node, int object);
int field_ref_text(struct compiler *c, const struct source *s, const struct node *node,
                   struct str name, int object);
size_t field_refs(struct compiler *c, const struct source *s, const struct node *map,
                  const char *key, int object, const int **out);
/* Fields that people must be able to fill. */
size_t needs_refs(struct compiler *c, const struct source *s, const struct node *map, int object,
                  const int **out);
/* Compiles the expression of a node; e stays NULL when it is absent or wrong. */
struct rule rule_read(struct compiler *c, const struct source *s, const struct node *map,
                      const char *key, int object, unsigned use);
const struct expr *expr_read(struct compiler *c, const struct source *s, const struct node *node,
                             struct str text, size_t offset, int object, unsigned use);
/* Who: reports; false if it cannot be read. */
bool who_read(struct compiler *c, const struct source *s, const struct node *node, struct who *out);
/* set: { field: literal }; the literals are checked for the fields' types. */
size_t set_read(struct compiler *c, const struct source *s, const struct node *map, const char *key,
                int object, struct str (**out)[2]);
/* Is text a value of this field? Reports at node. */
bool literal_check(struct compiler *c, const struct source *s, const struct node *node,
                   const struct object *o, const struct field *f, struct str text);
/* Follows "account.name" from an object; false: *bad is the part that does not exist, *at the object it was sought on. */
bool path_resolve(const struct manual *m, int object, struct str path, struct str *bad, int *at,
                  const struct field **out);
struct str field_nearest(struct compiler *c, int object, struct str name);

/* The kinds. */
void compile_vocabularies(struct compiler *c);
void compile_style(struct compiler *c);
void compile_objects(struct compiler *c);      /* fields and layouts, without expressions */
void compile_object_rules(struct compiler *c); /* after the schema */
void check_required_objects(struct compiler *c);
void compile_applies_to(struct compiler *c);
void compile_calendars(struct compiler *c);
void compile_roles(struct compiler *c);
void compile_workflows(struct compiler *c);
void compile_policies(struct compiler *c);
void compile_escalations(struct compiler *c);
void compile_templates(struct compiler *c);
void compile_guides(struct compiler *c);
void compile_metrics(struct compiler *c);
void compile_packs(struct compiler *c);
void add_built_in_objects(struct arena *arena,
                          struct object *objects); /* the first OBJECT_BUILT_INS ones */
#define OBJECT_BUILT_INS 5
enum { OBJECT_TASK, OBJECT_BREACH, OBJECT_RUN, OBJECT_CHANGE, OBJECT_PAGE };
/* System fields at the beginning of a user object's fields. */
void add_system_fields(struct field *fields, int object);
struct str built_in_open_when(int object); /* empty: the word means nothing there */
void link_system_fields(struct manual *m); /* users and teams, once all objects are known */
/* Schema without formulas; relations included. back_nodes only for places of findings. */
void build_schema(struct compiler *c);
void check_across(struct compiler *c);
void build_deps(struct manual *m);
struct str policy_sentence(struct arena *arena, const struct manual *m, const struct policy *p);
const struct source *source_of(const struct compiler *c, enum page_kind kind, int index);
int64_t currency_digits(struct str code); /* ISO 4217 minor units; -1: not a code */
