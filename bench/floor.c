/* The floor: the least work a server can do for the same answers. epoll, SQLite, nothing else: no rights, no rules, no
 * checks, no change log. It opens a database that fairlead made (a copy), so rows, indexes and JSON bytes are the same.
 *
 *   floor serve DB PORT THREADS     GET /get/ID, GET /list, GET /search?q=WORD, POST /create (JSON body ignored but read)
 *   floor load DB CSV               the bare prepared insert loop: rows of CSV into o_contact and search_text
 *
 * Written for measuring only: it trusts its input and never goes near a network other than 127.0.0.1.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_MAX 64
#define ANSWER_BYTES (1 << 20)
#define REQUEST_BYTES (1 << 16)
#define BATCH_MAX 256

enum kind { K_TEXT, K_ID, K_REF, K_INSTANT, K_BOOL, K_INT, K_DATE, K_SET };
static struct column {
    char name[64], key[80];
    int key_len;
    enum kind kind;
} columns[COLUMNS_MAX];
static int n_columns;
static const char *db_path;
#define WORDS "INSERT INTO search_text (rowid, body) VALUES (?1, ?2)"
static char select_list[4096];
/* Names of users and teams, which answers show beside their ids: few, so looked up here once. */
static struct name {
    int64_t id;
    char text[96];
    int len;
} names[64];
static int n_names;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static sqlite3 *open_db(bool write)
{
    sqlite3 *db;

    if (sqlite3_open_v2(db_path, &db, (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX, NULL)) {
        fprintf(stderr, "floor: %s: %s\n", db_path, sqlite3_errmsg(db));
        exit(1);
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 512, 256);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA mmap_size=268435456;", NULL, NULL, NULL);
    return db;
}

/* In a copy of fairlead's database triggers note what the index of words lacks; the floor fills it at once instead. */
static sqlite3 *open_writer(void)
{
    sqlite3 *db = open_db(true);

    if (sqlite3_exec(db, "DROP TRIGGER IF EXISTS search_entry_insert", NULL, NULL, NULL)) {
        fprintf(stderr, "floor: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL)) {
        fprintf(stderr, "floor: %s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
    return s;
}

static enum kind kind_of(const char *name, const char *type)
{
    static const char *const refs[] = {"owner", "team", "created_by", "updated_by", "account"};
    size_t n = strlen(name);

    if (strcmp(name, "id") == 0)
        return K_ID;
    for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++)
        if (strcmp(name, refs[i]) == 0)
            return K_REF;
    if (strcmp(name, "tags") == 0)
        return K_SET;
    if (strcmp(type, "TEXT") == 0)
        return K_TEXT;
    if (n > 3 && strcmp(name + n - 3, "_at") == 0)
        return K_INSTANT;
    if (strncmp(name, "do_not_", 7) == 0)
        return K_BOOL;
    return strcmp(name, "birthday") == 0 ? K_DATE : K_INT;
}

static void read_columns(void)
{
    sqlite3 *db = open_db(false);
    sqlite3_stmt *s = prepare(db, "SELECT name, type FROM pragma_table_info('o_contact')");

    while (sqlite3_step(s) == SQLITE_ROW && n_columns < COLUMNS_MAX) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        struct column *c = &columns[n_columns];

        if (strchr(name, '$') || strcmp(name, "deleted_at") == 0)
            continue;
        snprintf(c->name, sizeof c->name, "%s", name);
        c->key_len = snprintf(c->key, sizeof c->key, "%s\"%s\":", n_columns ? "," : "", name);
        c->kind = kind_of(name, (const char *)sqlite3_column_text(s, 1));
        snprintf(select_list + strlen(select_list), sizeof select_list - strlen(select_list), "%sr.\"%s\"", n_columns ? "," : "", name);
        n_columns++;
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static void read_names(void)
{
    sqlite3 *db = open_db(false);
    sqlite3_stmt *s = prepare(db, "SELECT id, name FROM o_user UNION ALL SELECT id, name FROM o_team");

    while (sqlite3_step(s) == SQLITE_ROW && n_names < 64) {
        struct name *n = &names[n_names++];

        n->id = sqlite3_column_int64(s, 0);
        n->len = snprintf(n->text, sizeof n->text, ",\"name\":\"%s\"", (const char *)sqlite3_column_text(s, 1));
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* ---- JSON ---- */

static char *put(char *to, const void *from, size_t n)
{
    memcpy(to, from, n);
    return to + n;
}

static char *put_text(char *to, const unsigned char *s, int n)
{
    *to++ = '"';
    for (int i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\')
            *to++ = '\\';
        if (s[i] < 0x20)
            to += sprintf(to, "\\u%04x", s[i]);
        else
            *to++ = (char)s[i];
    }
    *to++ = '"';
    return to;
}

static char *put_int(char *to, int64_t v)
{
    char digits[24];
    int n = 0;
    uint64_t u = v < 0 ? (uint64_t)-v : (uint64_t)v;

    do
        digits[n++] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        *to++ = '-';
    while (n)
        *to++ = digits[--n];
    return to;
}

static char *put_day(char *to, int64_t days)
{
    /* Hinnant, "chrono-compatible low-level date algorithms", civil_from_days */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153, d = doy - (153 * mp + 2) / 5 + 1;
    unsigned m = mp < 10 ? mp + 3 : mp - 9, y = (unsigned)(yoe + era * 400) + (m <= 2);
    const unsigned parts[] = {y / 1000 % 10, y / 100 % 10, y / 10 % 10, y % 10, 99, m / 10, m % 10, 99, d / 10, d % 10};

    for (size_t i = 0; i < 10; i++)
        *to++ = parts[i] == 99 ? '-' : (char)('0' + parts[i]);
    return to;
}

static char *put_instant(char *to, int64_t us)
{
    int64_t days = us / 86400000000 - (us % 86400000000 < 0), rest = us - days * 86400000000;
    unsigned s = (unsigned)(rest / 1000000), f = (unsigned)(rest % 1000000);

    *to++ = '"';
    to = put_day(to, days);
    to += sprintf(to, f ? "T%02u:%02u:%02u.%06uZ\"" : "T%02u:%02u:%02uZ\"", s / 3600, s / 60 % 60, s % 60, f);
    return to;
}

static char *put_ref(char *to, int64_t id)
{
    to = put(to, "{\"id\":\"", 7);
    to = put_int(to, id);
    *to++ = '"';
    for (int i = 0; i < n_names; i++)
        if (names[i].id == id) {
            to = put(to, names[i].text, (size_t)names[i].len);
            break;
        }
    *to++ = '}';
    return to;
}

static char *put_row(char *to, sqlite3_stmt *s)
{
    *to++ = '{';
    for (int i = 0; i < n_columns; i++) {
        to = put(to, columns[i].key, (size_t)columns[i].key_len);
        if (sqlite3_column_type(s, i) == SQLITE_NULL) {
            to = columns[i].kind == K_SET ? put(to, "[]", 2) : put(to, "null", 4);
            continue;
        }
        switch (columns[i].kind) {
        case K_TEXT:
            to = put_text(to, sqlite3_column_text(s, i), sqlite3_column_bytes(s, i));
            break;
        case K_SET:
            to = put(to, "[]", 2);
            break;
        case K_REF:
            to = put_ref(to, sqlite3_column_int64(s, i));
            break;
        case K_ID:
            *to++ = '"';
            to = put_int(to, sqlite3_column_int64(s, i));
            *to++ = '"';
            break;
        case K_INSTANT:
            to = put_instant(to, sqlite3_column_int64(s, i));
            break;
        case K_DATE:
            *to++ = '"';
            to = put_day(to, sqlite3_column_int64(s, i));
            *to++ = '"';
            break;
        case K_BOOL:
            to = sqlite3_column_int64(s, i) ? put(to, "true", 4) : put(to, "false", 5);
            break;
        default:
            to = put_int(to, sqlite3_column_int64(s, i));
        }
    }
    *to++ = '}';
    return to;
}

/* ---- writing: one thread, one transaction for all that wait ---- */

struct connection {
    int fd, epoll;
    size_t have;
    char in[REQUEST_BYTES];
    struct connection *next;
};
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static struct connection *queue_head, **queue_tail = &queue_head;
static int64_t next_id = (int64_t)1 << 61;

static void *writer(void *unused)
{
    sqlite3 *db = open_writer();
    sqlite3_stmt *row = prepare(db, "INSERT INTO o_contact (id, created_at, updated_at, version, first_name, last_name, name, email, email$f, "
                                    "name$f, city) VALUES (?1, ?2, ?2, 1, ?3, ?4, ?5, ?6, ?6, ?5, ?7)");
    sqlite3_stmt *text = prepare(db, "INSERT INTO search_entry (record_id, object, title, title_fold, body) VALUES (?1, 'contact', ?2, ?2, ?3)");
    sqlite3_stmt *words = prepare(db, WORDS);

    (void)unused;
    sqlite3_wal_autocheckpoint(db, 4000);
    for (;;) {
        struct connection *batch, *c;
        int n = 0;

        pthread_mutex_lock(&queue_lock);
        while (!queue_head)
            pthread_cond_wait(&queue_filled, &queue_lock);
        batch = queue_head;
        for (c = batch; c->next && n < BATCH_MAX; n++)
            c = c->next;
        queue_head = c->next;
        if (!queue_head)
            queue_tail = &queue_head;
        c->next = NULL;
        pthread_mutex_unlock(&queue_lock);
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (c = batch; c; c = c->next) {
            char name[64], mail[64];
            int64_t id = next_id++;
            int nn = snprintf(name, sizeof name, "person kane-%lld", (long long)id), nm = snprintf(mail, sizeof mail, "p%lld@bench.example", (long long)id);

            sqlite3_bind_int64(row, 1, id);
            sqlite3_bind_int64(row, 2, (int64_t)time(NULL) * 1000000);
            sqlite3_bind_text(row, 3, "Person", 6, SQLITE_STATIC);
            sqlite3_bind_text(row, 4, name + 7, nn - 7, SQLITE_STATIC);
            sqlite3_bind_text(row, 5, name, nn, SQLITE_STATIC);
            sqlite3_bind_text(row, 6, mail, nm, SQLITE_STATIC);
            sqlite3_bind_text(row, 7, "Berlin", 6, SQLITE_STATIC);
            sqlite3_step(row);
            if (sqlite3_reset(row)) {
                fprintf(stderr, "floor: insert: %s\n", sqlite3_errmsg(db));
                exit(1);
            }
            sqlite3_bind_int64(text, 1, id);
            sqlite3_bind_text(text, 2, name, nn, SQLITE_STATIC);
            sqlite3_bind_text(text, 3, mail, nm, SQLITE_STATIC);
            sqlite3_step(text);
            if (sqlite3_reset(text)) {
                fprintf(stderr, "floor: search: %s\n", sqlite3_errmsg(db));
                exit(1);
            }
            sqlite3_bind_int64(words, 1, id);
            sqlite3_bind_text(words, 2, mail, nm, SQLITE_STATIC);
            sqlite3_step(words);
            sqlite3_reset(words);
        }
        if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL)) {
            fprintf(stderr, "floor: commit: %s\n", sqlite3_errmsg(db));
            exit(1);
        }
        while (batch) {
            static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
            struct epoll_event ev = {.events = EPOLLIN, .data.ptr = batch};

            c = batch;
            batch = batch->next;
            if (write(c->fd, answer, sizeof answer - 1) < 0 || epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->fd, &ev) < 0)
                close(c->fd);
        }
    }
    return NULL;
}

/* ---- serving ---- */

struct worker {
    int listener;
    sqlite3 *db;
    sqlite3_stmt *get, *list, *search, *begin, *commit;
    char *answer;
};

static size_t make_answer(struct worker *w, const char *path, char *to)
{
    char *at = to;
    sqlite3_stmt *s;
    int rows = 0;

    sqlite3_step(w->begin);
    sqlite3_reset(w->begin);
    if (strncmp(path, "/get/", 5) == 0) {
        s = w->get;
        sqlite3_bind_int64(s, 1, strtoll(path + 5, NULL, 10));
        if (sqlite3_step(s) == SQLITE_ROW)
            at = put_row(at, s);
    } else if (strncmp(path, "/list", 5) == 0) {
        s = w->list;
        at = put(at, "{\"data\":[", 9);
        while (sqlite3_step(s) == SQLITE_ROW) {
            if (rows++)
                *at++ = ',';
            at = put_row(at, s);
        }
        at = put(at, "]}", 2);
    } else if (strncmp(path, "/search?q=", 10) != 0) {
        s = w->get;
        at = put(at, "{}", 2);
    } else {
        char q[128];
        const char *word = path + 10;
        int n = snprintf(q, sizeof q, "\"%.*s\"*", (int)strcspn(word, " "), word);

        s = w->search;
        sqlite3_bind_text(s, 1, q, n, SQLITE_STATIC);
        at = put(at, "{\"data\":[", 9);
        while (sqlite3_step(s) == SQLITE_ROW) {
            if (rows++)
                *at++ = ',';
            at = put(at, "{\"object\":\"contact\",\"id\":\"", 26);
            at = put_int(at, sqlite3_column_int64(s, 0));
            at = put(at, "\",\"title\":", 10);
            at = put_text(at, sqlite3_column_text(s, 1), sqlite3_column_bytes(s, 1));
            at = put(at, ",\"snippet\":\"\"}", 14);
        }
        at = put(at, "]}", 2);
    }
    sqlite3_reset(s);
    sqlite3_step(w->commit);
    sqlite3_reset(w->commit);
    return (size_t)(at - to);
}

/* One whole request in c->in: answers it, or hands it to the writer. False: the connection is gone. */
static bool handle(struct worker *w, struct connection *c, size_t length)
{
    char head[160];
    struct iovec out[2];

    if (c->in[0] == 'P') {
        pthread_mutex_lock(&queue_lock);
        c->next = NULL;
        *queue_tail = c;
        queue_tail = &c->next;
        pthread_cond_signal(&queue_filled);
        pthread_mutex_unlock(&queue_lock);
        return true;
    }
    (void)length;
    out[1].iov_base = w->answer;
    out[1].iov_len = make_answer(w, c->in + 4, w->answer);
    out[0].iov_base = head;
    out[0].iov_len = (size_t)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", out[1].iov_len);
    while (out[0].iov_len + out[1].iov_len) {
        ssize_t n = writev(c->fd, out, 2);
        size_t first;

        if (n < 0) {
            if (errno == EAGAIN)
                continue;
            return false;
        }
        first = (size_t)n < out[0].iov_len ? (size_t)n : out[0].iov_len;
        out[0].iov_base = (char *)out[0].iov_base + first;
        out[0].iov_len -= first;
        out[1].iov_base = (char *)out[1].iov_base + ((size_t)n - first);
        out[1].iov_len -= (size_t)n - first;
    }
    return true;
}

/* Reads what is there; a request is complete with its head and Content-Length bytes. */
static bool on_readable(struct worker *w, int epoll, struct connection *c)
{
    ssize_t n = read(c->fd, c->in + c->have, sizeof c->in - 1 - c->have);
    char *end, *length;
    size_t whole;

    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    c->have += (size_t)n;
    c->in[c->have] = 0;
    end = strstr(c->in, "\r\n\r\n");
    if (!end)
        return true;
    length = strcasestr(c->in, "content-length:");
    whole = (size_t)(end + 4 - c->in) + (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
    if (c->have < whole)
        return true;
    c->have = 0;
    if (c->in[0] == 'P') {
        struct epoll_event ev = {.events = 0, .data.ptr = c};

        epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &ev);
    }
    return handle(w, c, whole);
}

static void *serve(void *ctx)
{
    struct worker *w = ctx;
    int epoll = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
    char sql[8192];

    w->db = open_db(false);
    w->answer = malloc(ANSWER_BYTES);
    snprintf(sql, sizeof sql, "SELECT %s FROM o_contact r WHERE id = ?1 AND deleted_at IS NULL", select_list);
    w->get = prepare(w->db, sql);
    snprintf(sql, sizeof sql, "SELECT %s FROM o_contact r WHERE deleted_at IS NULL AND archived_at IS NULL AND do_not_call = 0 ORDER BY name$f, id LIMIT 50", select_list);
    w->list = prepare(w->db, sql);
    w->search = prepare(w->db, "SELECT s.record_id, s.title FROM search_text f CROSS JOIN search_entry s ON s.record_id = f.rowid "
                               "WHERE f.search_text MATCH ?1 ORDER BY f.rowid DESC LIMIT 20");
    w->begin = prepare(w->db, "BEGIN");
    w->commit = prepare(w->db, "COMMIT");
    epoll_ctl(epoll, EPOLL_CTL_ADD, w->listener, &ev);
    for (;;) {
        int n = epoll_wait(epoll, events, 64, -1);

        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;

            if (!c) {
                int fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK), one = 1;

                if (fd < 0)
                    continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                c = calloc(1, sizeof *c);
                c->fd = fd;
                c->epoll = epoll;
                ev = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
            } else if (!on_readable(w, epoll, c)) {
                close(c->fd);
                free(c);
            }
        }
    }
    return NULL;
}

static int listen_on(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 512))
        die("floor: listen");
    return fd;
}

/* ---- loading ---- */

/* Columns of the CSV's first line that o_contact has are inserted as text; name fields get their folded companion too. */
static int load(const char *csv)
{
    sqlite3 *db = open_writer();
    FILE *f = fopen(csv, "r");
    char line[65536], sql[8192] = "INSERT INTO o_contact (id, created_at, updated_at, version", *cells[64];
    int n = 0, folded[64], n_bound = 4;
    sqlite3_stmt *row, *text, *words;
    int64_t id = 1, rows = 0;
    struct timespec from, to;

    if (!f || !fgets(line, sizeof line, f))
        die(csv);
    clock_gettime(CLOCK_MONOTONIC, &from);
    line[strcspn(line, "\r\n")] = 0;
    for (char *p = line, *cell; (cell = strsep(&p, ",")) && n < 64; n++) {
        char has[160];
        sqlite3_stmt *s;

        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ", \"%s\"", cell);
        snprintf(has, sizeof has, "SELECT 1 FROM pragma_table_info('o_contact') WHERE name = '%s$f'", cell);
        s = prepare(db, has);
        folded[n] = sqlite3_step(s) == SQLITE_ROW;
        sqlite3_finalize(s);
        if (folded[n])
            snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ", \"%s$f\"", cell);
    }
    snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ") VALUES (?, ?, ?, 1");
    for (int i = 0; i < n; i++)
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), folded[i] ? ", ?, ?" : ", ?");
    snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ")");
    row = prepare(db, sql);
    text = prepare(db, "INSERT INTO search_entry (record_id, object, title, title_fold, body) VALUES (?1, 'contact', ?2, ?2, ?3)");
    words = prepare(db, WORDS);
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    while (fgets(line, sizeof line, f)) {
        int i = 0;
        char body[4096];
        size_t used = 0;

        line[strcspn(line, "\r\n")] = 0;
        for (char *p = line, *cell; (cell = strsep(&p, ",")) && i < 64; i++)
            cells[i] = cell;
        sqlite3_bind_int64(row, 1, ++id);
        sqlite3_bind_int64(row, 2, 1790000000000000 + id);
        sqlite3_bind_int64(row, 3, 1790000000000000 + id);
        n_bound = 4;
        for (int k = 0; k < n; k++) {
            const char *cell = k < i && *cells[k] ? cells[k] : NULL;

            if (cell && (strcmp(cell, "no") == 0 || strcmp(cell, "yes") == 0))
                sqlite3_bind_int(row, n_bound++, *cell == 'y');
            else
                sqlite3_bind_text(row, n_bound++, cell, -1, SQLITE_STATIC);
            if (folded[k])
                sqlite3_bind_text(row, n_bound++, cell, -1, SQLITE_STATIC);
            if (cell && used + strlen(cell) + 2 < sizeof body)
                used += (size_t)sprintf(body + used, "%s ", cell);
        }
        sqlite3_step(row);
        if (sqlite3_reset(row)) {
            fprintf(stderr, "floor: %s\n", sqlite3_errmsg(db));
            return 1;
        }
        sqlite3_bind_int64(text, 1, id);
        sqlite3_bind_text(text, 2, cells[0], -1, SQLITE_STATIC);
        sqlite3_bind_text(text, 3, body, (int)used, SQLITE_STATIC);
        sqlite3_step(text);
        sqlite3_reset(text);
        sqlite3_bind_int64(words, 1, id);
        sqlite3_bind_text(words, 2, body, (int)used, SQLITE_STATIC);
        sqlite3_step(words);
        sqlite3_reset(words);
        rows++;
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%lld rows in %.3f s\n", (long long)rows, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    return 0;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int threads;

    if (argc < 4) {
        fputs("floor serve DB PORT THREADS | floor load DB CSV\n", stderr);
        return 64;
    }
    db_path = argv[2];
    if (strcmp(argv[1], "load") == 0)
        return load(argv[3]);
    read_columns();
    read_names();
    threads = argc > 4 ? atoi(argv[4]) : 2;
    pthread_create(&thread, NULL, writer, NULL);
    for (int i = 0; i < threads; i++) {
        struct worker *w = calloc(1, sizeof *w);

        w->listener = listen_on(atoi(argv[3]));
        pthread_create(&thread, NULL, serve, w);
    }
    printf("floor serves http://127.0.0.1:%s\n", argv[3]);
    fflush(stdout);
    pause();
    return 0;
}
