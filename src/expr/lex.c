/* Text to tokens, with the place of each. */
#include "expr/expr_impl.h"

#include <string.h>

const char *const expr_reserved_words[] = {
    "and", "or",   "not",   "in",  "between", "is",        "empty",    "contains", "yes",
    "no",  "true", "false", "now", "today",   "yesterday", "tomorrow", "me",       NULL,
};

bool expr_reserved(struct str word)
{
    for (const char *const *w = expr_reserved_words; *w; w++)
        if (str_eq_nocase(word, str_from(*w)))
            return true;
    return false;
}

struct err *expr_fail_(const struct compiler *c, const char *code, struct str src,
                       struct str way_out, const char *fmt, ...)
{
    va_list ap;
    struct str message;
    struct err *e;
    size_t pos = c->fallback_pos, line_start = 0;
    int line = 1;

    va_start(ap, fmt);
    message = str_vfmt(c->arena, fmt, ap);
    va_end(ap);
    if (!c->nested && src.ptr && src.ptr >= c->text.ptr && src.ptr <= c->text.ptr + c->text.len)
        pos = (size_t)(src.ptr - c->text.ptr);
    e = err_make(c->arena, __FILE__, __LINE__, ERR_INVALID, code, NULL, "%.*s", STR_ARG(message));
    e->way_out = way_out;
    if (!c->nested) {
        for (size_t i = 0; i < pos; i++)
            if (c->text.ptr[i] == '\n') {
                line++;
                line_start = i + 1;
            }
        e->line = line;
        e->column = 1;
        for (size_t i = line_start; i < pos; i++)
            if (((unsigned char)c->text.ptr[i] & 0xC0) != 0x80)
                e->column++;
    }
    return e;
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_word(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || is_digit(ch);
}

/* 12, 12.5, 10_000, 30m */
static struct err *lex_number(struct compiler *c, size_t *at, struct token *t)
{
    struct str s = c->text;
    size_t i = *at, start = i;
    int digits = 0;
    bool point = false, too_long = false;

    t->kind = TK_NUMBER;
    for (; i < s.len; i++) {
        if (s.ptr[i] == '_' && i + 1 < s.len && is_digit(s.ptr[i + 1]))
            continue;
        if (s.ptr[i] == '.' && !point && i + 1 < s.len && is_digit(s.ptr[i + 1])) {
            point = true;
            continue;
        }
        if (!is_digit(s.ptr[i]))
            break;
        if (t->i || s.ptr[i] != '0')
            digits++;
        if (digits > NUMBER_DIGITS_MAX) {
            too_long = true;
            continue;
        }
        t->i = t->i * 10 + (s.ptr[i] - '0');
        t->scale += point;
    }
    t->src = str_sub(s, start, i - start);
    while (t->scale > 0 && t->i % 10 == 0) {
        t->i /= 10;
        t->scale--;
    }
    if (too_long || t->scale > NUMBER_SCALE_MAX || t->i / pow10_i64[t->scale] > NUMBER_UNITS_MAX)
        return expr_fail(
            c, "expr.cost", t->src,
            STR("Numbers may have 18 digits, 8 of them after the point, and go up to 10^15."),
            "The number %.*s is too long.", STR_ARG(str_sub(t->src, 0, 40)));
    if (i < s.len && is_word(s.ptr[i])) {
        size_t unit = i;

        while (i < s.len && is_word(s.ptr[i]))
            i++;
        if (i - unit != 1 || !strchr("mhdw", s.ptr[unit]) || point)
            return expr_fail(c, "expr.syntax", str_sub(s, start, i - start),
                             STR("Durations are written 30m, 24h, 3d, 2w or 2 business days."),
                             "'%.*s' is neither a number nor a duration.",
                             STR_ARG(str_sub(s, start, i - start)));
        t->kind = TK_SPAN;
        t->text = str_sub(s, unit, 1);
        t->src = str_sub(s, start, i - start);
    }
    *at = i;
    return NULL;
}

/* 'it''s' and "field name"; the quote is doubled inside. */
static struct err *lex_quoted(struct compiler *c, size_t *at, struct token *t)
{
    struct str s = c->text;
    char quote = s.ptr[*at];
    struct buf b = buf_new(c->arena, 32);
    size_t i = *at + 1;

    for (;; i++) {
        if (i >= s.len)
            return expr_fail(c, "expr.syntax", str_sub(s, *at, 1),
                             STR("Close it with the same sign; inside a text, write '' for one '."),
                             "The text that starts here never ends.");
        if (s.ptr[i] != quote)
            buf_add_char(&b, s.ptr[i]);
        else if (i + 1 < s.len && s.ptr[i + 1] == quote)
            buf_add_char(&b, s.ptr[i++]);
        else
            break;
    }
    t->kind = quote == '\'' ? TK_TEXT : TK_QUOTED;
    t->text = buf_str(&b);
    t->src = str_sub(s, *at, i + 1 - *at);
    *at = i + 1;
    return NULL;
}

static struct err *lex_operator(struct compiler *c, size_t *at, struct token *t)
{
    static const struct {
        const char *text;
        int op;
    } operators[] = {{"!=", '!'}, {"<>", '!'}, {"<=", 'l'}, {">=", 'g'}, {"||", '|'}, {"==", '='},
                     {"=", '='},  {"<", '<'},  {">", '>'},  {"+", '+'},  {"-", '-'},  {"*", '*'},
                     {"/", '/'},  {"(", '('},  {")", ')'},  {",", ','},  {".", '.'}};
    struct str rest = str_sub(c->text, *at, c->text.len);
    unsigned char first = (unsigned char)rest.ptr[0];
    size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_starts(rest, str_from(operators[i].text))) {
            t->kind = TK_OP;
            t->op = operators[i].op;
            t->src = str_sub(rest, 0, strlen(operators[i].text));
            *at += t->src.len;
            return NULL;
        }
    t->src = str_sub(rest, 0, len);
    if (str_eq(t->src, STR("\xE2\x80\x99")) || str_eq(t->src, STR("\xE2\x80\x98")) ||
        str_eq(t->src, STR("`")) || str_eq(t->src, STR("\xE2\x80\x9C")) ||
        str_eq(t->src, STR("\xE2\x80\x9E")))
        return expr_fail(c, "expr.syntax", t->src,
                         STR("Write texts between straight quotes: 'New'."),
                         "%.*s does not quote a text.", STR_ARG(t->src));
    if (first < 0x20)
        return expr_fail(c, "expr.syntax", t->src, STR_NONE,
                         "A control character cannot be used here.");
    return expr_fail(c, "expr.syntax", t->src,
                     STR("See the list of operators in the manual of expressions."),
                     "The sign %.*s has no meaning here.", STR_ARG(t->src));
}

struct err *expr_lex(struct compiler *c)
{
    struct str s = c->text;
    size_t i = 0;

    for (;;) {
        struct token t = {0};

        while (i < s.len && strchr(" \t\r\n", s.ptr[i]))
            i++;
        if (i + 1 < s.len && s.ptr[i] == '-' &&
            s.ptr[i + 1] == '-') { /* comment to the end of the line */
            while (i < s.len && s.ptr[i] != '\n')
                i++;
            continue;
        }
        if (i >= s.len)
            break;
        if (is_digit(s.ptr[i])) {
            TRY(lex_number(c, &i, &t));
        } else if (is_word(s.ptr[i])) {
            size_t start = i;

            while (i < s.len && is_word(s.ptr[i]))
                i++;
            t.kind = TK_WORD;
            t.src = t.text = str_sub(s, start, i - start);
        } else if (s.ptr[i] == '\'' || s.ptr[i] == '"') {
            TRY(lex_quoted(c, &i, &t));
        } else {
            TRY(lex_operator(c, &i, &t));
        }
        VEC_PUSH(c->arena, c->tokens) = t;
    }
    VEC_PUSH(c->arena, c->tokens) = (struct token){.kind = TK_END, .src = str_sub(s, s.len, 0)};
    if (!c->tokens.at[c->tokens.n - 1].src.ptr)
        c->tokens.at[c->tokens.n - 1].src = (struct str){s.ptr ? s.ptr + s.len : NULL, 0};
    return NULL;
}
