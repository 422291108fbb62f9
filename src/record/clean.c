/* Cleaning of single values, by the rules of the field's page and the vocabularies of the manual. Every difference between
 * what was typed and what is kept is reported with the rule that made it. */
#include "record/phone_impl.h"
#include "record/record_impl.h"

#include <string.h>
#include <utf8proc.h>

struct cleaning {
    struct cleaner *c;
    const struct field *f;
    const struct vocabulary *vocabulary; /* NULL: none */
    struct buf rules;
    bool doubtful, refused;
};

static void applied(struct cleaning *k, struct str rule)
{
    if (k->rules.len)
        buf_add(&k->rules, STR(", "));
    buf_add(&k->rules, rule);
}

static struct str page_rule(const struct cleaning *k)
{
    return k->vocabulary && k->vocabulary->page ? k->vocabulary->page->path : STR("vocabulary");
}

/* One step: keeps the result and names the rule if it differs. */
static struct str step(struct cleaning *k, struct str before, struct str after, struct str rule)
{
    if (!str_eq(before, after))
        applied(k, rule);
    return after;
}

static bool is_blank(int32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r' || cp == 0x0b || cp == 0x0c ||
           cp == 0x85 || cp == 0xa0 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

static bool is_invisible(int32_t cp)
{
    return (cp < 0x20 && !is_blank(cp)) || (cp >= 0x7f && cp < 0xa0 && cp != 0x85) ||
           cp == 0x200b || cp == 0x2060 || cp == 0xfeff;
}

static int32_t next_char(struct str s, size_t *at)
{
    int32_t cp;
    utf8proc_ssize_t n =
        utf8proc_iterate((const uint8_t *)s.ptr + *at, (utf8proc_ssize_t)(s.len - *at), &cp);

    if (n <= 0) { /* checked on entry; go on all the same */
        *at += 1;
        return 0xfffd;
    }
    *at += (size_t)n;
    return cp;
}

static void put_char(struct buf *b, int32_t cp)
{
    char *dst = buf_reserve(b, 4);

    b->len += (size_t)utf8proc_encode_char(cp, (uint8_t *)dst);
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

static struct str drop_invisible(struct arena *arena, struct str s, bool lines)
{
    bool any = false;

    for (size_t i = 0; i < s.len;) {
        size_t from = i;
        int32_t cp = (unsigned char)s.ptr[i] < 0x80 ? s.ptr[i++] : next_char(s, &i);
        any = any || is_invisible(cp) || (!lines && (cp == '\n' || cp == '\r' || cp == '\t')) ||
              (lines && s.ptr[from] == '\r');
    }
    if (!any)
        return s;
    struct buf b = buf_new(arena, s.len + 1);
    for (size_t i = 0; i < s.len;) {
        int32_t cp = next_char(s, &i);
        if (lines && cp == '\r') { /* CRLF and CR become LF */
            if (i < s.len && s.ptr[i] == '\n')
                continue;
            cp = '\n';
        } else if (!lines && (cp == '\n' || cp == '\r' || cp == '\t')) {
            cp = ' ';
        } else if (is_invisible(cp)) {
            continue;
        }
        put_char(&b, cp);
    }
    return b.len ? buf_str(&b) : STR("");
}

static struct str trim_blanks(struct str s)
{
    size_t from = 0, end = 0;

    for (size_t i = 0; i < s.len;) {
        size_t at = i;
        if (!is_blank((unsigned char)s.ptr[i] < 0x80 ? s.ptr[i++] : next_char(s, &i))) {
            from = at;
            break;
        }
        from = i;
    }
    for (size_t i = from; i < s.len;)
        if (!is_blank((unsigned char)s.ptr[i] < 0x80 ? s.ptr[i++] : next_char(s, &i)))
            end = i;
    return end > from ? str_sub(s, from, end - from) : STR("");
}

/* Runs of blanks become one. */
static struct str single_blanks(struct arena *arena, struct str s)
{
    bool any = false, last = false;

    for (size_t i = 0; i < s.len && !any;) {
        bool plain = s.ptr[i] == ' ';
        bool blank = is_blank((unsigned char)s.ptr[i] < 0x80 ? s.ptr[i++] : next_char(s, &i));
        any = blank && (last || !plain);
        last = blank;
    }
    if (!any)
        return s;
    struct buf b = buf_new(arena, s.len + 1);
    last = false;
    for (size_t i = 0; i < s.len;) {
        int32_t cp = next_char(s, &i);
        bool blank = is_blank(cp);
        if (!blank)
            put_char(&b, cp);
        else if (!last)
            buf_add_char(&b, ' ');
        last = blank;
    }
    return b.len ? buf_str(&b) : STR("");
}

static struct str upper_lower(struct arena *arena, struct str s, bool upper)
{
    struct buf b = buf_new(arena, s.len + 8);

    for (size_t i = 0; i < s.len;) {
        int32_t cp = next_char(s, &i);
        put_char(&b, upper ? utf8proc_toupper(cp) : utf8proc_tolower(cp));
    }
    return b.len ? buf_str(&b) : s;
}

/* Has the word upper case letters, has it lower case ones? */
static void cases(struct str s, bool *upper, bool *lower)
{
    *upper = *lower = false;
    for (size_t i = 0; i < s.len;) {
        int32_t cp = next_char(s, &i);
        *upper = *upper || utf8proc_tolower(cp) != cp;
        *lower = *lower || utf8proc_toupper(cp) != cp;
    }
}

static bool is_letter(int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);

    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

/* A word with its first letter, and each after an apostrophe or hyphen, as a capital. */
static void put_title(struct buf *b, struct str word)
{
    bool start = true;

    for (size_t i = 0; i < word.len;) {
        int32_t cp = next_char(word, &i);
        put_char(b, start ? utf8proc_toupper(cp) : utf8proc_tolower(cp));
        start = start ? !is_letter(cp) : cp == '\'' || cp == '-' || cp == 0x2019;
    }
}

/* "MARIA o'neill" -> "Maria O'Neill". Words that mix cases (McKay, eBay) stay; so do short capitals among small letters
 * (IBM) and a short word of capitals alone. */
static struct str title_case(struct arena *arena, struct str s)
{
    struct buf b = buf_new(arena, s.len + 8);
    struct str rest = s, word;
    bool any_upper, any_lower, up, low, first = true;
    bool several = str_find_char(s, ' ', 0) != SIZE_MAX;

    cases(s, &any_upper, &any_lower);
    while (str_cut(&rest, ' ', &word)) {
        if (!first)
            buf_add_char(&b, ' ');
        first = false;
        cases(word, &up, &low);
        bool initials = up && !low && word.len <= 4 && (any_lower || !several);
        if ((up && low) || initials)
            buf_add(&b, word);
        else
            put_title(&b, word);
    }
    return b.len ? buf_str(&b) : s;
}

/* A sentence begins with a capital; one that shouts is lowered. */
static struct str sentence_case(struct arena *arena, struct str s)
{
    struct buf b = buf_new(arena, s.len + 8);
    bool up, low, first_up, first_low;

    cases(s, &up, &low);
    cases(str_sub(s, 0, str_find_char(s, ' ', 0)), &first_up, &first_low);
    if (up && !low && str_find_char(s, ' ', 0) != SIZE_MAX)
        s = upper_lower(arena, s, false);
    else if (first_up)
        return s;
    for (size_t i = 0; i < s.len;) {
        bool first = i == 0;
        int32_t cp = next_char(s, &i);
        put_char(&b, first ? utf8proc_toupper(cp) : cp);
    }
    return b.len ? buf_str(&b) : s;
}

/* Whole words that a page spells another way. Words end at blanks, commas, semicolons, slashes and brackets. */
static struct str replace_words(struct cleaning *k, struct str s, const struct vocabulary *v)
{
    struct arena *arena = k->c->arena;
    struct buf b = buf_new(arena, s.len + 16);
    bool any = false;

    if (!v || !v->n_replacements)
        return s;
    for (size_t i = 0; i < s.len;) {
        size_t end = i;
        while (end < s.len && !strchr(" ,;/()\n", s.ptr[end]))
            end++;
        struct str word = str_sub(s, i, end - i), fold = utf8_fold(arena, word);
        const struct str *to = NULL;
        for (size_t r = 0; r < v->n_replacements && word.len && !to; r++)
            if (str_eq(v->replacements[r][0], fold) && !str_eq(v->replacements[r][1], word))
                to = &v->replacements[r][1];
        buf_add(&b, to ? *to : word);
        any = any || to;
        if (end < s.len)
            buf_add_char(&b, s.ptr[end]);
        i = end + 1;
    }
    return any ? buf_str(&b) : s;
}

/* Phrases of several words are compared as a whole. */
static struct str replace_whole(struct arena *arena, struct str s, const struct vocabulary *v)
{
    struct str fold = utf8_fold(arena, s);

    for (size_t r = 0; v && r < v->n_replacements; r++)
        if (str_eq(v->replacements[r][0], fold))
            return v->replacements[r][1];
    return s;
}

/* "Acme, Incorporated" -> "Acme Inc": the last word, folded and without dots, is a known variant. */
static struct str company(struct cleaning *k, struct str s)
{
    struct arena *arena = k->c->arena;
    const struct vocabulary *v = k->c->cx->manual->style;
    size_t cut = s.len;

    while (cut > 0 && s.ptr[cut - 1] != ' ')
        cut--;
    if (!v || cut == 0)
        return s;
    struct str fold = utf8_fold(arena, str_sub(s, cut, SIZE_MAX));
    struct buf bare = buf_new(arena, fold.len + 1);
    for (size_t i = 0; i < fold.len; i++)
        if (fold.ptr[i] != '.')
            buf_add_char(&bare, fold.ptr[i]);
    for (size_t i = 0; i < v->n_suffixes; i++) {
        if (!str_eq(v->suffixes[i][0], buf_str(&bare)))
            continue;
        struct str stem = trim_blanks(str_sub(s, 0, cut));
        if (str_ends(stem, STR(",")))
            stem = trim_blanks(str_sub(stem, 0, stem.len - 1));
        if (!stem.len)
            return s;
        return v->suffixes[i][1].len
                   ? str_fmt(arena, "%.*s %.*s", STR_ARG(stem), STR_ARG(v->suffixes[i][1]))
                   : stem;
    }
    return s;
}

static void refuse(struct cleaning *k, const char *what, struct str way)
{
    struct arena *arena = k->c->arena;
    const char *pointer = str_cstr(arena, str_fmt(arena, "/%.*s", STR_ARG(k->f->name)));
    struct err *e = FAIL(arena, ERR_INVALID, "record.field_invalid", pointer, "%.*s %s.",
                         STR_ARG(k->f->label), what);

    e->way_out = way;
    k->refused = true;
    err_add(&k->c->errors, e);
}

static bool host_ok(struct str host, bool dotted)
{
    struct str label;
    size_t labels = 0;

    if (!host.len || host.len > 253 || str_ends(host, STR(".")))
        return false;
    while (str_cut(&host, '.', &label)) {
        if (!label.len || label.len > 63 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            unsigned char c = (unsigned char)label.ptr[i];
            if (!(c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                  (!dotted && c == '_')))
                return false;
        }
        labels++;
    }
    return !dotted || labels >= 2;
}

/* Syntax as mail servers take it: RFC 5321 without quoted local parts and address literals. */
static struct str email(struct cleaning *k, struct str s)
{
    struct arena *arena = k->c->arena;
    size_t open = str_find_char(s, '<', 0);

    if (str_eq_nocase(str_sub(s, 0, 7), STR("mailto:")))
        s = str_sub(s, 7, SIZE_MAX);
    else if (open != SIZE_MAX && str_ends(s, STR(">"))) /* "Maria Lopez <maria@x.com>" */
        s = str_sub(s, open + 1, s.len - open - 2);
    s = trim_blanks(s);
    size_t at = s.len;
    while (at > 0 && s.ptr[at - 1] != '@')
        at--;
    struct str local = str_sub(s, 0, at ? at - 1 : 0);
    struct str domain = upper_lower(arena, str_sub(s, at, SIZE_MAX), false);
    bool ok = at > 1 && local.len <= 64 && s.len <= 254 && local.ptr[0] != '.' &&
              !str_ends(local, STR(".")) && str_find(local, STR(".."), 0) == SIZE_MAX &&
              host_ok(domain, true);
    for (size_t i = 0; ok && i < local.len; i++) {
        unsigned char c = (unsigned char)local.ptr[i];
        ok = c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,\"", c);
    }
    if (!ok) {
        refuse(k, "is not a mail address",
               STR("Write one address, for example maria@example.com."));
        return s;
    }
    return str_fmt(arena, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
}

static struct str url(struct cleaning *k, struct str s)
{
    struct arena *arena = k->c->arena;
    size_t colon = str_find(s, STR("://"), 0);
    struct str scheme = STR("https"), rest = s;

    if (colon != SIZE_MAX && colon < 10) {
        scheme = str_lower_ascii(arena, str_sub(s, 0, colon));
        rest = str_sub(s, colon + 3, SIZE_MAX);
    } else if (str_starts(s, STR("//"))) {
        rest = str_sub(s, 2, SIZE_MAX);
    }
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.ptr[end]))
        end++;
    struct str authority = str_sub(rest, 0, end), path = str_sub(rest, end, SIZE_MAX);
    size_t port_at = str_find_char(authority, ':', 0);
    struct str host = upper_lower(arena, str_sub(authority, 0, port_at), false), port = STR_NONE;
    int64_t number = 0;
    bool ok = str_eq(scheme, STR("https")) || str_eq(scheme, STR("http"));
    if (port_at != SIZE_MAX) {
        port = str_sub(authority, port_at + 1, SIZE_MAX);
        ok = ok && str_to_i64(port, &number) && number > 0 && number < 65536;
        if (number == (str_eq(scheme, STR("https")) ? 443 : 80))
            port = STR_NONE;
    }
    ok = ok && host_ok(host, false) &&
         (str_find_char(host, '.', 0) != SIZE_MAX || str_eq(host, STR("localhost")));
    for (size_t i = 0; ok && i < path.len; i++)
        ok = (unsigned char)path.ptr[i] > ' ' && !strchr("<>\"\\^`{|}", path.ptr[i]);
    if (!ok) {
        refuse(k, "is not a web address", STR("Write it as https://www.example.com/page."));
        return s;
    }
    if (str_eq(path, STR("/")))
        path = STR("");
    return str_fmt(arena, "%.*s://%.*s%s%.*s%.*s", STR_ARG(scheme), STR_ARG(host),
                   port.len ? ":" : "", STR_ARG(port), STR_ARG(path));
}

static struct str phone(struct cleaning *k, struct str s)
{
    struct str out;
    enum phone_state state = phone_clean(k->c->arena, s, k->f->country, &out);

    if (state == PHONE_BAD) {
        refuse(k, "is not a phone number",
               STR("Write it with country code, for example +49 30 1234567."));
        return s;
    }
    k->doubtful = k->doubtful || state == PHONE_DOUBTFUL;
    return out;
}

/* The term an alias or another spelling stands for; the option that equals it but for case. */
static bool find_term(struct cleaning *k, struct str s, struct str *out)
{
    struct str fold = utf8_fold(k->c->arena, s);
    int64_t i;

    for (size_t n = 0; n < k->f->n_options; n++)
        if (str_eq(k->f->options[n].name, s)) {
            *out = s;
            return true;
        }
    if (k->vocabulary && strmap_get(k->vocabulary->term_by_fold, fold, &i)) {
        *out = k->vocabulary->terms[i];
        return true;
    }
    for (size_t n = 0; n < k->f->n_options; n++)
        if (str_eq(utf8_fold(k->c->arena, k->f->options[n].name), fold) ||
            str_eq(utf8_fold(k->c->arena, k->f->options[n].label), fold)) {
            *out = k->f->options[n].name;
            return true;
        }
    return false;
}

static bool is_empty_word(struct cleaning *k, struct str s)
{
    int64_t i;

    return k->vocabulary && strmap_get(k->vocabulary->empty_by_fold, utf8_fold(k->c->arena, s), &i);
}

static void unknown_option(struct cleaning *k, struct str s)
{
    struct arena *arena = k->c->arena;
    struct str *names = NEW_ARRAY(arena, k->f->n_options + 1, struct str);

    for (size_t i = 0; i < k->f->n_options; i++)
        names[i] = k->f->options[i].name;
    struct str near = str_nearest(arena, s, names, k->f->n_options);
    struct str list =
        str_join(arena, names, k->f->n_options < 12 ? k->f->n_options : 12, STR(", "));
    struct str shown = str_sub(s, 0, 60);
    while (shown.len < s.len && shown.len && ((unsigned char)s.ptr[shown.len] & 0xc0) == 0x80)
        shown.len--;
    refuse(k, str_cstr(arena, str_fmt(arena, "has no option \"%.*s\"", STR_ARG(shown))),
           near.ptr ? str_fmt(arena, "Did you mean %.*s?", STR_ARG(near))
                    : str_fmt(arena, "Options: %.*s.", STR_ARG(list)));
}

static struct str choice(struct cleaning *k, struct str s, bool *empty)
{
    struct str term;

    *empty = false;
    if (is_empty_word(k, s)) {
        *empty = true;
        applied(k, page_rule(k));
        return STR("");
    }
    if (find_term(k, s, &term))
        return step(k, s, term, k->vocabulary ? page_rule(k) : STR("options"));
    struct str spelled =
        replace_whole(k->c->arena, replace_words(k, s, k->vocabulary), k->vocabulary);
    if (!str_eq(spelled, s) && find_term(k, spelled, &term))
        return step(k, s, term, page_rule(k));
    if (k->vocabulary && !k->vocabulary->closed) {
        k->doubtful = true;
        return s;
    }
    if (!k->f->n_options && !k->vocabulary)
        return s;
    unknown_option(k, s);
    return s;
}

static struct str choices(struct cleaning *k, struct str set)
{
    VEC(struct str) terms = {0};
    struct str rest = set, term;
    bool empty;

    while (set_next(&rest, &term)) {
        term = trim_blanks(utf8_nfc(k->c->arena, term));
        term = k->f->type == FT_TAGS ? single_blanks(k->c->arena, term) : choice(k, term, &empty);
        if (term.len)
            VEC_PUSH(k->c->arena, terms) = term;
    }
    return set_pack(k->c->arena, terms.at, terms.n);
}

/* Rules that are a matter of taste; left out when the person insists on what was typed. */
static struct str by_taste(struct cleaning *k, struct str s)
{
    struct arena *arena = k->c->arena;
    unsigned rules = k->f->clean;
    struct str term;

    if (k->c->cx->keep_typed)
        return s;
    if (k->vocabulary) {
        if (is_empty_word(k, s)) {
            applied(k, page_rule(k));
            return STR("");
        }
        if (find_term(k, s, &term))
            s = step(k, s, term, page_rule(k));
        s = step(k, s, replace_whole(arena, replace_words(k, s, k->vocabulary), k->vocabulary),
                 page_rule(k));
        if (k->vocabulary->closed && k->vocabulary->n_terms && !find_term(k, s, &term))
            k->doubtful = true;
    }
    if (rules & CLEAN_ADDRESS)
        s = step(k, s, replace_words(k, s, k->c->cx->manual->style), STR("address"));
    if (rules & CLEAN_COMPANY)
        s = step(k, s, company(k, s), STR("company"));
    if (rules & CLEAN_TITLE)
        s = step(k, s, title_case(arena, s), STR("title case"));
    if (rules & CLEAN_SENTENCE)
        s = step(k, s, sentence_case(arena, s), STR("sentence case"));
    if (rules & CLEAN_UPPER)
        s = step(k, s, upper_lower(arena, s, true), STR("upper case"));
    if (rules & CLEAN_LOWER)
        s = step(k, s, upper_lower(arena, s, false), STR("lower case"));
    return s;
}

static struct str clean_text(struct cleaning *k, struct str s)
{
    struct arena *arena = k->c->arena;
    enum field_type t = k->f->type;
    bool lines = t == FT_LONG_TEXT || t == FT_ADDRESS, empty;

    if (!is_ascii(s))
        s = step(k, s, utf8_nfc(arena, s), STR("unicode"));
    s = step(k, s, drop_invisible(arena, s, lines), STR("characters"));
    if (t == FT_LONG_TEXT)
        return k->f->clean & CLEAN_TRIM ? step(k, s, trim_blanks(s), STR("trim")) : s;
    if (k->f->clean & (CLEAN_TRIM | CLEAN_SPACES) || (t != FT_TEXT && t != FT_ADDRESS))
        s = step(k, s, trim_blanks(s), STR("trim"));
    if (k->f->clean & CLEAN_SPACES && !lines)
        s = step(k, s, single_blanks(arena, s), STR("spaces"));
    if (!s.len)
        return s;
    if (t == FT_CHOICE)
        return choice(k, s, &empty);
    if (is_empty_word(k, s)) {
        applied(k, page_rule(k));
        return STR("");
    }
    if (t == FT_EMAIL)
        return step(k, s, email(k, s), STR("email"));
    if (t == FT_PHONE)
        return step(k, s, phone(k, s), STR("phone"));
    if (t == FT_URL)
        return step(k, s, url(k, s), STR("url"));
    return by_taste(k, s);
}

void clean_field(struct cleaner *c, const struct field *f, struct value *v)
{
    struct cleaning k = {.c = c, .f = f};
    enum field_store store = field_types[f->type].store;
    struct str typed = v->s;

    if (v->empty || (store != FS_TEXT && store != FS_TEXT_FOLD && store != FS_SET))
        return;
    if (f->vocabulary >= 0)
        k.vocabulary = &c->cx->manual->vocabularies[f->vocabulary];
    k.rules = buf_new(c->arena, 32);
    v->s = store == FS_SET ? choices(&k, v->s) : clean_text(&k, v->s);
    v->empty = v->s.len == 0;
    v->fold = STR_NONE;
    if (k.refused || (str_eq(v->s, typed) && !k.doubtful))
        return;
    struct str rule = k.rules.len           ? buf_str(&k.rules)
                      : f->type == FT_PHONE ? STR("phone")
                      : k.vocabulary        ? page_rule(&k)
                                            : STR("set");
    VEC_PUSH(c->arena, c->list) = (struct cleaned){f, typed, v->s, rule, k.doubtful};
}
