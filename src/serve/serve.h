#pragma once
/* The HTTP server: libmicrohttpd behind a small interface, one route table, a dispatcher that signs in, checks, begins,
 * commits and answers. Reads run on the polling threads; writes are handed to the database's writer and the connection
 * sleeps until the commit is durable. */
#include "connect/mail/sender.h"
#include "insight/facts.h"
#include "insight/metric.h"
#include "insight/past.h"
#include "record/import.h"
#include "work/work.h"

struct app { /* what main puts together */
    struct db *db;
    struct manual_store *store;
    struct access_cache *access;
    int64_t (*now_us)(void); /* the clock; tests put their own */
    const char *data_dir;
    bool demo;               /* one-click sign-in for the demo company */
};
struct serve_options {
    const char *host; /* "127.0.0.1" */
    int port;         /* 0: any free one */
    int threads;      /* 0: cores */
    bool trust_proxy; /* X-Forwarded-For and X-Forwarded-Proto of the peer are believed */
    int requests_per_second; /* per session or token; 0: no bound */
    const char *setup_code;  /* what the first-run page asks of whoever is not at this machine; NULL: nobody else may use it */
    const struct mail_options *mail; /* checked; lives as long as the server. NULL: no mail is sent */
    bool setup_code_always;  /* this machine's name for itself proves nothing: it listens to others, or behind a proxy */
};
struct server;
MUST_USE struct err *serve_start(struct arena *arena, struct app *app, const struct serve_options *options, struct server **out);
int serve_port(const struct server *server);
/* Stops accepting, finishes what runs, closes streams. */
void serve_stop(struct server *server);
/* Lets every commit of records tell the live event streams and the jobs, on all nodes. serve_start does it; a command that
 * writes beside a running server (PostgreSQL) may call it after work_install. */
void serve_install(void);
/* The OpenAPI 3.1 document of this installation. */
void openapi_write(struct buf *out, const struct manual *m, struct str base_url);
