#include "manual/compile_impl.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- findings ---- */
__attribute__((format(printf, 7, 0))) static void
finding_put(struct compiler *c, enum severity severity, struct str path, int line, int column,
            struct str suggestion, const char *fmt, va_list ap)
{
    struct findings *f = c->findings;

    if (severity == SEV_ERROR)
        f->errors++;
    if (f->list.n >= FINDINGS_MAX)
        return;
    VEC_PUSH(f->arena, f->list) = (struct finding){
        .severity = severity,
        .page = str_dup(f->arena, path),
        .line = line,
        .column = column,
        .message = str_vfmt(f->arena, fmt, ap),
        .suggestion = str_dup(f->arena, suggestion),
    };
}

void finding_add(struct compiler *c, enum severity severity, const struct page *page, int line,
                 int column, struct str suggestion, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    finding_put(c, severity, page->path, line, column, suggestion, fmt, ap);
    va_end(ap);
}

__attribute__((format(printf, 3, 4))) static void file_error(struct compiler *c, struct str path,
                                                             const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    finding_put(c, SEV_ERROR, path, 1, 1, STR_NONE, fmt, ap);
    va_end(ap);
}

struct str did_you_mean(struct compiler *c, struct str word, const struct str *candidates, size_t n)
{
    struct str near = str_nearest(c->arena, word, candidates, n);

    return near.len ? str_fmt(c->arena, "Did you mean \"%.*s\"?", STR_ARG(near)) : STR_NONE;
}

static int finding_cmp(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int by_page = str_cmp(x->page, y->page);

    if (by_page)
        return by_page;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return str_cmp(x->message, y->message);
}

struct str findings_text(struct arena *arena, const struct findings *f)
{
    struct buf b = buf_new(arena, 256);

    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];

        buf_fmt(&b, "%.*s:%d:%d: %s: %.*s", STR_ARG(x->page), x->line, x->column,
                x->severity == SEV_ERROR ? "error" : "warning", STR_ARG(x->message));
        if (x->suggestion.len)
            buf_fmt(&b, " %.*s", STR_ARG(x->suggestion));
        buf_add_char(&b, '\n');
    }
    if (f->list.n >= FINDINGS_MAX)
        buf_fmt(&b, "Only the first %d findings are listed.\n", FINDINGS_MAX);
    return buf_str(&b);
}

/* ---- reading the pages ---- */
struct str label_from_name(struct arena *arena, struct str name)
{
    struct str label = str_dup(arena, name);
    char *p = arena_alloc(arena, label.len + 1);

    memcpy(p, label.ptr, label.len);
    for (size_t i = 0; i < label.len; i++)
        if (p[i] == '-' || p[i] == '_')
            p[i] = ' ';
    if (label.len && p[0] >= 'a' && p[0] <= 'z')
        p[0] = (char)(p[0] - 'a' + 'A');
    return (struct str){p, label.len};
}

static int file_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct page_file *)a)->path, ((const struct page_file *)b)->path);
}

/* The files that are pages, sorted, with stripped paths, on the snapshot's arena. */
static size_t take_files(struct compiler *c, const struct page_file *files, size_t n,
                         struct page_file **out)
{
    struct page_file *kept = NEW_ARRAY(c->arena, n + 1, struct page_file);
    size_t n_kept = 0, n_unique = 0;

    if (n > MANUAL_PAGES_MAX) {
        file_error(c, STR("manual"), "The manual has %zu pages; %d are allowed.", n,
                   MANUAL_PAGES_MAX);
        n = MANUAL_PAGES_MAX;
    }
    for (size_t i = 0; i < n; i++) {
        enum page_kind kind;
        struct str name;

        if (!page_path_parse(files[i].path, &kind, &name)) {
            file_error(c, files[i].path,
                       "This is not the path of a page. A page is the file kind/name.md, with one "
                       "of the kinds object, "
                       "vocabulary, calendar, role, workflow, template, guide, policy, escalation, "
                       "metric, pack and a name of "
                       "at most %d lower-case letters, digits, _ and - (objects without -).",
                       NAME_BYTES_MAX);
            continue;
        }
        kept[n_kept++] = (struct page_file){str_dup(c->arena, page_path_strip(files[i].path)),
                                            str_dup(c->arena, files[i].text)};
    }
    qsort(kept, n_kept, sizeof *kept, file_cmp);
    for (size_t i = 0; i < n_kept; i++) {
        if (n_unique && str_eq(kept[i].path, kept[n_unique - 1].path))
            file_error(c, kept[i].path, "This page is given twice.");
        else
            kept[n_unique++] = kept[i];
    }
    *out = kept;
    return n_unique;
}

static void report_err(struct compiler *c, const struct page *page, const struct err *e)
{
    for (; e; e = e->next)
        finding_add(c, SEV_ERROR, page, e->line ? e->line : 1, e->column ? e->column : 1,
                    e->way_out, "%.*s", STR_ARG(e->message));
}

/* `kind` and `name` must say what the path says. */
static void check_identity(struct compiler *c, const struct source *s, const char *key,
                           struct str expected)
{
    const struct node *node = get(s->root, key);

    if (node && !str_eq(node->text, expected))
        ERROR_AT(c, s, node,
                 str_fmt(c->arena, "Write `%s: %.*s`, or rename the file.", key, STR_ARG(expected)),
                 "The path says %s \"%.*s\", the page says \"%.*s\".", key, STR_ARG(expected),
                 STR_ARG(node->text));
}

static void read_page(struct compiler *c, struct source *s, struct page *page,
                      const struct page_file *file)
{
    struct page_parts parts;
    struct err *e;

    s->page = page;
    page->path = file->path;
    page->text = file->text;
    (void)page_path_parse(file->path, &page->kind, &page->name);
    page->label = label_from_name(c->arena, page->name);
    page->review = DATE_NONE;
    e = page_split(c->arena, file->text, &parts);
    if (!e) {
        page_read_body(c->arena, page, &parts);
        e = yaml_read(c->arena, file->text, parts.yaml_from, parts.yaml_to, &s->root);
    }
    if (e) {
        s->root = NULL;
        report_err(c, page, e);
        return;
    }
    check_table(c, s, s->root, &key_tables[page->kind], true);
    check_identity(c, s, "kind", str_from(page_kind_words[page->kind]));
    check_identity(c, s, "name", page->name);
    if (get(s->root, "label"))
        page->label = get_text(s->root, "label");
    page->review = get_date(s->root, "review");
}

struct err *page_read(struct arena *arena, struct str path, struct str text, struct page *out)
{
    struct page_parts parts;
    struct node *root;

    *out = (struct page){.path = page_path_strip(path), .text = text, .review = DATE_NONE};
    (void)page_path_parse(path, &out->kind, &out->name);
    TRY(page_split(arena, text, &parts));
    page_read_body(arena, out, &parts);
    TRY(yaml_read(arena, text, parts.yaml_from, parts.yaml_to, &root));
    out->label = get(root, "label") ? get_text(root, "label") : label_from_name(arena, out->name);
    out->owner = get(root, "owner") ? get_text(root, "owner") : STR_NONE;
    out->review = get_date(root, "review");
    return NULL;
}

static void read_pages(struct compiler *c, const struct page_file *files, size_t n)
{
    struct manual *m = c->m;
    struct page_file *sorted;
    size_t n_kind[PK_COUNT] = {0};

    m->n_pages = take_files(c, files, n, &sorted);
    m->pages = NEW_ARRAY(c->arena, m->n_pages + 1, struct page);
    m->page_by_path = strmap_new(c->arena, m->n_pages + 1);
    c->sources = NEW_ARRAY(c->arena, m->n_pages + 1, struct source);
    for (size_t i = 0; i < m->n_pages; i++) {
        struct page *page = &m->pages[i];

        read_page(c, &c->sources[i], page, &sorted[i]);
        if (n_kind[page->kind] == 0)
            c->first[page->kind] = i;
        page->index = (int)n_kind[page->kind]++;
        strmap_put(m->page_by_path, page->path, (int64_t)i);
    }
    for (int kind = 0; kind < PK_COUNT; kind++) {
        c->names[kind] = NEW_ARRAY(c->arena, n_kind[kind] + 1, struct str);
        c->n_names[kind] = n_kind[kind];
        for (size_t i = 0; i < n_kind[kind]; i++)
            c->names[kind][i] = m->pages[c->first[kind] + i].name;
    }
}

const struct source *source_of(const struct compiler *c, enum page_kind kind, int index)
{
    return &c->sources[c->first[kind] + (size_t)index];
}

/* The role responsible for each page. */
static void read_page_owners(struct compiler *c)
{
    for (size_t i = 0; i < c->m->n_pages; i++) {
        const struct source *s = &c->sources[i];
        const struct node *node = get(s->root, "owner");

        if (node && page_ref(c, s, node, PK_ROLE) >= 0)
            s->page->owner = node->text;
    }
}

/* ---- the snapshot ---- */
static struct manual *new_manual(void)
{
    struct arena *arena = arena_new(64 * 1024);
    struct manual *m = NEW(arena, struct manual);

    m->arena = arena;
    m->refs = 1;
    m->default_calendar = -1;
    return m;
}

static void compile_all(struct compiler *c)
{
    compile_vocabularies(c);
    compile_objects(c);
    compile_applies_to(c);
    check_required_objects(c);
    build_schema(c);
    compile_object_rules(c);
    read_page_owners(c);
    compile_calendars(c);
    compile_roles(c);
    compile_templates(c);
    compile_escalations(c);
    compile_workflows(c);
    compile_policies(c);
    compile_metrics(c);
    compile_guides(c);
    compile_packs(c);
    compile_style(c);
    check_across(c);
}

static struct err *check_failed(struct arena *arena, const struct findings *f)
{
    struct err *first = NULL;

    for (size_t i = 0; i < f->list.n; i++) {
        const struct finding *x = &f->list.at[i];

        if (x->severity != SEV_ERROR)
            continue;
        struct err *e = FAIL(arena, ERR_INVALID, "manual.check", NULL, "%.*s", STR_ARG(x->message));
        e->page = str_dup(arena, x->page);
        e->line = x->line;
        e->column = x->column;
        e->way_out = str_dup(arena, x->suggestion);
        err_add(&first, e);
    }
    return first;
}

struct err *manual_compile(struct arena *arena, const struct page_file *files, size_t n,
                           int64_t version, struct findings *findings, const struct manual **out)
{
    struct manual *m = new_manual();
    struct compiler c = {.arena = m->arena, .findings = findings, .m = m};

    *out = NULL;
    if (!findings->arena)
        findings->arena = arena;
    m->version = version;
    read_pages(&c, files, n);
    compile_all(&c);
    if (findings->list.n)
        qsort(findings->list.at, findings->list.n, sizeof *findings->list.at, finding_cmp);
    if (findings->errors) {
        struct err *e = check_failed(arena, findings);

        arena_free(m->arena);
        return e ? e : FAIL(arena, ERR_INVALID, "manual.check", NULL, "The manual has errors.");
    }
    build_deps(m);
    *out = m;
    return NULL;
}

/* Lives as long as the process: one pin is never given back. */
static struct manual *empty_manual;

static void make_empty(void)
{
    struct manual *m = new_manual();
    struct arena *scratch = arena_new(0);
    struct findings findings = {.arena = scratch};
    struct compiler c = {.arena = m->arena, .findings = &findings, .m = m};

    read_pages(&c, NULL, 0);
    compile_vocabularies(&c);
    compile_objects(&c);
    build_schema(&c);
    compile_object_rules(&c);
    compile_calendars(&c);
    compile_roles(&c);
    compile_style(&c);
    build_deps(m);
    arena_free(scratch);
    empty_manual = m;
}

const struct manual *manual_empty(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_empty);
    return empty_manual;
}
