/* Who sent this token? Ready actors by the hash of the token's text, so that a request costs a hash and a look-up.
 *
 * An entry holds an actor on its own arena and a pin on the manual it was made from. It is counted: one by the map, one
 * by each request that uses it, so dropping it from the map never pulls it from under a request. One number for the
 * process, the generation, grows with every change of who may do what, on any node; an entry of an older generation is
 * not used. When a session was last seen is noted in the entry and written down later by access_cache_flush.
 */
#include "access/access_impl.h"

#include "access/access.sql.h"
#include "base/limits.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <stdlib.h>

enum { SHARDS = 16, BUCKETS = 256, ENTRIES_MAX = 4096 /* per shard: 65,536 people at once */ };
#define SEEN_WRITE_US US_PER_MINUTE

struct entry {
    struct entry *next;
    struct token_hash key;
    enum channel_via via;
    struct arena *arena;
    const struct manual *manual;
    struct actor *actor;
    uint64_t generation;
    int64_t expires_us;            /* 0: never */
    bool idles;                    /* a session: ends when it was not used for SESSION_IDLE_US */
    _Atomic int64_t seen_us, written_us;
    atomic_int refs;
};
struct shard {
    pthread_rwlock_t lock;
    struct entry *buckets[BUCKETS];
    int n;
};
struct access_cache {
    struct arena *arena; /* of the cache itself */
    struct db *db;
    struct shard shards[SHARDS];
};

/* Of the process, not of one cache: a process has one database, and tests with two only lose a little speed. */
static _Atomic uint64_t generation = 1;

uint64_t access_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_acquire);
}

static void grow_generation(void *ctx)
{
    (void)ctx;
    atomic_fetch_add_explicit(&generation, 1, memory_order_acq_rel);
}

static void entry_unref(void *ctx)
{
    struct entry *e = ctx;

    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) != 1)
        return;
    manual_unpin(e->manual);
    arena_free(e->arena); /* the entry itself lives there */
}

void access_touch(struct tx *tx)
{
    tx_on_commit(tx, grow_generation, NULL);
    tx_notify(tx, ACCESS_CHANNEL, STR(""));
}

void access_cache_clear(struct access_cache *c)
{
    (void)c;
    grow_generation(NULL);
}

static void on_notify(void *ctx, const char *channel, struct str payload)
{
    (void)ctx;
    (void)payload;
    if (strcmp(channel, ACCESS_CHANNEL) == 0 || strcmp(channel, "db.reconnected") == 0)
        grow_generation(NULL);
}

struct access_cache *access_cache_new(struct db *db)
{
    struct arena *arena = arena_new(sizeof(struct access_cache) + 256);
    struct access_cache *c = NEW(arena, struct access_cache);

    c->arena = arena;
    access_crypto_init();
    c->db = db;
    for (int i = 0; i < SHARDS; i++)
        pthread_rwlock_init(&c->shards[i].lock, NULL);
    db_on_notify(db, on_notify, NULL);
    return c;
}

static void shard_empty(struct shard *s)
{
    for (int b = 0; b < BUCKETS; b++) {
        while (s->buckets[b]) {
            struct entry *e = s->buckets[b];

            s->buckets[b] = e->next;
            entry_unref(e);
        }
    }
    s->n = 0;
}

void access_cache_free(struct access_cache *c)
{
    if (!c)
        return;
    for (int i = 0; i < SHARDS; i++) {
        shard_empty(&c->shards[i]);
        pthread_rwlock_destroy(&c->shards[i].lock);
    }
    arena_free(c->arena); /* the cache itself lives there */
}

static struct shard *shard_of(struct access_cache *c, const struct token_hash *key)
{
    return &c->shards[key->bytes[0] % SHARDS];
}

static bool still_valid(const struct entry *e, int64_t now_us)
{
    if (e->expires_us && now_us >= e->expires_us)
        return false;
    return !e->idles || now_us - atomic_load_explicit(&e->seen_us, memory_order_relaxed) < SESSION_IDLE_US;
}

/* A counted entry, or NULL. */
static struct entry *find(struct shard *s, const struct token_hash *key, enum channel_via via, const struct manual *m,
                          uint64_t gen)
{
    struct entry *e;

    pthread_rwlock_rdlock(&s->lock);
    for (e = s->buckets[key->bytes[1]]; e; e = e->next)
        if (sodium_memcmp(e->key.bytes, key->bytes, TOKEN_BYTES) == 0 && e->via == via)
            break;
    if (e && (e->generation != gen || e->manual != m))
        e = NULL;
    if (e)
        atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    pthread_rwlock_unlock(&s->lock);
    return e;
}

static void put(struct shard *s, struct entry *e)
{
    struct entry **at;

    pthread_rwlock_wrlock(&s->lock);
    for (at = &s->buckets[e->key.bytes[1]]; *at;) {
        struct entry *old = *at;

        if (old->generation == e->generation &&
            (sodium_memcmp(old->key.bytes, e->key.bytes, TOKEN_BYTES) != 0 || old->via != e->via)) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        s->n--;
        entry_unref(old);
    }
    if (s->n >= ENTRIES_MAX)
        shard_empty(s);
    e->next = s->buckets[e->key.bytes[1]];
    s->buckets[e->key.bytes[1]] = e;
    s->n++;
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    pthread_rwlock_unlock(&s->lock);
}

struct load {
    struct entry *entry;
    struct str token;
    int64_t now_us;
};

static struct err *needed(struct arena *arena, struct str message)
{
    struct err *e = FAIL(arena, ERR_UNAUTHORIZED, "access.sign_in_needed", NULL, "%.*s", STR_ARG(message));

    e->way_out = STR("Sign in again, or send a valid API token.");
    return e;
}

static struct err *load_session(struct tx *tx, struct load *l)
{
    struct entry *e = l->entry;
    struct stmt *st;
    int64_t id, user;
    bool row;

    TRY(db_stmt(tx, &sql_session_by_token, &st));
    db_bind_str(st, 1, token_hash_hex(tx_arena(tx), e->key));
    TRY(db_step(st, &row));
    if (!row)
        return needed(tx_arena(tx), STR("This session has ended."));
    id = db_i64(st, 0);
    user = db_i64(st, 1);
    e->idles = true;
    e->seen_us = db_i64(st, 2);
    e->written_us = e->seen_us;
    e->expires_us = db_i64(st, 3);
    db_done(st);
    if (!still_valid(e, l->now_us))
        return needed(tx_arena(tx), STR("This session has expired."));
    TRY(actor_load(tx, e->manual, user, e->via, &e->actor));
    e->actor->session_id = id;
    return NULL;
}

static struct err *load_api_token(struct tx *tx, struct load *l)
{
    struct entry *e = l->entry;
    struct stmt *st;
    struct str role;
    int64_t id, user;
    bool row;

    TRY(db_stmt(tx, &sql_api_token_by_token, &st));
    db_bind_str(st, 1, token_hash_hex(tx_arena(tx), e->key));
    TRY(db_step(st, &row));
    if (!row)
        return needed(tx_arena(tx), STR("This API token is not known, or it was ended."));
    id = db_i64(st, 0);
    user = db_i64(st, 1);
    role = str_dup(tx_arena(tx), db_str(st, 2));
    e->expires_us = db_i64(st, 3);
    e->seen_us = db_i64(st, 4);
    e->written_us = e->seen_us;
    db_done(st);
    if (!still_valid(e, l->now_us))
        return needed(tx_arena(tx), STR("This API token has expired."));
    TRY(actor_load_as(tx, e->manual, user, e->via, role, &e->actor));
    e->actor->token_id = id;
    return NULL;
}

static struct err *load(struct tx *tx, void *ctx)
{
    struct load *l = ctx;

    return str_starts(l->token, STR("fls_")) ? load_session(tx, l) : load_api_token(tx, l);
}

static struct err *make(struct access_cache *c, struct arena *arena, const struct manual *m, struct str token,
                        const struct token_hash *key, enum channel_via via, uint64_t gen, int64_t now_us, struct entry **out)
{
    struct arena *own = arena_new(4096);
    struct entry *e = NEW(own, struct entry);
    struct load l = {e, token, now_us};
    struct err *err;

    e->arena = own;
    e->key = *key;
    e->via = via;
    e->generation = gen;
    e->manual = m;
    e->refs = 1;
    err = db_read(c->db, own, load, &l);
    if (err) {
        err = err_copy(arena, err);
        arena_free(own);
        return err;
    }
    manual_pin(m);
    put(shard_of(c, key), e);
    *out = e;
    return NULL;
}

struct err *access_by_token(struct access_cache *c, struct arena *arena, const struct manual *m, struct str token,
                            enum channel_via via, int64_t now_us, const struct actor **out)
{
    uint64_t gen = access_generation(); /* before anything is read: what changes later makes this entry old */
    struct token_hash key;
    struct entry *e;

    *out = NULL;
    if (token.len == 0 || token.len > TOKEN_TEXT_BYTES_MAX ||
        (!str_starts(token, STR("fls_")) && !str_starts(token, STR("flt_"))))
        return needed(arena, token.len ? STR("This is not a token of this installation.") : STR("You are not signed in."));
    key = token_hash(token);
    e = find(shard_of(c, &key), &key, via, m, gen);
    if (!e)
        TRY(make(c, arena, m, token, &key, via, gen, now_us, &e));
    assert(e);
    arena_on_reset(arena, entry_unref, e);
    if (!still_valid(e, now_us))
        return needed(arena, STR("This session has expired."));
    if (now_us > atomic_load_explicit(&e->seen_us, memory_order_relaxed))
        atomic_store_explicit(&e->seen_us, now_us, memory_order_relaxed);
    *out = e->actor;
    return NULL;
}

/* ---- writing down when they were seen ---- */

struct seen {
    int64_t session_id, token_id, at_us;
};
struct seen_list {
    VEC(struct seen) v;
};

static struct err *write_seen(struct tx *tx, void *ctx)
{
    struct seen_list *list = ctx;

    for (size_t i = 0; i < list->v.n; i++) {
        const struct seen *s = &list->v.at[i];
        struct stmt *st;

        TRY(db_stmt(tx, s->session_id ? &sql_session_seen : &sql_api_token_used, &st));
        db_bind_i64(st, 1, s->session_id ? s->session_id : s->token_id);
        db_bind_i64(st, 2, s->at_us);
        TRY(db_run(st, NULL));
    }
    return NULL;
}

struct err *access_cache_flush(struct access_cache *c, struct arena *arena, int64_t now_us)
{
    struct seen_list list = {0};

    (void)now_us;
    for (int i = 0; i < SHARDS; i++) {
        struct shard *s = &c->shards[i];

        pthread_rwlock_rdlock(&s->lock);
        for (int b = 0; b < BUCKETS; b++)
            for (struct entry *e = s->buckets[b]; e; e = e->next) {
                int64_t seen = atomic_load_explicit(&e->seen_us, memory_order_relaxed);

                if (seen - atomic_load_explicit(&e->written_us, memory_order_relaxed) < SEEN_WRITE_US)
                    continue;
                atomic_store_explicit(&e->written_us, seen, memory_order_relaxed);
                VEC_PUSH(arena, list.v) = (struct seen){e->actor->session_id, e->actor->token_id, seen};
            }
        pthread_rwlock_unlock(&s->lock);
    }
    return list.v.n ? db_write(c->db, arena, write_seen, &list) : NULL;
}
