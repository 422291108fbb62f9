/* Passwords: what is good enough (NIST SP 800-63B-4, section 3.1.1.2), and argon2id behind a bounded queue. */
#include "access/access_impl.h"

#include "access/access.sql.h"
#include "base/limits.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <time.h>
#include <zxcvbn.h>

enum {
    HASHES_AT_ONCE = 2,  /* each takes 64 MiB and some 70 ms of a core */
    HASHES_WAITING = 64, /* five seconds of waiting at worst; more are told to come again */
    SCORED_BYTES = 72,   /* the score of what stands before is enough, and its cost grows with the square */
    NAME_PART_MIN = 4,
};
#define SCORE_3_BITS 26.6 /* log2 of 10^8 guesses: score 3 of zxcvbn, "safely unguessable" */

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_moved = PTHREAD_COND_INITIALIZER;
static int running, waiting;

static void init_once(void)
{
    int rc = sodium_init();

    assert(rc >= 0);
    (void)rc;
}

void access_crypto_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, init_once);
}

static bool queue_enter(void)
{
    bool in = true;

    pthread_mutex_lock(&queue);
    if (waiting >= HASHES_WAITING) {
        in = false;
    } else {
        waiting++;
        while (running >= HASHES_AT_ONCE)
            pthread_cond_wait(&queue_moved, &queue);
        waiting--;
        running++;
    }
    pthread_mutex_unlock(&queue);
    return in;
}

static void queue_leave(void)
{
    pthread_mutex_lock(&queue);
    running--;
    pthread_cond_signal(&queue_moved);
    pthread_mutex_unlock(&queue);
}

struct err *password_verify(struct arena *arena, struct str hash, struct str password, bool *matches)
{
    *matches = false;
    access_crypto_init();
    if (!queue_enter()) {
        struct err *e = FAIL(arena, ERR_TOO_MANY, "access.too_many_attempts", NULL, "Too many people are signing in.");

        e->way_out = STR("Try again in a few seconds.");
        return e;
    }
    *matches = crypto_pwhash_str_verify(str_cstr(arena, hash), password.ptr ? password.ptr : "", password.len) == 0;
    queue_leave();
    return NULL;
}

struct str access_password_hash(struct arena *arena, struct str password)
{
    char text[crypto_pwhash_STRBYTES];
    int rc;

    access_crypto_init();
    /* Setting a password is rare and allowed only to people who are signed in: it waits its turn, however long. */
    while (!queue_enter())
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    rc = crypto_pwhash_str(text, password.ptr ? password.ptr : "", password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                           crypto_pwhash_MEMLIMIT_INTERACTIVE);
    queue_leave();
    assert(rc == 0);
    (void)rc;
    return str_dup(arena, str_from(text));
}

/* ---- is it good enough? ---- */

static struct err *weak(struct arena *arena, struct str message)
{
    struct err *e = FAIL(arena, ERR_INVALID, "access.password_weak", "/password", "%.*s", STR_ARG(message));

    e->way_out = STR("Take four or five words that do not belong together, or let a password manager make one.");
    return e;
}

/* Parts of a name or mail address worth refusing, folded. */
static size_t name_parts(struct arena *arena, struct str text, const char **parts, size_t max)
{
    struct str fold = utf8_fold(arena, text);
    size_t n = 0, start = 0;

    for (size_t i = 0; i <= fold.len && n < max; i++) {
        char c = i < fold.len ? fold.ptr[i] : ' ';
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);

        if (word)
            continue;
        if (i - start >= NAME_PART_MIN)
            parts[n++] = str_cstr(arena, str_sub(fold, start, i - start));
        start = i + 1;
    }
    return n;
}

struct err *access_password_check(struct arena *arena, struct str password, struct str name, struct str email)
{
    const char *parts[18];
    size_t n, count;
    struct str fold;

    if (password.len > PASSWORD_BYTES_MAX)
        return weak(arena, str_fmt(arena, "The password is longer than %d bytes.", PASSWORD_BYTES_MAX));
    if (!utf8_valid(password))
        return weak(arena, STR("The password is not valid text."));
    count = utf8_count(password);
    if (count < PASSWORD_CHARS_MIN)
        return weak(arena, str_fmt(arena, "The password has %zu characters; it needs at least %d.", count, PASSWORD_CHARS_MIN));
    n = name_parts(arena, name, parts, 8);
    n += name_parts(arena, str_sub(email, 0, str_find_char(email, '@', 0)), parts + n, 8);
    fold = utf8_fold(arena, password);
    for (size_t i = 0; i < n; i++)
        if (str_find(fold, str_from(parts[i]), 0) != SIZE_MAX)
            return weak(arena, str_fmt(arena, "The password contains your name or mail address (\"%s\").", parts[i]));
    parts[n++] = "fairlead";
    parts[n] = NULL;
    if (ZxcvbnMatch(str_cstr(arena, str_sub(password, 0, SCORED_BYTES)), parts, NULL) < SCORE_3_BITS)
        return weak(arena, STR("The password is too easy to guess: it is made of common words, names, dates or rows of keys."));
    return NULL;
}

struct err *access_set_password(struct tx *tx, int64_t user_id, struct str hash, int64_t now_us)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_credential_put, &st));
    db_bind_i64(st, 1, user_id);
    db_bind_str(st, 2, hash);
    db_bind_i64(st, 3, now_us);
    TRY(db_run(st, NULL));
    access_touch(tx);
    return NULL;
}

struct hash_ask {
    int64_t user_id;
    struct str hash;
};

static struct err *hash_read(struct tx *tx, void *ctx)
{
    struct hash_ask *ask = ctx;
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_credential_get, &st));
    db_bind_i64(st, 1, ask->user_id);
    TRY(db_step(st, &row));
    if (row)
        ask->hash = str_dup(tx_arena(tx), db_str(st, 0));
    db_done(st);
    return NULL;
}

struct err *access_password_matches(struct db *db, struct arena *arena, int64_t user_id, struct str password, bool *matches)
{
    struct hash_ask ask = {user_id, STR_NONE};

    *matches = false;
    TRY(db_read(db, arena, hash_read, &ask));
    if (ask.hash.len == 0 || password.len > PASSWORD_BYTES_MAX)
        return NULL;
    return password_verify(arena, ask.hash, password, matches);
}
