/* Pages in folders, and the starter manuals inside the executable. */
#include "manual/page_impl.h"
#include "manual/yaml.h"

#include "base/embedded.h"
#include "base/file.h"
#include "base/limits.h"

struct err *manual_read_folder(struct arena *arena, const char *dir, struct page_file **files,
                               size_t *n)
{
    VEC(struct page_file) list = {0};
    struct str *names;
    size_t n_names;

    TRY(file_list(arena, dir, &names, &n_names));
    for (size_t i = 0; i < n_names; i++) {
        struct str text;

        if (!str_ends(names[i], STR(".md")) || str_find_char(names[i], '/', 0) == SIZE_MAX)
            continue; /* a README beside the folders is no page */
        if (list.n == MANUAL_PAGES_MAX)
            return FAIL(arena, ERR_TOO_LARGE, "manual.check", NULL,
                        "The folder has more than %d pages.", MANUAL_PAGES_MAX);
        TRY(file_read(arena, str_cstr(arena, str_fmt(arena, "%s/%.*s", dir, STR_ARG(names[i]))),
                      PAGE_BYTES_MAX, &text));
        VEC_PUSH(arena, list) = (struct page_file){names[i], text};
    }
    *files = list.at;
    *n = list.n;
    return NULL;
}

struct err *manual_write_folder(struct arena *arena, const char *dir, const struct page_file *files,
                                size_t n)
{
    for (int kind = 0; kind < PK_COUNT; kind++) {
        bool used = false;

        for (size_t i = 0; i < n && !used; i++)
            used = str_starts(files[i].path, str_fmt(arena, "%s/", page_kind_words[kind]));
        if (used)
            TRY(file_make_dirs(
                arena, str_cstr(arena, str_fmt(arena, "%s/%s", dir, page_kind_words[kind]))));
    }
    for (size_t i = 0; i < n; i++) {
        enum page_kind kind;
        struct str name;

        if (!page_path_parse(files[i].path, &kind, &name))
            return FAIL(arena, ERR_INVALID, "manual.check", NULL,
                        "\"%.*s\" is not the path of a page.",
                        STR_ARG(str_sub(files[i].path, 0, 100)));
        TRY(file_write(arena,
                       str_cstr(arena, str_fmt(arena, "%s/%s/%.*s.md", dir, page_kind_words[kind],
                                               STR_ARG(name))),
                       files[i].text));
    }
    return NULL;
}

/* ---- starter manuals ---- */

enum { PACK_DEPTH_MAX = 4 }; /* packs built on packs; deeper is a circle */

struct starter_files {
    struct arena *arena;
    VEC(struct page_file) list;
};

static bool has_path(const struct starter_files *s, struct str path)
{
    for (size_t i = 0; i < s->list.n; i++)
        if (str_eq(s->list.at[i].path, path))
            return true;
    return false;
}

static bool kind_wanted(const struct node *kinds, struct str path)
{
    struct str kind = str_sub(path, 0, str_find_char(path, '/', 0));

    for (size_t i = 0; kinds && kinds->kind == NODE_LIST && i < kinds->n; i++)
        if (str_eq(kinds->items[i]->text, kind))
            return true;
    return false;
}

/* kinds NULL: all pages. A page that is there already stays. */
static void add_pages(struct starter_files *s, struct str name, const struct node *kinds)
{
    struct str prefix = str_fmt(s->arena, "manual/%.*s/", STR_ARG(name));

    if (!page_name_valid(name, true))
        return;
    for (const struct embedded_file *f = embedded_first(prefix);
         f && f->path && str_starts(str_from(f->path), prefix); f++) {
        struct str rest = str_sub(str_from(f->path), prefix.len, SIZE_MAX);

        if (str_ends(rest, STR(".md")) && str_find_char(rest, '/', 0) != SIZE_MAX &&
            (!kinds || kind_wanted(kinds, rest)) && !has_path(s, rest))
            VEC_PUSH(s->arena, s->list) = (struct page_file){rest, embedded_text(f)};
    }
}

/* The front matter of a starter's pack page; *root NULL: it has none. */
static struct err *read_pack(struct arena *arena, struct str name, struct node **root)
{
    const struct embedded_file *f = embedded_find(
        str_fmt(arena, "manual/%.*s/pack/%.*s.md", STR_ARG(name), STR_ARG(name)));
    struct page_parts parts;

    *root = NULL;
    if (!f)
        return NULL;
    TRY(page_split(arena, embedded_text(f), &parts));
    return yaml_read(arena, embedded_text(f), parts.yaml_from, parts.yaml_to, root);
}

static struct str text_of(const struct node *root, const char *key)
{
    const struct node *node = root ? node_get(root, key) : NULL;

    return node && node->kind == NODE_TEXT ? node->text : STR("");
}

struct err *manual_starter(struct arena *arena, struct str name, struct page_file **files,
                           size_t *n)
{
    struct starter_files s = {.arena = arena};
    struct node *pack;
    struct str from = name;

    add_pages(&s, name, NULL);
    if (!s.list.n)
        return FAIL(arena, ERR_NOT_FOUND, "manual.not_found", NULL,
                    "There is no starter manual \"%.*s\".", STR_ARG(str_sub(name, 0, 100)));
    for (int depth = 0; depth < PACK_DEPTH_MAX; depth++) {
        TRY(read_pack(arena, from, &pack));
        from = text_of(pack, "from");
        if (!from.len)
            break;
        add_pages(&s, from, node_get(pack, "kinds"));
    }
    *files = s.list.at;
    *n = s.list.n;
    return NULL;
}

struct err *manual_starters(struct arena *arena, struct starter **out, size_t *n)
{
    VEC(struct starter) list = {0};
    struct str last = STR("");

    for (const struct embedded_file *f = embedded_first(STR("manual/"));
         f && f->path && str_starts(str_from(f->path), STR("manual/")); f++) {
        struct str rest = str_sub(str_from(f->path), 7, SIZE_MAX);
        struct starter starter = {.name = str_sub(rest, 0, str_find_char(rest, '/', 0))};
        struct page_file *files;
        struct node *pack;

        if (str_eq(starter.name, last))
            continue;
        last = starter.name;
        TRY(read_pack(arena, starter.name, &pack));
        if (!pack)
            continue;
        starter.label = text_of(pack, "label");
        starter.purpose = text_of(pack, "for");
        TRY(manual_starter(arena, starter.name, &files, &starter.n_pages));
        VEC_PUSH(arena, list) = starter;
    }
    *out = list.at;
    *n = list.n;
    return NULL;
}
