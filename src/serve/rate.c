/* A bound on requests per session or token: a bucket that fills evenly and holds two seconds' worth. */
#include "serve/serve_impl.h"

#include <stdlib.h>

enum { SLOTS = 4096 }; /* two who share a slot take turns with it: each then has a full bucket, never less than its own */

struct slot {
    pthread_mutex_t lock;
    int64_t key, at_us;
    double tokens;
};
struct rate {
    int per_second;
    struct slot slots[SLOTS];
};

struct rate *rate_new(int per_second)
{
    struct rate *r;

    if (per_second <= 0)
        return NULL;
    r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->per_second = per_second;
    for (int i = 0; i < SLOTS; i++)
        pthread_mutex_init(&r->slots[i].lock, NULL);
    return r;
}

void rate_free(struct rate *r)
{
    free(r);
}

bool rate_allows(struct rate *r, int64_t key, int64_t now_us)
{
    struct slot *s;
    double full;
    bool ok;

    if (!r)
        return true;
    s = &r->slots[((uint64_t)key * 0x9E3779B97F4A7C15u) >> 52];
    full = 2.0 * r->per_second;
    pthread_mutex_lock(&s->lock);
    if (s->key != key) {
        s->key = key;
        s->tokens = full;
        s->at_us = now_us;
    }
    if (now_us > s->at_us) {
        s->tokens += (double)(now_us - s->at_us) * r->per_second / (double)US_PER_SECOND;
        if (s->tokens > full)
            s->tokens = full;
        s->at_us = now_us;
    }
    ok = s->tokens >= 1;
    if (ok)
        s->tokens -= 1;
    pthread_mutex_unlock(&s->lock);
    return ok;
}
