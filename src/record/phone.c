#include "record/phone_impl.h"

#include "record/phone_match_impl.h"

#include <string.h>
#include <strings.h>

#define DIGITS_MAX 20 /* E.164 allows 15; some plans of closed networks go to 17 */

struct typed {
    char digits[DIGITS_MAX + 1];
    size_t n;
    char ext[9];
    size_t n_ext;
    bool plus;
};

static struct str digits_of(const struct typed *t, size_t from)
{
    return (struct str){t->digits + from, t->n - from};
}

/* Marks that people put between digits: blanks, hyphens, dots, slashes, brackets, and their Unicode cousins. */
static size_t separator_len(struct str s, size_t at)
{
    static const char *const wide[] = {"\u00a0", "\u00ad", "\u2009", "\u200b", "\u200e", "\u200f",
                                       "\u202a", "\u202c", "\u202d", "\u202f", "\u2010", "\u2011",
                                       "\u2012", "\u2013", "\u2014", "\u2212", "\u2060", "\u3000",
                                       "\uff0d", "\uff08", "\uff09", "\uff0e", "\uff0f"};

    if (strchr(" \t-./()[]~'", s.ptr[at]))
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (str_starts(str_sub(s, at, 4), str_from(wide[i])))
            return strlen(wide[i]);
    return 0;
}

/* "x12", "ext. 12", "extension 12", "#12", ";ext=12" up to the end. */
static bool read_extension(struct str s, size_t at, struct typed *t)
{
    static const char *const words[] = {";ext=", "extension", "ext.",  "ext",  "x",
                                        "#",     "durchwahl", "poste", "anexo"};
    struct str rest = str_sub(s, at, SIZE_MAX);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (!str_eq_nocase(str_sub(rest, 0, n), str_from(words[i])))
            continue;
        for (; n < rest.len && strchr(" .:", rest.ptr[n]); n++)
            ;
        for (; n < rest.len && rest.ptr[n] >= '0' && rest.ptr[n] <= '9' && t->n_ext < 8; n++)
            t->ext[t->n_ext++] = rest.ptr[n];
        return t->n_ext > 0 && n == rest.len;
    }
    return false;
}

static bool add_digit(struct typed *t, char c)
{
    if (t->n == DIGITS_MAX)
        return false;
    t->digits[t->n++] = c;
    return true;
}

/* Digits of other scripts in common use: Arabic-Indic, Persian, Devanagari, full width. */
static int wide_digit(struct str s, size_t at, size_t *len)
{
    static const char *const zeros[] = {"\u0660", "\u06f0", "\u0966", "\uff10"};

    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        size_t n = strlen(zeros[i]);
        if (at + n > s.len || memcmp(s.ptr + at, zeros[i], n - 1) != 0)
            continue;
        int d = (unsigned char)s.ptr[at + n - 1] - (unsigned char)zeros[i][n - 1];
        if (d >= 0 && d <= 9) {
            *len = n;
            return d;
        }
    }
    return -1;
}

static bool read_typed(struct str s, struct typed *t)
{
    size_t len;

    s = str_trim(s);
    if (s.len > 4 && str_eq_nocase(str_sub(s, 0, 4), STR("tel:")))
        s = str_sub(s, 4, SIZE_MAX);
    for (size_t i = 0; i < s.len;) {
        char c = s.ptr[i];
        int wide;
        if (c >= '0' && c <= '9') {
            if (!add_digit(t, c))
                return false;
            i++;
        } else if ((c == '+' || str_starts(str_sub(s, i, 3), STR("\uff0b"))) && !t->n && !t->plus) {
            t->plus = true;
            i += c == '+' ? 1 : 3;
        } else if ((wide = wide_digit(s, i, &len)) >= 0) {
            if (!add_digit(t, (char)('0' + wide)))
                return false;
            i += len;
        } else if ((len = separator_len(s, i)) > 0) {
            /* "+49 (0) 30": a national prefix shown beside the calling code */
            if (t->plus && t->n > 0 && t->n <= 3 && str_starts(str_sub(s, i, 3), STR("(0)")))
                len = 3;
            i += len;
        } else {
            return t->n >= 3 && read_extension(s, i, t);
        }
    }
    return t->n >= 3;
}

static const struct phone_plan *plan_of(struct str country)
{
    if (country.len != 2)
        return NULL;
    for (const struct phone_plan *p = phone_plans; p->country; p++)
        if (strncasecmp(p->country, country.ptr, 2) == 0)
            return p;
    return NULL;
}

static bool length_ok(const struct phone_plan *p, size_t n)
{
    return n < 32 && (p->lengths >> n & 1u);
}

/* Takes a national prefix off, if what remains fits the plan better than what was there. */
static struct str without_prefix(struct arena *arena, const struct phone_plan *p,
                                 struct str national)
{
    struct phone_matcher m;
    const char *pattern = *p->parsing ? p->parsing : p->prefix;
    struct str rest;

    if (!*pattern || !phone_match_run(&m, pattern, national, false) || m.end == 0)
        return national;
    rest = str_sub(national, m.end, SIZE_MAX);
    if (*p->transform) {
        struct buf b = buf_new(arena, DIGITS_MAX * 2);
        bool took_part = true;
        for (const char *t = p->transform; *t; t++) {
            if (*t != '$') {
                buf_add_char(&b, *t);
                continue;
            }
            int g = *++t - '1';
            took_part = took_part && m.to[g] > 0;
            buf_add(&b, str_sub(national, m.from[g], m.to[g] - m.from[g]));
        }
        buf_add(&b, rest);
        if (took_part)
            rest = buf_str(&b);
    }
    if (phone_match(p->pattern, national) && !phone_match(p->pattern, rest))
        return national;
    return rest;
}

static enum phone_state write_e164(struct arena *arena, const struct phone_plan *p,
                                   struct str national, const struct typed *t, struct str *out)
{
    bool valid = length_ok(p, national.len) && phone_match(p->pattern, national);

    *out = str_fmt(arena, "+%d%.*s%s%s", p->calling, STR_ARG(national), t->n_ext ? ";ext=" : "",
                   t->ext);
    if (national.len < 2 || national.len > 17)
        return PHONE_BAD;
    return valid ? PHONE_VALID : PHONE_DOUBTFUL;
}

/* digits begin with a calling code. Among countries that share it, the first whose plan fits. */
static enum phone_state international(struct arena *arena, struct str digits, const struct typed *t,
                                      struct str *out)
{
    const struct phone_plan *best = NULL;
    struct str best_rest = STR_NONE;

    for (const struct phone_plan *p = phone_plans; p->country; p++) {
        char code[8];
        size_t n = 0;
        for (int c = p->calling; c; c /= 10)
            n++;
        int c = p->calling;
        for (size_t i = n; i-- > 0; c /= 10)
            code[i] = (char)('0' + c % 10);
        if (digits.len <= n || memcmp(digits.ptr, code, n) != 0)
            continue;
        struct str rest = without_prefix(arena, p, str_sub(digits, n, SIZE_MAX));
        if (length_ok(p, rest.len) && phone_match(p->pattern, rest))
            return write_e164(arena, p, rest, t, out);
        if (!best || p->main) {
            best = p;
            best_rest = rest;
        }
    }
    if (!best) {
        *out = str_fmt(arena, "+%.*s%s%s", STR_ARG(digits), t->n_ext ? ";ext=" : "", t->ext);
        return PHONE_DOUBTFUL;
    }
    return write_e164(arena, best, best_rest, t, out);
}

enum phone_state phone_clean(struct arena *arena, struct str text, struct str country,
                             struct str *out)
{
    struct typed t = {.n = 0};
    const struct phone_plan *home;
    struct phone_matcher m;

    *out = text;
    if (!read_typed(text, &t))
        return PHONE_BAD;
    struct str digits = digits_of(&t, 0);
    if (t.plus)
        return international(arena, digits, &t, out);
    home = plan_of(country);
    if (!home && str_starts(digits, STR("00")))
        return international(arena, digits_of(&t, 2), &t, out);
    if (!home) { /* nobody knows which country is meant: keep what can be dialled there */
        *out = str_fmt(arena, "%.*s%s%s", STR_ARG(digits), t.n_ext ? ";ext=" : "", t.ext);
        return PHONE_DOUBTFUL;
    }
    struct str national = without_prefix(arena, home, digits);
    if (length_ok(home, national.len) && phone_match(home->pattern, national))
        return write_e164(arena, home, national, &t, out);
    if (*home->idd && phone_match_run(&m, home->idd, digits, false) && m.end &&
        digits.len - m.end >= 6)
        return international(arena, digits_of(&t, m.end), &t, out);
    if (str_starts(digits, STR("00")) && digits.len >= 9)
        return international(arena, digits_of(&t, 2), &t, out);
    return write_e164(arena, home, national, &t, out);
}
