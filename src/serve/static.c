/* The embedded web client: files whose names carry a hash of their content, and the shell in which its screens run. */
#include "serve/static_impl.h"

#include "base/embedded.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

/* Found once; the files are part of the program. */
static struct {
    struct str script, style; /* "/assets/main-3f9a.js" */
} client;
static pthread_once_t client_once = PTHREAD_ONCE_INIT;

static void client_find(void)
{
    const struct embedded_file *f = embedded_first(STR("web/assets/main-"));

    for (; f && f->path && strncmp(f->path, "web/assets/main-", 16) == 0; f++) {
        struct str path = str_from(f->path);

        if (str_ends(path, STR(".js")))
            client.script = str_sub(path, 3, SIZE_MAX);
        else if (str_ends(path, STR(".css")))
            client.style = str_sub(path, 3, SIZE_MAX);
    }
}

/* ---- what the parts of a page have in common ---- */

void page_text(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '<':
            buf_add(b, STR("&lt;"));
            break;
        case '>':
            buf_add(b, STR("&gt;"));
            break;
        case '&':
            buf_add(b, STR("&amp;"));
            break;
        case '"':
            buf_add(b, STR("&quot;"));
            break;
        default:
            buf_add_char(b, s.ptr[i]);
        }
    }
}

/* What the person chose, wherever that was, and else what this browser remembers. Only words that are known get into the
 * page: a cookie is foreign input. */
static void add_choice(struct req *rq, struct str chosen, const char *cookie, const char *attribute, const char *const *words)
{
    struct str value = chosen.len ? chosen : cookie_value(rq->http->headers.cookie, str_from(cookie));

    for (; *words; words++)
        if (str_eq(value, str_from(*words)))
            buf_fmt(&rq->out, " %s=\"%s\"", attribute, *words);
}

void page_begin(struct req *rq, struct str title, const char *kind)
{
    static const char *const themes[] = {"light", "dark", NULL};
    static const char *const densities[] = {"compact", NULL};

    struct user_settings chosen = rq->actor ? rq->actor->settings : (struct user_settings){0};

    pthread_once(&client_once, client_find);
    rq->content_type = "text/html; charset=utf-8";
    buf_add(&rq->out, STR("<!doctype html>\n<html lang=\"en\""));
    add_choice(rq, chosen.theme, "fairlead-theme", "data-theme", themes);
    add_choice(rq, chosen.density, "fairlead-density", "data-density", densities);
    buf_add(&rq->out, STR(">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"));
    page_text(&rq->out, title);
    /* A picture of points: browsers look at it again with each address a screen takes, and a drawing would be drawn each time. */
    buf_add(&rq->out, STR("</title>\n<link rel=\"icon\" href=\"/icon.png\" type=\"image/png\">\n"));
    if (client.style.len)
        buf_fmt(&rq->out, "<link rel=\"stylesheet\" href=\"%.*s\">\n", STR_ARG(client.style));
    if (client.script.len && strcmp(kind, "sign-in") == 0) /* there before it is needed */
        buf_fmt(&rq->out, "<link rel=\"modulepreload\" href=\"%.*s\">\n", STR_ARG(client.script));
    if (client.script.len && strcmp(kind, "shell") == 0)
        buf_fmt(&rq->out, "<script type=\"module\" src=\"%.*s\"></script>\n", STR_ARG(client.script));
    buf_fmt(&rq->out, "</head>\n<body class=\"%s\">\n", kind);
}

void page_end(struct req *rq)
{
    buf_add(&rq->out, STR("</body>\n</html>\n"));
}

/* ---- the shell ---- */

/* Every screen of the client has an address of its own; which one it is, the client reads from the address. */
struct err *serve_shell(struct req *rq)
{
    page_begin(rq, STR("fairlead"), "shell");
    if (client.script.len)
        buf_add(&rq->out, STR("<div id=\"app\"></div>\n<noscript><main class=\"page\"><h1>This page needs script</h1>\n"
                              "<p>Switch JavaScript on for this address, or work in the terminal: <code>fairlead today</code>.</p>"
                              "</main></noscript>\n"));
    else
        buf_add(&rq->out, STR("<main class=\"page\"><h1>The web client is not in this program</h1>\n<p>It was built without "
                              "<code>web/dist</code>. The API works: see <a href=\"/about\">what is here</a>.</p></main>\n"));
    page_end(rq);
    return NULL;
}

/* ---- files ---- */

static const char *type_of(struct str path)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".png", "image/png"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ends(path, str_from(types[i].end)))
            return types[i].type;
    return NULL;
}

/* Does Accept-Encoding take this coding? RFC 9110, section 12.5.3: a list with weights; q=0 means no. */
static bool takes_coding(struct str header, struct str coding)
{
    struct str rest = header, part;

    while (rest.len) {
        struct str name, q;

        str_cut(&rest, ',', &part);
        q = part;
        str_cut(&q, ';', &name);
        if (!str_eq_nocase(str_trim(name), coding))
            continue;
        q = str_trim(q);
        if (!str_starts(q, STR("q=")))
            return true;
        for (size_t i = 2; i < q.len; i++)
            if (q.ptr[i] >= '1' && q.ptr[i] <= '9')
                return true;
        return false;
    }
    return false;
}

static struct err *answer_file(struct req *rq, struct str path, bool immutable)
{
    static const struct {
        const char *coding, *end;
    } codings[] = {{"br", ".br"}, {"gzip", ".gz"}};
    const struct embedded_file *f = embedded_find(path);
    const char *type = type_of(path);
    unsigned char hash[16];
    char hex[2 * sizeof hash + 1];

    if (!f || !type)
        return FAIL(rq->arena, ERR_NOT_FOUND, "http.not_found", NULL, "There is no such file. It may belong to another version: reload the page.");
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        const struct embedded_file *small = embedded_find(str_fmt(rq->arena, "%.*s%s", STR_ARG(path), codings[i].end));

        if (small && takes_coding(rq->http->headers.accept_encoding, str_from(codings[i].coding))) {
            f = small;
            req_header(rq, "Content-Encoding", str_from(codings[i].coding));
            break;
        }
    }
    req_header(rq, "Vary", STR("Accept-Encoding"));
    crypto_generichash(hash, sizeof hash, (const unsigned char *)f->data, f->len, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    rq->etag = str_fmt(rq->arena, "\"%s\"", hex);
    rq->content_type = type;
    rq->cache_control = immutable ? "public, max-age=31536000, immutable" : "public, max-age=3600";
    buf_add(&rq->out, embedded_text(f));
    return NULL;
}

/* /assets/{file}: names carry a hash, so they never change. */
struct err *serve_asset(struct req *rq)
{
    return answer_file(rq, str_fmt(rq->arena, "web/assets/%.*s", STR_ARG(rq->params[0])), true);
}

struct err *serve_icon(struct req *rq)
{
    return answer_file(rq, STR("web/icon.png"), false);
}
