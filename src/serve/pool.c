/* A few workers for what must not hold up a polling thread. The queue is bounded: beyond it callers are told to wait. */
#include "serve/serve_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { POOL_THREADS_MAX = 8 };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct req *first, **last;
    int waiting, waiting_max, threads, nice_by;
    bool ending;
    void (*run)(struct req *rq);
    pthread_t thread[POOL_THREADS_MAX];
};

static void *work(void *arg)
{
    struct pool *p = arg;

    /* On Linux a thread has a priority of its own: a flood of sign-ins gives way to everybody's work. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), p->nice_by);
    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct req *rq = p->first;

        if (!rq && p->ending)
            break;
        if (!rq) {
            pthread_cond_wait(&p->moved, &p->lock);
            continue;
        }
        p->first = rq->next;
        if (!p->first)
            p->last = &p->first;
        p->waiting--;
        pthread_mutex_unlock(&p->lock);
        p->run(rq);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pool *pool_new(int threads, int waiting_max, int nice_by, void (*run)(struct req *rq))
{
    struct pool *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    assert(threads > 0 && threads <= POOL_THREADS_MAX);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->moved, NULL);
    p->last = &p->first;
    p->waiting_max = waiting_max;
    p->nice_by = nice_by;
    p->run = run;
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&p->thread[p->threads], NULL, work, p) == 0)
            p->threads++;
    }
    assert(p->threads > 0);
    return p;
}

bool pool_put(struct pool *p, struct req *rq)
{
    bool room;

    pthread_mutex_lock(&p->lock);
    room = p->waiting < p->waiting_max && !p->ending;
    if (room) {
        rq->next = NULL;
        *p->last = rq;
        p->last = &rq->next;
        p->waiting++;
        pthread_cond_signal(&p->moved);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
