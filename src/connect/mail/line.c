/* A connection to the mail server, by libcurl. It speaks smtp and smtps and nothing else, takes no proxy from the environment,
 * checks certificates and the name in them, and can be cut from another thread: by its callback while it waits, and by
 * shutting its sockets down, because libcurl says goodbye without asking the callback. */
#include "connect/mail/mail.h"

#include "base/file.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 4, SAID_BYTES_MAX = 400, PASSWORD_FILE_BYTES_MAX = 4096 };

/* The last command, so that an answer can be understood. */
enum phase { PH_CONNECT, PH_HELLO, PH_TLS, PH_LOGIN, PH_SENDER, PH_RECIPIENT, PH_CONTENT };

struct mail_line {
    const struct mail_options *options;
    CURL *curl;
    struct arena *arena; /* what libcurl is told and does not copy */
    atomic_bool cut;
    pthread_mutex_t lock; /* of the sockets: cut shuts down what is open */
    curl_socket_t sockets[SOCKETS_MAX];

    /* Of the message that is on its way. */
    struct str message;
    size_t given;
    enum phase phase;
    bool leaving; /* goodbye was said: what the server answers to that tells nothing of the message */
    long code;
    char said[SAID_BYTES_MAX];
    size_t said_len;
    bool answer_open; /* the last line was "250-...": more follows */
    char error[CURL_ERROR_SIZE];
};

/* ---- callbacks ---- */

static size_t give_message(char *to, size_t size, size_t n, void *ctx)
{
    struct mail_line *line = ctx;
    size_t bytes = line->message.len - line->given;

    if (bytes > size * n)
        bytes = size * n;
    memcpy(to, line->message.ptr + line->given, bytes);
    line->given += bytes;
    return bytes;
}

/* Adds to what the server said: on one line, as far as there is room. */
static void keep(struct mail_line *line, struct str s)
{
    if (line->said_len && line->said_len < sizeof line->said)
        line->said[line->said_len++] = ' ';
    for (size_t i = 0; i < s.len && line->said_len < sizeof line->said; i++)
        line->said[line->said_len++] = (unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f ? ' ' : s.ptr[i];
}

/* One line of an answer, "250-PIPELINING\r\n" or "250 OK\r\n": the code stands before each, and is kept once. */
static size_t take_answer(char *from, size_t size, size_t n, void *ctx)
{
    struct mail_line *line = ctx;
    struct str s = str_trim((struct str){from, size * n});
    int64_t code;

    if (line->leaving || s.len < 3 || !str_to_i64(str_sub(s, 0, 3), &code) || code < 200)
        return size * n;
    if (!line->answer_open)
        line->said_len = 0;
    keep(line, line->answer_open ? str_trim(str_sub(s, 4, s.len)) : s);
    line->code = (long)code;
    line->answer_open = s.len > 3 && s.ptr[3] == '-';
    return size * n;
}

static int note_command(CURL *curl, curl_infotype type, char *data, size_t size, void *ctx)
{
    static const struct {
        struct str word;
        enum phase phase;
    } commands[] = {{{"EHLO", 4}, PH_HELLO},     {{"HELO", 4}, PH_HELLO},         {{"STARTTLS", 8}, PH_TLS},  {{"AUTH", 4}, PH_LOGIN},
                    {{"MAIL FROM", 9}, PH_SENDER}, {{"RCPT TO", 7}, PH_RECIPIENT}, {{"DATA", 4}, PH_CONTENT}};
    struct mail_line *line = ctx;

    (void)curl;
    if (type != CURLINFO_HEADER_OUT)
        return 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (str_starts((struct str){data, size}, commands[i].word))
            line->phase = commands[i].phase;
    line->leaving = line->leaving || str_starts((struct str){data, size}, STR("QUIT"));
    return 0;
}

static int go_on(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct mail_line *line = ctx;

    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&line->cut) ? 1 : 0;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct mail_line *line = ctx;
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    pthread_mutex_lock(&line->lock);
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (line->sockets[i] == CURL_SOCKET_BAD) {
            line->sockets[i] = fd;
            break;
        }
    pthread_mutex_unlock(&line->lock);
    return fd;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
    struct mail_line *line = ctx;

    pthread_mutex_lock(&line->lock);
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (line->sockets[i] == fd)
            line->sockets[i] = CURL_SOCKET_BAD;
    close(fd);
    pthread_mutex_unlock(&line->lock);
    return 0;
}

static void shut_sockets(struct mail_line *line)
{
    pthread_mutex_lock(&line->lock);
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (line->sockets[i] != CURL_SOCKET_BAD)
            shutdown(line->sockets[i], SHUT_RDWR);
    pthread_mutex_unlock(&line->lock);
}

/* ---- opening and closing ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

/* Fails where this libcurl was built without it: none of them can be done without. */
#define SET(curl, option, value) \
    do { \
        if (curl_easy_setopt((curl), (option), (value)) != CURLE_OK) \
            abort(); \
    } while (0)

static void set_up(struct mail_line *line)
{
    const struct mail_options *o = line->options;
    CURL *c = line->curl;

    SET(c, CURLOPT_URL, str_cstr(line->arena, o->url));
    SET(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(c, CURLOPT_PROXY, "");
    SET(c, CURLOPT_NOSIGNAL, 1L);
    SET(c, CURLOPT_QUICK_EXIT, 1L); /* a name server that does not answer is not waited for */
    SET(c, CURLOPT_USE_SSL, (long)(o->tls_mode == MAIL_TLS_REQUIRED ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    SET(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(c, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (o->ca.len) { /* these alone */
        SET(c, CURLOPT_CAINFO, str_cstr(line->arena, o->ca));
        SET(c, CURLOPT_CAPATH, NULL);
    }
    SET(c, CURLOPT_CONNECTTIMEOUT, (long)o->connect_s);
    SET(c, CURLOPT_TIMEOUT, (long)o->timeout_s);
    SET(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)o->timeout_s);
    SET(c, CURLOPT_UPLOAD, 1L);
    SET(c, CURLOPT_READFUNCTION, give_message);
    SET(c, CURLOPT_READDATA, line);
    SET(c, CURLOPT_HEADERFUNCTION, take_answer);
    SET(c, CURLOPT_HEADERDATA, line);
    SET(c, CURLOPT_VERBOSE, 1L); /* to the function below, which keeps the first word of commands */
    SET(c, CURLOPT_DEBUGFUNCTION, note_command);
    SET(c, CURLOPT_DEBUGDATA, line);
    SET(c, CURLOPT_NOPROGRESS, 0L);
    SET(c, CURLOPT_XFERINFOFUNCTION, go_on);
    SET(c, CURLOPT_XFERINFODATA, line);
    SET(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(c, CURLOPT_OPENSOCKETDATA, line);
    SET(c, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(c, CURLOPT_CLOSESOCKETDATA, line);
    SET(c, CURLOPT_ERRORBUFFER, line->error);
}

struct mail_line *mail_line_open(const struct mail_options *options)
{
    struct mail_line *line = calloc(1, sizeof *line);

    pthread_once(&once, start_curl);
    if (!line)
        abort();
    line->options = options;
    line->arena = arena_new(4096);
    line->curl = curl_easy_init();
    if (!line->curl)
        abort();
    pthread_mutex_init(&line->lock, NULL);
    for (int i = 0; i < SOCKETS_MAX; i++)
        line->sockets[i] = CURL_SOCKET_BAD;
    set_up(line);
    return line;
}

void mail_line_cut(struct mail_line *line)
{
    atomic_store(&line->cut, true);
    shut_sockets(line);
}

void mail_line_close(struct mail_line *line)
{
    if (!line)
        return;
    /* What is open still was left in the middle of a batch: no goodbye, for it could wait for an answer for minutes. */
    shut_sockets(line);
    curl_easy_cleanup(line->curl);
    pthread_mutex_destroy(&line->lock);
    arena_free(line->arena);
    free(line);
}

/* ---- one message ---- */

static bool log_in(struct mail_line *line, struct arena *arena)
{
    const struct mail_options *o = line->options;
    struct str password = o->password;
    struct err *e = NULL;

    if (!o->user.len)
        return true;
    if (!password.len)
        e = file_read(arena, str_cstr(arena, o->password_file), PASSWORD_FILE_BYTES_MAX, &password);
    if (e)
        return false;
    while (password.len && (password.ptr[password.len - 1] == '\n' || password.ptr[password.len - 1] == '\r'))
        password.len--;
    SET(line->curl, CURLOPT_USERNAME, str_cstr(arena, o->user));
    SET(line->curl, CURLOPT_PASSWORD, str_cstr(arena, password));
    return password.len > 0;
}

static void trouble(struct mail_result *out, enum mail_end end, const char *cause, const char *sentence)
{
    out->end = end;
    out->cause = cause;
    out->sentence = str_from(sentence);
}

/* What the server refused, by what it was asked last. 421 takes leave, whatever was asked (RFC 5321, 3.8). */
static void refused(const struct mail_line *line, struct mail_result *out)
{
    bool said_no = line->code >= 400 && line->code != 421, for_good = line->code >= 500;

    if (said_no && line->phase == PH_RECIPIENT)
        trouble(out, for_good ? MAIL_REFUSED : MAIL_LATER, "recipient",
                for_good ? "The mail server does not take mail for this address." : "The mail server does not take mail for this address just now.");
    else if (said_no && line->phase == PH_CONTENT)
        trouble(out, for_good ? MAIL_REFUSED : MAIL_LATER, "content",
                for_good ? "The mail server does not take this message." : "The mail server does not take this message just now.");
    else if (said_no && line->phase == PH_SENDER)
        trouble(out, MAIL_TROUBLE, "sender", "The mail server does not take mail from the address in mail-from, or wants a login first.");
    else if (said_no && line->phase == PH_LOGIN)
        trouble(out, MAIL_TROUBLE, "login", "The mail server refuses the login.");
    else if (line->code >= 400)
        trouble(out, MAIL_TROUBLE, "broken", "The mail server does not want to talk to us.");
    else
        trouble(out, MAIL_TROUBLE, "broken", "The connection to the mail server broke.");
}

static void explain(const struct mail_line *line, struct arena *arena, CURLcode rc, struct mail_result *out)
{
    bool curl_knows = false; /* more than we do */

    switch (rc) {
    case CURLE_OK:
        trouble(out, MAIL_SENT, NULL, "The mail server has taken the message.");
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
        trouble(out, MAIL_TROUBLE, "not-resolved", "The name of the mail server is not known: look at mail-server, and at the name service of this machine.");
        break;
    case CURLE_COULDNT_CONNECT:
        trouble(out, MAIL_TROUBLE, "no-connection", "The mail server takes no connection: it is down, or the port is another one.");
        break;
    case CURLE_OPERATION_TIMEDOUT:
        trouble(out, MAIL_TROUBLE, "timeout", "The mail server does not answer in time.");
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        trouble(out, MAIL_TROUBLE, "certificate", "The certificate of the mail server is not to be trusted; mail-ca names those that are.");
        curl_knows = true;
        break;
    case CURLE_SSL_CACERT_BADFILE:
        trouble(out, MAIL_TROUBLE, "certificate", "The file of certificates cannot be read: look at mail-ca.");
        break;
    case CURLE_USE_SSL_FAILED:
        trouble(out, MAIL_TROUBLE, "no-starttls", "The mail server offers no encryption (STARTTLS), and mail-tls says it is required.");
        break;
    case CURLE_SSL_CONNECT_ERROR:
        trouble(out, MAIL_TROUBLE, "tls", "No encrypted connection came about: perhaps smtps:// is meant, or smtp://.");
        curl_knows = true;
        break;
    case CURLE_LOGIN_DENIED:
        trouble(out, MAIL_TROUBLE, "login", "The mail server refuses the login: look at mail-user and its password.");
        break;
    default:
        refused(line, out);
    }
    if (curl_knows && line->error[0])
        out->sentence = str_fmt(arena, "%.*s (%s)", STR_ARG(out->sentence), line->error);
    if (out->said.len && line->code >= 400)
        out->sentence = str_fmt(arena, "%.*s It said: %.*s", STR_ARG(out->sentence), STR_ARG(out->said));
}

void mail_line_send(struct mail_line *line, struct arena *arena, struct str to, struct str message, bool last, struct mail_result *out)
{
    struct curl_slist *recipients = NULL;
    struct str name, from;
    CURLcode rc;

    *out = (struct mail_result){0};
    line->message = message;
    line->given = 0;
    line->phase = PH_CONNECT;
    line->leaving = false;
    line->code = 0;
    line->said_len = 0;
    line->answer_open = false;
    line->error[0] = 0;
    if (!mail_address(line->options->from, &name, &from)) {
        trouble(out, MAIL_TROUBLE, "sender", "mail-from is no mail address.");
        return;
    }
    if (!log_in(line, arena)) {
        trouble(out, MAIL_TROUBLE, "password-file", "The file in mail-password-file cannot be read, or is empty.");
        return;
    }
    recipients = curl_slist_append(NULL, str_cstr(arena, str_fmt(arena, "<%.*s>", STR_ARG(to))));
    if (!recipients)
        abort();
    SET(line->curl, CURLOPT_MAIL_FROM, str_cstr(arena, str_fmt(arena, "<%.*s>", STR_ARG(from))));
    SET(line->curl, CURLOPT_MAIL_RCPT, recipients);
    SET(line->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message.len);
    SET(line->curl, CURLOPT_FORBID_REUSE, last ? 1L : 0L);
    rc = curl_easy_perform(line->curl);
    SET(line->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(recipients);
    out->code = line->code;
    out->said = str_dup(arena, (struct str){line->said, line->said_len});
    out->said.len = utf8_valid_len(out->said);
    explain(line, arena, rc, out);
    if (rc != CURLE_OK && atomic_load(&line->cut))
        trouble(out, MAIL_CUT, "cut", "It was interrupted.");
}
