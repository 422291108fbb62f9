#include "base/id.h"

#include <assert.h>
#include <stdatomic.h>

#define EPOCH_MS 1577836800000LL /* 2020-01-01T00:00:00Z */
#define MS_MAX ((1LL << 41) - 1)

static _Atomic int node_number;
static _Atomic int64_t last; /* milliseconds << 16 | sequence of the newest id; starts before any */

void id_set_node(int node)
{
    assert(node >= 0 && node <= 63);
    atomic_store(&node_number, node);
}

int64_t id_new(int64_t now_us)
{
    int64_t ms = now_us / 1000 - EPOCH_MS;
    int64_t before = atomic_load(&last);
    int64_t mine;

    /* A clock before 2020 or behind 2089 is wrong: count on from the newest id. */
    if (ms < 0 || ms > MS_MAX)
        ms = 0;
    do {
        /* A full sequence carries into the milliseconds: ids run ahead of the clock for a moment. */
        mine = ms > before >> 16 ? ms << 16 : before + 1;
        assert(mine >> 16 <= MS_MAX);
    } while (!atomic_compare_exchange_weak(&last, &before, mine));
    return (mine >> 16) << 22 | (int64_t)atomic_load(&node_number) << 16 | (mine & 0xffff);
}

int64_t id_floor(int64_t us)
{
    int64_t ms = us / 1000 - EPOCH_MS;

    return ms <= 0 ? 0 : ms > MS_MAX ? INT64_MAX : ms << 22;
}

int64_t id_moment(int64_t id)
{
    return ((id >> 22) + EPOCH_MS) * 1000;
}

void id_after(int64_t id)
{
    int64_t seen = (id >> 22) << 16 | (id & 0xffff), before = atomic_load(&last);

    while (seen > before && !atomic_compare_exchange_weak(&last, &before, seen))
        ;
}

bool id_parse(struct str s, int64_t *out)
{
    int64_t v;
    if (s.len == 0 || s.ptr[0] == '-' || s.ptr[0] == '0' || !str_to_i64(s, &v))
        return false;
    *out = v;
    return true;
}
