/* What search looks at: one entry per record, its words folded on the way in. */
#include "record/record.sql.h"
#include "record/record_impl.h"

#include <assert.h>
#include <string.h>
#include <utf8proc.h>

#define BODY_BYTES_KEPT 65536 /* words of one record; PostgreSQL's tsvector ends at 1 MB */
#define WORD_BYTES_MAX 64     /* longer "words" are cut: keys, base64 */

static bool ascii_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of the word character at s[at], 0 if it is none. Folded text has no marks left that matter; those that a script
 * needs inside words (Mc, Mn) count as letters. */
static size_t word_char(struct str s, size_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    int32_t cp;

    if (c < 0x80)
        return ascii_word(c);
    utf8proc_ssize_t n =
        utf8proc_iterate((const uint8_t *)s.ptr + at, (utf8proc_ssize_t)(s.len - at), &cp);
    if (n <= 0)
        return 0;
    utf8proc_category_t k = utf8proc_category(cp);
    return k <= UTF8PROC_CATEGORY_NO && k != UTF8PROC_CATEGORY_CN ? (size_t)n : 0;
}

static bool next_word(struct str s, size_t *at, struct str *word)
{
    size_t n;

    while (*at < s.len && !word_char(s, *at))
        *at += 1;
    size_t from = *at, kept = from;
    while (*at < s.len && (n = word_char(s, *at)) > 0) {
        *at += n;
        if (*at - from <= WORD_BYTES_MAX)
            kept = *at;
    }
    *word = str_sub(s, from, kept - from);
    return word->len > 0;
}

void index_words(struct buf *out, struct str folded, size_t bytes_max)
{
    struct str word;
    size_t at = 0;

    while (out->len + WORD_BYTES_MAX < bytes_max && next_word(folded, &at, &word)) {
        if (out->len)
            buf_add_char(out, ' ');
        buf_add(out, word);
    }
}

size_t index_folded_tokens(struct str folded, struct str *tokens, size_t max)
{
    struct str word;
    size_t n = 0, at = 0;

    while (n < max && next_word(folded, &at, &word)) {
        bool seen = false;
        for (size_t i = 0; i < n && !seen; i++)
            seen = str_eq(tokens[i], word);
        if (!seen)
            tokens[n++] = word;
    }
    return n;
}

size_t index_tokens(struct arena *arena, struct str text, struct str *tokens, size_t max)
{
    return index_folded_tokens(utf8_fold(arena, text), tokens, max);
}

/* Numbers are found by their beginning: with the country code and by their last ten to six and four digits. */
static void phone_words(struct buf *out, struct str phone)
{
    size_t end = str_find_char(phone, ';', 0);
    struct str digits = str_sub(phone, phone.len && phone.ptr[0] == '+', SIZE_MAX);

    if (end != SIZE_MAX)
        digits = str_sub(digits, 0, end - (phone.len != digits.len));
    index_words(out, digits, BODY_BYTES_KEPT);
    static const size_t tails[] = {10, 9, 8, 7, 6, 4};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (digits.len > tails[i])
            index_words(out, str_sub(digits, digits.len - tails[i], SIZE_MAX), BODY_BYTES_KEPT);
}

/* A first name is in the name already. */
static bool within(struct str title, struct str part)
{
    size_t at = str_find(title, part, 0), end = at + part.len;

    return at != SIZE_MAX && (at == 0 || title.ptr[at - 1] == ' ') &&
           (end == title.len || title.ptr[end] == ' ');
}

static void field_words(struct buf *out, const struct field *f, const struct value *v,
                        struct str title_fold)
{
    if (v->empty || (v->fold.len && within(title_fold, v->fold)))
        return;
    if (f->type == FT_PHONE)
        phone_words(out, v->s);
    else if (v->fold.ptr)
        index_words(out, v->fold, BODY_BYTES_KEPT);
    else if (v->s.len)
        index_words(out, utf8_fold(out->arena, v->s), BODY_BYTES_KEPT);
}

/* The first word of the title once more, marked, so that "titles that begin with" is a word search like any other. */
static void put_title_mark(struct buf *out, struct str title_fold)
{
    struct str word;
    size_t at = 0;

    if (!next_word(title_fold, &at, &word))
        return;
    buf_add(out, STR(INDEX_TITLE_MARK));
    buf_add(out, word);
}

struct err *index_record(struct tx *tx, const struct manual *m, const struct record *r, bool fresh)
{
    struct arena *arena = tx_arena(tx);
    const struct object_plan *p = plan_tx(tx, m, r->object);
    struct buf body = buf_new(arena, 256);
    struct str title = record_title(arena, m, r);
    const struct value *tv = r->object->title >= 0 ? &r->values[r->object->title] : NULL;
    struct str title_fold = tv && !tv->empty && tv->fold.ptr ? tv->fold : utf8_fold(arena, title);
    struct stmt *st;

    assert(r->values);
    put_title_mark(&body, title_fold);
    index_words(&body, title_fold, BODY_BYTES_KEPT);
    for (size_t k = 0; k < p->searched.n; k++) {
        int i = p->searched.at[k];
        if (i != r->object->title)
            field_words(&body, &r->object->fields[i], &r->values[i], title_fold);
    }
    field_words(&body, &r->object->fields[F_TAGS], &r->values[F_TAGS], title_fold);
    TRY(db_stmt(tx, fresh ? &sql_search_entry_put : &sql_search_entry_change, &st));
    db_bind_i64(st, 1, r->id);
    db_bind_str(st, 2, r->object->name);
    if (record_owner(r))
        db_bind_i64(st, 3, record_owner(r));
    else
        db_bind_null(st, 3);
    if (record_team(r))
        db_bind_i64(st, 4, record_team(r));
    else
        db_bind_null(st, 4);
    db_bind_str(st, 5, title.ptr ? title : STR(""));
    db_bind_str(st, 6, title_fold.ptr ? title_fold : STR(""));
    db_bind_str(st, 7, body.len ? buf_str(&body) : STR(""));
    return db_run(st, NULL);
}

struct err *index_drop(struct tx *tx, int64_t record_id)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_search_entry_drop, &st));
    db_bind_i64(st, 1, record_id);
    return db_run(st, NULL);
}
