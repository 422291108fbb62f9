/* Pages in folders, and the starter manuals inside the executable. */
#include "manual/page_impl.h"

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

struct err *manual_starter(struct arena *arena, struct str name, struct page_file **files,
                           size_t *n)
{
    struct str prefix = str_fmt(arena, "manual/%.*s/", STR_ARG(name));
    VEC(struct page_file) list = {0};

    if (page_name_valid(name, true))
        for (const struct embedded_file *f = embedded_first(prefix);
             f && f->path && str_starts(str_from(f->path), prefix); f++) {
            struct str rest = str_sub(str_from(f->path), prefix.len, SIZE_MAX);

            if (str_ends(rest, STR(".md")) && str_find_char(rest, '/', 0) != SIZE_MAX)
                VEC_PUSH(arena, list) = (struct page_file){rest, embedded_text(f)};
        }
    if (!list.n)
        return FAIL(arena, ERR_NOT_FOUND, "manual.not_found", NULL,
                    "There is no starter manual \"%.*s\".", STR_ARG(str_sub(name, 0, 100)));
    *files = list.at;
    *n = list.n;
    return NULL;
}
