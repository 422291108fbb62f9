/* The reference pages of the page kinds, made from the tables that the reader uses. */
#include "manual/keys_impl.h"

#include "base/file.h"

static struct str type_text(struct arena *arena, const struct key *k)
{
    switch (k->type) {
    case KT_TEXT:
        return STR("text");
    case KT_NAME:
        return STR("name");
    case KT_EXPR:
        return STR("[expression](expressions.md)");
    case KT_DURATION:
        return STR("duration");
    case KT_NUMBER:
        return STR("whole number");
    case KT_YES_NO:
        return STR("yes/no");
    case KT_DATE:
        return STR("date");
    case KT_WHO:
        return STR("who");
    case KT_TEXTS:
        return STR("list of texts");
    case KT_TABLE:
        return STR("mapping, see below");
    case KT_TABLES:
        return STR("list of mappings, see below");
    case KT_NAMED:
        return STR("names with mappings, see below");
    case KT_FREE:
        return STR("mapping");
    case KT_MIXED:
        return STR("list");
    case KT_WORD:
        break;
    }
    struct buf b = buf_new(arena, 64);
    for (int i = 0; k->words[i]; i++)
        buf_fmt(&b, "%s`%s`", i ? ", " : "", k->words[i]);
    return buf_str(&b);
}

/* A pipe would end the cell. */
static void add_cell(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '|')
            buf_add_char(b, '\\');
        buf_add_char(b, s.ptr[i]);
    }
    buf_add(b, STR(" | "));
}

static void add_keys(struct buf *b, const struct key *keys)
{
    buf_add(b, STR("| key | type | default | meaning | example |\n|---|---|---|---|---|\n"));
    for (const struct key *k = keys; k->name; k++) {
        buf_fmt(b, "| `%s` | ", k->name);
        add_cell(b, type_text(b->arena, k));
        add_cell(b, k->required ? STR("**required**") : str_from(k->fallback ? k->fallback : "-"));
        add_cell(b, str_from(k->doc));
        add_cell(b, k->example ? str_fmt(b->arena, "`%s`", k->example) : STR("-"));
        b->len--; /* the last blank */
        buf_add_char(b, '\n');
    }
}

static void add_nested(struct buf *b, const struct key *keys)
{
    for (const struct key *k = keys; k->name; k++) {
        if (!k->of)
            continue;
        buf_fmt(b, "\n## %s (`%s`)\n\n", k->of->title, k->name);
        if (k->of->doc)
            buf_fmt(b, "%s\n\n", k->of->doc);
        add_keys(b, k->of->keys);
        add_nested(b, k->of->keys);
    }
}

static void add_field_types(struct buf *b)
{
    buf_add(b, STR("\n## Types of fields\n\n| type | what it holds |\n|---|---|\n"));
    for (int i = 0; i < FT_COUNT; i++)
        buf_fmt(b, "| `%s` | %s |\n", field_types[i].word, field_types[i].doc);
}

struct str manual_reference_page(struct arena *arena, enum page_kind kind)
{
    const struct key_table *t = &key_tables[kind];
    struct buf b = buf_new(arena, 8192);

    buf_fmt(&b,
            "# %s\n\n%s\n\nA page of this kind is the file `%s/<name>.md`: front matter between "
            "lines `---`, then Markdown. ",
            t->title, t->doc, t->title);
    buf_add(&b, STR("A heading in the body whose text equals the name of a stage, step, level or "
                    "passage explains it; a quote that begins with "
                    "`> Why:` below the heading is its reason, and before the first heading the "
                    "reason of the page.\n\n"));
    buf_add(&b, STR("## Keys of every page\n\n"));
    add_keys(&b, common_keys);
    buf_fmt(&b, "\n## Keys of %s\n\n", t->title);
    add_keys(&b, t->keys);
    add_nested(&b, t->keys);
    if (kind == PK_OBJECT)
        add_field_types(&b);
    buf_add(&b, STR("\nDurations are written `30m`, `24h`, `3d`, `2w`, `2 business days` or `4 "
                    "business hours`. A name has lower-case letters, digits, `_` and "
                    "`-` (objects and fields no `-`), at most 48. Who is `owner`, `superior`, "
                    "`role:<name>`, `user:<mail>`, `on duty role:<name>` or `next free "
                    "role:<name>`.\n\nThis page is made from the program's own tables: `fairlead "
                    "manual reference <folder>`.\n"));
    return buf_str(&b);
}

struct err *manual_reference(struct arena *arena, const char *dir)
{
    TRY(file_make_dirs(arena, dir));
    for (int kind = 0; kind < PK_COUNT; kind++)
        TRY(file_write(arena,
                       str_cstr(arena, str_fmt(arena, "%s/%s.md", dir, page_kind_words[kind])),
                       manual_reference_page(arena, (enum page_kind)kind)));
    return NULL;
}
