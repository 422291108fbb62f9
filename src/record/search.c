/* Full-text search over all objects: every word typed must occur, as a word or as the beginning of one. The rights of the
 * reader are part of the statement; the best 200 candidates are ranked here, so that both databases answer alike. */
#include "record/record.sql.h"
#include "record/query_impl.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 200
#define RESULTS_MAX 100
#define RESULTS_DEFAULT 20
#define WORDS_SCANNED 20000 /* words with the same first letter looked at for a typing error */
#define ENTRIES_SCANNED \
    20000 /* PostgreSQL has no list of words: newest entries looked at instead */
#define SNIPPET_WORDS 12
#define TITLES_MAX 100  /* titles that begin with what was typed, in their own order */
#define TITLE_CHARS 64  /* of a title, in the index search_entry_begin */
#define COMMON_WORD 64 /* records that make a word common */
#define SHORT_CHARS 3  /* beginnings of words that the index of words keeps, see the migration */
#define ROWS_VERIFIED \
    5000 /* candidates of short beginnings looked at before the whole words are asked for after all */

struct hit {
    int64_t id;
    const struct object *object;
    struct str title, title_fold;
    int score;
    bool by_title; /* its title alone has all words */
};
struct search {
    struct tx *tx;
    struct arena *arena;
    const struct manual *m;
    const struct actor *a;
    struct str folded;
    struct str tokens[SEARCH_TOKENS_MAX];
    size_t n_tokens;
    int rare; /* the token that alone is asked for; the others are compared here. -1: ask for all */
    bool all_common; /* ask for first letters only, compare here */
    bool *wanted;    /* [object] */
    bool *partial;   /* [object] some searched field is hidden from the actor */
    bool narrowed;   /* only some objects were asked for */
    struct hit hits[CANDIDATES_MAX * 2];
    size_t n_hits;
};

/* ---- which objects ---- */

static struct err *choose_objects(struct search *s, struct str names)
{
    struct str part;

    s->wanted = NEW_ARRAY(s->arena, s->m->n_objects + 1, bool);
    s->partial = NEW_ARRAY(s->arena, s->m->n_objects + 1, bool);
    names = str_trim(names);
    s->narrowed = names.len > 0;
    for (size_t i = 0; i < s->m->n_objects && !s->narrowed; i++)
        s->wanted[i] = true;
    while (str_cut(&names, ',', &part)) {
        part = str_trim(part);
        const struct object *o = part.len ? manual_object(s->m, part) : NULL;
        if (part.len && !o)
            return FAIL(s->arena, ERR_INVALID, "query.parameter", "objects",
                        "There is no object \"%.*s\".", STR_ARG(str_sub(part, 0, 60)));
        if (o)
            s->wanted[o->index] = true;
    }
    for (size_t i = 0; i < s->m->n_objects; i++) {
        const struct object *o = &s->m->objects[i];
        if (o->built_in || access_scope(s->a, (int)i, VERB_READ) == SCOPE_NONE) {
            s->narrowed = s->narrowed || !o->built_in;
            s->wanted[i] = false;
            continue;
        }
        const struct object_plan *p = plan_tx(s->tx, s->m, o);
        s->partial[i] = o->title >= 0 && access_field(s->a, o->index, o->title) == FR_NONE;
        for (size_t k = 0; k < p->searched.n; k++)
            s->partial[i] =
                s->partial[i] || access_field(s->a, o->index, p->searched.at[k]) == FR_NONE;
    }
    return NULL;
}

/* ---- candidates ---- */

static bool known_hit(const struct search *s, int64_t id)
{
    for (size_t i = 0; i < s->n_hits; i++)
        if (s->hits[i].id == id)
            return true;
    return false;
}

static struct str first_chars(struct str s, size_t n)
{
    size_t at = 0;

    for (; at < s.len && n; n--)
        for (at++; at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80; at++)
            ;
    return str_sub(s, 0, at);
}

/* The token that most probably leaves the fewest records: with digits before without, longer before shorter. */
static int next_guess(const struct search *s, const bool *tried)
{
    int best = -1;
    size_t best_weight = 0;

    for (size_t i = 0; i < s->n_tokens; i++) {
        size_t weight = 1 + s->tokens[i].len;
        for (size_t k = 0; k < s->tokens[i].len; k++)
            if (s->tokens[i].ptr[k] >= '0' && s->tokens[i].ptr[k] <= '9')
                weight += 10;
        if (!tried[i] && weight > best_weight) {
            best = (int)i;
            best_weight = weight;
        }
    }
    return best;
}

/* Which words are common is asked of the index once in many searches, not with each: it changes slowly, and only how a word is
 * looked for depends on it, never what is found. A place holds a hash of the word and of the round, its lowest bit whether the
 * word is common; two words that want one place take turns. */
#define WORDS_KNOWN 4096
#define SEARCHES_OF_A_ROUND 100000
static _Atomic uint64_t words_known[WORDS_KNOWN];
static _Atomic uint64_t searches;

static uint64_t word_key(struct str token)
{
    uint64_t n = atomic_fetch_add_explicit(&searches, 1, memory_order_relaxed);

    return (str_hash(token) ^ n / SEARCHES_OF_A_ROUND * 0x9e3779b97f4a7c15u) | 1;
}

static struct err *is_common(struct search *s, struct str token, bool *common)
{
    uint64_t key = word_key(token);
    _Atomic uint64_t *place = &words_known[(key >> 1) % WORDS_KNOWN];
    uint64_t known = atomic_load_explicit(place, memory_order_relaxed);
    struct stmt *st;
    bool row;

    if ((known | 1) == key) {
        *common = known & 1;
        return NULL;
    }
    TRY(db_stmt_text(s->tx,
                     STR("SELECT COUNT(*) FROM (SELECT rowid FROM search_text WHERE "
                         "search_text MATCH $1 LIMIT $2)"),
                     &st));
    db_bind_str(st, 1, str_fmt(s->arena, "\"%.*s\"", STR_ARG(token)));
    db_bind_i64(st, 2, COMMON_WORD);
    TRY(db_step(st, &row));
    *common = row && db_i64(st, 0) == COMMON_WORD;
    db_done(st);
    atomic_store_explicit(place, *common ? key : key - 1, memory_order_relaxed);
    return NULL;
}

/* SQLite gathers all records of all words that begin like a token before it looks at the first, unless it keeps a list of
 * that very beginning. So one rare word is asked for alone; if all are common, their first letters, newest records first. */
static struct err *find_rare(struct search *s)
{
    bool tried[SEARCH_TOKENS_MAX] = {false};
    int i;

    s->rare = -1;
    while (tx_kind(s->tx) == DB_SQLITE && (i = next_guess(s, tried)) >= 0) {
        bool common;
        tried[i] = true;
        TRY(is_common(s, s->tokens[i], &common));
        if (!common) {
            s->rare = i;
            return NULL;
        }
        s->all_common = true;
    }
    return NULL;
}

/* Does a word of body, blanks between them, begin with token? */
static bool body_has(struct str body, struct str token)
{
    for (size_t at = str_find(body, token, 0); at != SIZE_MAX; at = str_find(body, token, at + 1))
        if (at == 0 || body.ptr[at - 1] == ' ')
            return true;
    return false;
}

static void add_hit(struct search *s, const struct stmt *st)
{
    struct hit h = {.id = db_i64(st, 0), .object = manual_object(s->m, db_str(st, 1))};

    if (!h.object || s->n_hits == CANDIDATES_MAX * 2 || known_hit(s, h.id))
        return;
    h.title = str_dup(s->arena, db_str(st, 2));
    h.title_fold = str_dup(s->arena, db_str(st, 3));
    s->hits[s->n_hits++] = h;
}

/* What is asked of the database: the rare token, the beginnings of all, or all. */
static size_t asked_tokens(const struct search *s, const struct str *tokens, bool shorten,
                           struct str *asked)
{
    if (shorten && s->rare >= 0) {
        asked[0] = tokens[s->rare];
        return 1;
    }
    for (size_t i = 0; i < s->n_tokens; i++)
        asked[i] = shorten && str_eq(tokens[i], s->tokens[i]) ? first_chars(tokens[i], SHORT_CHARS)
                                                              : tokens[i];
    return s->n_tokens;
}

/* Newest first. SQLite walks the index of words itself in that order and stops early; the condition that db.h offers would
 * collect all matches before. shorten: see find_rare. *done false: too many candidates that were none. */
static struct err *find_with(struct search *s, const struct str *tokens, bool shorten,
                             size_t *found, bool *done)
{
    bool sqlite = tx_kind(s->tx) == DB_SQLITE, row;
    struct sql_text q = sql_text_new(s->arena, tx_kind(s->tx));
    struct str asked[SEARCH_TOKENS_MAX];
    size_t n = asked_tokens(s, tokens, shorten, asked);
    struct stmt *st;

    *found = 0;
    *done = true;
    sql_add(&q, shorten ? "SELECT s.record_id, s.object, s.title, s.title_fold, s.body FROM "
                        : "SELECT s.record_id, s.object, s.title, s.title_fold FROM ");
    VEC_PUSH(s->arena, q.params) =
        (struct sql_param){.kind = SP_STR, .s = db_fulltext_query(s->arena, q.kind, asked, n)};
    if (sqlite) {
        sql_add(&q, "search_text f CROSS JOIN search_entry s ");
        sql_add(&q, shorten ? "" : "INDEXED BY search_entry_title ");
        sql_add(&q, "ON s.record_id = f.rowid WHERE f.search_text MATCH $1");
    } else {
        sql_add(&q, "search_entry s WHERE ");
        buf_add(&q.text, db_sql_fulltext_match(s->arena, q.kind, 1));
    }
    entry_rights(&q, s->m, s->a, s->narrowed ? s->wanted : NULL, "s");
    sql_add(&q, sqlite ? " ORDER BY f.rowid DESC LIMIT " : " ORDER BY s.record_id DESC LIMIT ");
    sql_add_i64(&q, shorten ? ROWS_VERIFIED : CANDIDATES_MAX);
    TRY(sql_prepare(s->tx, &q, &st));
    for (int seen = 0; *found < CANDIDATES_MAX; seen++) {
        bool ok = true;
        TRY(db_step(st, &row));
        if (!row) {
            *done = seen < ROWS_VERIFIED;
            return NULL;
        }
        for (size_t i = 0; i < s->n_tokens && ok && shorten; i++)
            ok = body_has(db_str(st, 4), tokens[i]);
        if (!ok)
            continue;
        *found += 1;
        add_hit(s, st);
    }
    db_done(st);
    return NULL;
}

static struct err *find(struct search *s, const struct str *tokens, size_t *found)
{
    bool done = true;

    TRY(find_with(s, tokens, (s->rare >= 0 && s->n_tokens > 1) || s->all_common, found, &done));
    return done ? NULL : find_with(s, tokens, false, found, &done);
}

static bool has_prefix_word(const struct str *words, size_t n, struct str token)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(words[i], token))
            return true;
    return false;
}

/* Some words of the entry come from fields the reader may not see: what remains must match as well. */
static struct err *visible_match(struct search *s, const struct hit *h, bool *ok)
{
    const struct object_plan *p = plan_tx(s->tx, s->m, h->object);
    struct buf text = buf_new(s->arena, 256);
    struct record r;

    *ok = false;
    struct err *e = record_read(s->tx, s->m, h->object, h->id, &r);
    if (e)
        return e->kind == ERR_NOT_FOUND ? NULL : e;
    for (size_t i = 0; i < h->object->n_fields; i++) {
        bool looked_at = (int)i == h->object->title || i == F_TAGS;
        for (size_t k = 0; k < p->searched.n; k++)
            looked_at = looked_at || p->searched.at[k] == (int)i;
        if (!looked_at || access_field(s->a, h->object->index, (int)i) == FR_NONE)
            continue;
        buf_add_char(&text, ' ');
        buf_add(&text, value_text(s->arena, s->m, &h->object->fields[i], &r.values[i]));
    }
    struct str *words = NEW_ARRAY(s->arena, 2000, struct str);
    size_t n = index_tokens(s->arena, buf_str(&text), words, 2000);
    *ok = true;
    for (size_t i = 0; i < s->n_tokens && *ok; i++)
        *ok = has_prefix_word(words, n, s->tokens[i]);
    return NULL;
}

static struct err *drop_invisible(struct search *s)
{
    size_t kept = 0;
    bool ok;

    for (size_t i = 0; i < s->n_hits; i++) {
        struct hit h = s->hits[i];
        ok = true;
        if (s->partial[h.object->index]) {
            TRY(visible_match(s, &h, &ok));
            if (access_field(s->a, h.object->index, h.object->title) == FR_NONE)
                h.title = str_fmt(s->arena, "%.*s %lld", STR_ARG(h.object->label), (long long)h.id);
        }
        if (ok)
            s->hits[kept++] = h;
    }
    s->n_hits = kept;
    return NULL;
}

/* ---- order ---- */

#define TITLE_REST_MAX \
    9 /* other words of a title that count against it: less than one word found in it */

static void score(struct search *s, struct hit *h)
{
    struct str words[64];
    size_t n = index_folded_tokens(h->title_fold, words, 64), in_title = 0, whole = 0;

    if (str_eq(h->title_fold, s->folded))
        h->score += 1000;
    else if (str_starts(h->title_fold, s->folded))
        h->score += 500;
    for (size_t i = 0; i < s->n_tokens; i++) {
        in_title += has_prefix_word(words, n, s->tokens[i]);
        for (size_t k = 0; k < n; k++)
            whole += str_eq(words[k], s->tokens[i]);
    }
    h->by_title = in_title == s->n_tokens;
    if (h->by_title)
        h->score += 200;
    h->score += (int)(in_title * 10 + whole * 5);
    /* A name with fewer other words is nearer: the account before its deals. */
    h->score -= n <= s->n_tokens                   ? 0
                : n - s->n_tokens < TITLE_REST_MAX ? (int)(n - s->n_tokens)
                                                   : TITLE_REST_MAX;
}

static int by_score(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* ---- typing errors ---- */

static struct err *words_like(struct search *s, struct str token, struct stmt **st)
{
    size_t n = 1;

    while (n < token.len && ((unsigned char)token.ptr[n] & 0xc0) == 0x80)
        n++;
    struct str first = str_sub(token, 0, n);
    if (tx_kind(s->tx) == DB_SQLITE) {
        TRY(db_stmt_text(s->tx,
                         STR("SELECT term FROM search_word WHERE term >= $1 AND term < $2 ORDER BY "
                             "term LIMIT $3"),
                         st));
        db_bind_str(*st, 1, first);
        db_bind_str(*st, 2, str_fmt(s->arena, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(first)));
        db_bind_i64(*st, 3, WORDS_SCANNED);
        return NULL;
    }
    TRY(db_stmt_text(s->tx,
                     str_fmt(s->arena,
                             "SELECT word FROM ts_stat('SELECT tsv FROM search_entry ORDER BY "
                             "record_id DESC LIMIT %d') "
                             "WHERE left(word, 1) = $1 ORDER BY word COLLATE \"C\" LIMIT $2",
                             ENTRIES_SCANNED),
                     st));
    db_bind_str(*st, 1, first);
    db_bind_i64(*st, 2, WORDS_SCANNED);
    return NULL;
}

/* The word nearest to token: one change for 4 to 6 letters, two for longer ones. */
static struct err *nearest_word(struct search *s, struct str token, struct str *out)
{
    size_t allowed = token.len < 4 ? 0 : token.len < 7 ? 1 : 2, best = allowed + 1;
    struct stmt *st;
    bool row;

    *out = token;
    if (!allowed)
        return NULL;
    TRY(words_like(s, token, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        struct str word = db_str(st, 0);
        if (str_starts(word, token)) { /* found as it is: the error lies in another word */
            *out = token;
            db_done(st);
            return NULL;
        }
        if (word.len + allowed < token.len || word.len > token.len + allowed)
            continue;
        size_t d = str_edit_distance(token, word);
        if (d < best) {
            best = d;
            *out = str_dup(s->arena, word);
        }
    }
}

static struct err *find_nearby(struct search *s)
{
    bool changed = false;
    size_t found;

    for (size_t i = 0; i < s->n_tokens; i++) {
        struct str word;
        TRY(nearest_word(s, s->tokens[i], &word));
        changed = changed || !str_eq(word, s->tokens[i]);
        s->tokens[i] = word;
    }
    s->rare = -1;
    s->all_common = false;
    return changed ? find(s, s->tokens, &found) : NULL;
}

/* ---- answer ---- */

/* Words around the first match outside of the title. */
static struct err *snippet(struct search *s, const struct hit *h, struct str *out)
{
    struct str title[64], word, rest;
    size_t n, at = 0;
    struct buf b;
    struct stmt *st;
    bool row, started = false;

    *out = STR("");
    if (h->by_title || s->partial[h->object->index])
        return NULL;
    n = index_folded_tokens(h->title_fold, title, 64);
    b = buf_new(s->arena, 96);
    TRY(db_stmt(s->tx, &sql_search_entry_body, &st));
    db_bind_i64(st, 1, h->id);
    TRY(db_step(st, &row));
    if (!row)
        return NULL;
    rest = db_str(st, 0);
    while (at < SNIPPET_WORDS && str_cut(&rest, ' ', &word)) {
        for (size_t i = 0; i < s->n_tokens && !started; i++)
            started = str_starts(word, s->tokens[i]) && !has_prefix_word(title, n, s->tokens[i]);
        if (!started)
            continue;
        if (at++)
            buf_add_char(&b, ' ');
        buf_add(&b, word);
    }
    if (b.len)
        *out = buf_str(&b);
    db_done(st);
    return NULL;
}

static struct err *write_hits(struct search *s, int limit, struct buf *json)
{
    struct json_writer w = json_writer(json);

    jw_object(&w);
    jw_key(&w, STR("data"));
    jw_array(&w);
    for (size_t i = 0; i < s->n_hits && i < (size_t)limit; i++) {
        const struct hit *h = &s->hits[i];
        struct str text;
        TRY(snippet(s, h, &text));
        jw_object(&w);
        jw_kv_str(&w, "object", h->object->name);
        jw_kv_id(&w, "id", h->id);
        jw_kv_str(&w, "title", h->title);
        jw_kv_str(&w, "snippet", text);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    jw_end_object(&w);
    return NULL;
}

/* Titles that begin with exactly what was typed, the shortest first: of the same beginning, nothing sorts before it alone. */
static struct err *find_beginnings(struct search *s)
{
    struct sql_text q = sql_text_new(s->arena, tx_kind(s->tx));
    const char *begin = q.kind == DB_SQLITE ? "substr(s.title_fold, 1, 64)" : "left(s.title_fold, 64) COLLATE \"C\"";
    struct str from = first_chars(s->folded, TITLE_CHARS);
    struct stmt *st;
    bool row;

    sql_add(&q, "SELECT s.record_id, s.object, s.title, s.title_fold FROM search_entry s ");
    sql_add(&q, q.kind == DB_SQLITE ? "INDEXED BY search_entry_begin WHERE " : "WHERE ");
    sql_add(&q, begin);
    sql_add(&q, " >= ");
    sql_add_str(&q, from);
    sql_add(&q, " AND ");
    sql_add(&q, begin);
    sql_add(&q, " < ");
    sql_add_str(&q, str_fmt(s->arena, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(from)));
    entry_rights(&q, s->m, s->a, s->narrowed ? s->wanted : NULL, "s");
    sql_add(&q, " ORDER BY ");
    sql_add(&q, begin);
    sql_add(&q, ", s.record_id LIMIT ");
    sql_add_i64(&q, TITLES_MAX);
    TRY(sql_prepare(s->tx, &q, &st));
    for (;;) {
        TRY(db_step(st, &row));
        if (!row)
            return NULL;
        add_hit(s, st);
    }
}

/* Titles whose first word begins with the first one typed, when there are more matches than candidates. */
static struct err *find_titles(struct search *s)
{
    struct str tokens[SEARCH_TOKENS_MAX];
    size_t found;

    TRY(find_beginnings(s));
    memcpy(tokens, s->tokens, sizeof tokens);
    tokens[0] = str_fmt(s->arena, INDEX_TITLE_MARK "%.*s", STR_ARG(tokens[0]));
    return find(s, tokens, &found);
}

struct err *search_run(struct tx *tx, const struct manual *m, const struct actor *a,
                       struct str text, struct str objects, int limit, struct buf *json)
{
    struct search *s = NEW(tx_arena(tx), struct search);
    size_t found = 0;

    *s = (struct search){.tx = tx, .arena = tx_arena(tx), .m = m, .a = a};
    if (limit == 0)
        limit = RESULTS_DEFAULT;
    if (limit < 1 || limit > RESULTS_MAX)
        return FAIL(s->arena, ERR_INVALID, "query.parameter", "limit",
                    "limit must be between 1 and %d.", RESULTS_MAX);
    TRY(choose_objects(s, objects));
    s->folded = str_trim(utf8_fold(s->arena, str_sub(text, 0, URL_BYTES_MAX)));
    s->n_tokens = index_tokens(s->arena, text, s->tokens, SEARCH_TOKENS_MAX);
    if (s->n_tokens) {
        TRY(find_rare(s));
        TRY(find(s, s->tokens, &found));
        if (found == CANDIDATES_MAX)
            TRY(find_titles(s));
        if (!found)
            TRY(find_nearby(s));
        TRY(drop_invisible(s));
    }
    for (size_t i = 0; i < s->n_hits; i++)
        score(s, &s->hits[i]);
    qsort(s->hits, s->n_hits, sizeof *s->hits, by_score);
    return write_hits(s, limit, json);
}
