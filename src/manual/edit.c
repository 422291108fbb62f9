/* Changing one key of a page and nothing else. */
#include "manual/page_impl.h"

static bool plain_safe(struct str s)
{
    static const char special[] = "-?:,[]{}#&*!|>'\"%@` \t";

    if (!s.len)
        return false;
    for (size_t i = 0; special[i]; i++)
        if (s.ptr[0] == special[i])
            return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c < 0x20 || c == ':' || c == '#' || c == ',' || c == '[' || c == ']' || c == '{' ||
            c == '}')
            return false;
    }
    return s.ptr[s.len - 1] != ' ' && !str_eq(s, STR("---")) && !str_eq(s, STR("..."));
}

/* A scalar that reads back as s. */
static struct str quote(struct arena *arena, struct str s)
{
    struct buf b = buf_new(arena, s.len + 8);
    bool control = false;

    if (plain_safe(s))
        return s;
    for (size_t i = 0; i < s.len; i++)
        control = control || (unsigned char)s.ptr[i] < 0x20 || (unsigned char)s.ptr[i] == 0x7f;
    buf_add_char(&b, control ? '"' : '\'');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (!control && c == '\'')
            buf_add(&b, STR("''"));
        else if (control && (c == '"' || c == '\\'))
            buf_fmt(&b, "\\%c", c);
        else if (control && c == '\n')
            buf_add(&b, STR("\\n"));
        else if (control && ((unsigned char)c < 0x20 || c == 0x7f))
            buf_fmt(&b, "\\x%02x", (unsigned)(unsigned char)c);
        else
            buf_add_char(&b, c);
    }
    buf_add_char(&b, control ? '"' : '\'');
    return buf_str(&b);
}

static struct str splice(struct arena *arena, struct str text, size_t from, size_t to,
                         struct str middle)
{
    struct buf b = buf_new(arena, text.len + middle.len + 1);

    buf_add(&b, str_sub(text, 0, from));
    buf_add(&b, middle);
    buf_add(&b, str_sub(text, to, text.len - to));
    return buf_str(&b);
}

static struct err *read_root(struct arena *arena, struct str text, struct page_parts *parts,
                             struct node **root)
{
    TRY(page_split(arena, text, parts));
    return yaml_read(arena, text, parts->yaml_from, parts->yaml_to, root);
}

struct err *page_set_key(struct arena *arena, struct str text, struct str key, struct str value,
                         struct str *out)
{
    struct page_parts parts;
    struct node *root, *node, *after;
    struct str quoted = quote(arena, value);
    const char *line_end = str_find(text, STR("\r\n"), 0) != SIZE_MAX ? "\r\n" : "\n";

    if (!page_name_valid(key, false) || !utf8_valid(value))
        return FAIL(arena, ERR_INVALID, "manual.syntax", NULL,
                    "This key or value cannot stand in a page.");
    TRY(read_root(arena, text, &parts, &root));
    node = node_get_str(root, key);
    if (node && node->kind != NODE_TEXT)
        return FAIL(arena, ERR_INVALID, "manual.syntax", NULL,
                    "\"%.*s\" is not a single value; edit the page instead.", STR_ARG(key));
    if (node && node->style != '|' && node->style != '>')
        *out = splice(arena, text, node->from, node->to,
                      node_is_blank(node) ? str_fmt(arena, " %.*s", STR_ARG(quoted)) : quoted);
    else if (!node && !str_starts(str_sub(text, root->from, 1), STR("{")))
        *out = splice(arena, text, parts.yaml_to, parts.yaml_to,
                      str_fmt(arena, "%.*s: %.*s%s", STR_ARG(key), STR_ARG(quoted), line_end));
    else
        return FAIL(
            arena, ERR_INVALID, "manual.syntax", NULL,
            "\"%.*s\" stands in a form that cannot be changed alone; edit the page instead.",
            STR_ARG(key));
    /* Trust nothing: the new text must read back as the old one with the one key changed. */
    TRY(read_root(arena, *out, &parts, &root));
    after = node_get_str(root, key);
    if (!after || after->kind != NODE_TEXT || !str_eq(after->text, value))
        return FAIL(arena, ERR_INVALID, "manual.syntax", NULL,
                    "\"%.*s\" cannot be changed alone here; edit the page instead.", STR_ARG(key));
    return NULL;
}
