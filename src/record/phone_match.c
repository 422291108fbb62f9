/* A small backtracking matcher for the patterns of numbering plans: digits, \d, [classes], (groups), (?:groups), | ? {n}
 * {n,m} and $. Subjects have at most some twenty digits and patterns come from our own table, so it needs no bounds of its
 * own. */
#include "record/phone_match_impl.h"

#include <string.h>

/* What is to be matched after the current piece. */
struct rest {
    const char *p, *end;
    const struct rest *next;
    const char *again; /* group to be matched again before p: its '(' */
    int min, max;      /* how often still */
    int group;         /* capture that ends here, or -1 */
    size_t start;
};

static bool match_here(struct phone_matcher *m, const char *p, const char *end, size_t pos,
                       const struct rest *rest);

/* The ')' that belongs to the '(' at p. */
static const char *group_end(const char *p)
{
    int depth = 0;

    for (;; p++) {
        if (*p == '[')
            p = strchr(p, ']');
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p;
    }
}

static const char *atom_end(const char *p)
{
    if (*p == '(')
        return group_end(p) + 1;
    if (*p == '[')
        return strchr(p, ']') + 1;
    return p + (*p == '\\' ? 2 : 1);
}

static const char *quantifier(const char *p, int *min, int *max)
{
    *min = *max = 1;
    if (*p == '?') {
        *min = 0;
        return p + 1;
    }
    if (*p != '{')
        return p;
    *min = 0;
    for (p++; *p >= '0' && *p <= '9'; p++)
        *min = *min * 10 + (*p - '0');
    *max = *min;
    if (*p == ',')
        for (p++, *max = 0; *p >= '0' && *p <= '9'; p++)
            *max = *max * 10 + (*p - '0');
    return p + 1;
}

static bool one_char(const char *p, char c)
{
    if (*p == '\\')
        return c >= '0' && c <= '9';
    if (*p != '[')
        return *p == c;
    for (p++; *p != ']'; p++) {
        if (p[1] == '-' && p[2] != ']') {
            if (c >= p[0] && c <= p[2])
                return true;
            p += 2;
        } else if (*p == c) {
            return true;
        }
    }
    return false;
}

/* Tries each alternative of p..end at pos. */
static bool match_any(struct phone_matcher *m, const char *p, const char *end, size_t pos,
                      const struct rest *rest)
{
    const char *from = p;

    for (;; p++) {
        if (p == end || *p == '|') {
            if (match_here(m, from, p, pos, rest))
                return true;
            if (p == end)
                return false;
            from = p + 1;
        } else {
            p = atom_end(p) - 1;
        }
    }
}

static bool match_group(struct phone_matcher *m, const char *open, int min, int max, size_t pos,
                        const struct rest *after)
{
    if (max > 0) {
        bool captures = open[1] != '?';
        struct rest again = {after->p, after->end, after->next, open, min - 1, max - 1, -1, pos};

        if (captures) { /* number of the group: how many capturing ones open before it */
            again.group = 0;
            for (const char *p = m->pattern; p < open; p++)
                again.group += *p == '(' && p[1] != '?';
        }
        if (match_any(m, open + (captures ? 1 : 3), group_end(open), pos, &again))
            return true;
    }
    return min <= 0 && match_here(m, after->p, after->end, pos, after->next);
}

static bool finish(struct phone_matcher *m, size_t pos, const struct rest *rest)
{
    size_t old_from = 0, old_to = 0;

    if (!rest) {
        m->end = pos;
        return !m->whole || pos == m->subject.len;
    }
    if (rest->group >= 0 && rest->group < PHONE_GROUPS) {
        old_from = m->from[rest->group];
        old_to = m->to[rest->group];
        m->from[rest->group] = rest->start;
        m->to[rest->group] = pos;
    }
    struct rest after = {rest->p, rest->end, rest->next, NULL, 0, 0, -1, 0};
    if (rest->again ? match_group(m, rest->again, rest->min, rest->max, pos, &after)
                    : match_here(m, rest->p, rest->end, pos, rest->next))
        return true;
    if (rest->group >= 0 && rest->group < PHONE_GROUPS) {
        m->from[rest->group] = old_from;
        m->to[rest->group] = old_to;
    }
    return false;
}

static bool match_here(struct phone_matcher *m, const char *p, const char *end, size_t pos,
                       const struct rest *rest)
{
    int min, max, n = 0;

    if (p == end)
        return finish(m, pos, rest);
    if (*p == '$')
        return pos == m->subject.len && match_here(m, p + 1, end, pos, rest);
    const char *after = quantifier(atom_end(p), &min, &max);
    if (*p == '(') {
        struct rest then = {after, end, rest, NULL, 0, 0, -1, 0};
        return match_group(m, p, min, max, pos, &then);
    }
    while (n < max && pos + (size_t)n < m->subject.len &&
           one_char(p, m->subject.ptr[pos + (size_t)n]))
        n++;
    for (; n >= min; n--)
        if (match_here(m, after, end, pos + (size_t)n, rest))
            return true;
    return false;
}

bool phone_match_run(struct phone_matcher *m, const char *pattern, struct str subject, bool whole)
{
    *m = (struct phone_matcher){.pattern = pattern, .subject = subject, .whole = whole};
    return match_any(m, pattern, pattern + strlen(pattern), 0, NULL);
}

bool phone_match(const char *pattern, struct str s)
{
    struct phone_matcher m;

    return phone_match_run(&m, pattern, s, true);
}
