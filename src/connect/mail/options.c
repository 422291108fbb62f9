/* Settings of the mail, checked before anything starts: a wrong one is told to whoever starts the server, not to the log of
 * the night. */
#include "connect/mail/mail.h"

#include "base/file.h"

#include <curl/curl.h>
#include <string.h>

#define SUBMISSION_PORT "587" /* RFC 6409; libcurl would take 25 */
#define ADDRESS_BYTES_MAX 254

static struct err *invalid(struct arena *arena, const char *setting, const char *way_out, const char *what)
{
    struct err *e = FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "%s %s", setting, what);

    e->way_out = str_from(way_out);
    return e;
}

/* ---- addresses ---- */

static bool local_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool domain_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool address_valid(struct str s)
{
    size_t at = str_find_char(s, '@', 0);

    if (s.len > ADDRESS_BYTES_MAX || at == SIZE_MAX || at == 0 || at > 64 || at + 1 == s.len)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (i != at && !(i < at ? local_char(s.ptr[i]) : domain_char(s.ptr[i])))
            return false;
    return s.ptr[0] != '-' && s.ptr[0] != '.' && s.ptr[at - 1] != '.' && s.ptr[at + 1] != '.' && s.ptr[s.len - 1] != '.';
}

bool mail_address(struct str text, struct str *name, struct str *address)
{
    struct str s = str_trim(text);
    size_t open = str_find_char(s, '<', 0);

    *name = STR("");
    *address = s;
    if (open != SIZE_MAX) {
        if (!str_ends(s, STR(">")))
            return false;
        *name = str_trim(str_sub(s, 0, open));
        if (name->len >= 2 && name->ptr[0] == '"' && name->ptr[name->len - 1] == '"')
            *name = str_sub(*name, 1, name->len - 2);
        *address = str_sub(s, open + 1, s.len - open - 2);
    }
    return utf8_valid(*name) && address_valid(*address);
}

/* ---- addresses of machines ---- */

static struct str part_of(struct arena *arena, CURLU *u, CURLUPart part)
{
    struct str s = STR("");
    char *text = NULL;

    if (curl_url_get(u, part, &text, 0) == CURLUE_OK)
        s = str_dup(arena, str_from(text));
    curl_free(text);
    return s;
}

static struct err *read_server(struct arena *arena, CURLU *u, struct mail_options *o)
{
    static const char way_out[] = "For example smtp://mail.example.com or smtps://mail.example.com:465.";
    struct str scheme, port, path;
    char *whole = NULL;

    if (curl_url_set(u, CURLUPART_URL, str_cstr(arena, o->server), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return invalid(arena, "mail-server", way_out, "is no address of a mail server.");
    scheme = part_of(arena, u, CURLUPART_SCHEME);
    port = part_of(arena, u, CURLUPART_PORT);
    path = part_of(arena, u, CURLUPART_PATH);
    if (!str_eq(scheme, STR("smtp")) && !str_eq(scheme, STR("smtps")))
        return invalid(arena, "mail-server", way_out, "begins with smtp:// or smtps://.");
    if (part_of(arena, u, CURLUPART_USER).len || part_of(arena, u, CURLUPART_PASSWORD).len)
        return invalid(arena, "mail-server", "Use mail-user and mail-password-file.", "must not hold a user name or a password.");
    if (path.len > 1 || part_of(arena, u, CURLUPART_QUERY).len || part_of(arena, u, CURLUPART_FRAGMENT).len)
        return invalid(arena, "mail-server", way_out, "ends with the name of the server and a port.");
    if (!port.len && str_eq(scheme, STR("smtp")))
        curl_url_set(u, CURLUPART_PORT, SUBMISSION_PORT, 0);
    if (curl_url_get(u, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        return invalid(arena, "mail-server", way_out, "is no address of a mail server.");
    o->url = str_dup(arena, str_from(whole));
    curl_free(whole);
    return NULL;
}

/* A password in the clear stays on this machine. */
static bool to_itself(struct arena *arena, CURLU *u)
{
    struct str host = part_of(arena, u, CURLUPART_HOST);

    return str_starts(host, STR("127.")) || str_eq(host, STR("[::1]")) || str_eq(host, STR("localhost"));
}

static struct err *read_public_url(struct arena *arena, CURLU *u, struct mail_options *o)
{
    static const char way_out[] = "For example https://crm.example.com.";
    struct str scheme;

    if (!o->public_url.len)
        return NULL;
    if (curl_url_set(u, CURLUPART_URL, str_cstr(arena, o->public_url), 0) != CURLUE_OK)
        return invalid(arena, "public-url", way_out, "is no address.");
    scheme = part_of(arena, u, CURLUPART_SCHEME);
    if (!str_eq(scheme, STR("https")) && !str_eq(scheme, STR("http")))
        return invalid(arena, "public-url", way_out, "begins with https:// or http://.");
    if (part_of(arena, u, CURLUPART_USER).len || part_of(arena, u, CURLUPART_PATH).len > 1 || part_of(arena, u, CURLUPART_QUERY).len ||
        part_of(arena, u, CURLUPART_FRAGMENT).len)
        return invalid(arena, "public-url", way_out, "is a name and perhaps a port, nothing else.");
    for (size_t i = 0; i < o->public_url.len; i++) /* it stands in headers and texts */
        if (o->public_url.ptr[i] <= ' ' || o->public_url.ptr[i] > '~' || strchr("<>\"", o->public_url.ptr[i]))
            return invalid(arena, "public-url", way_out, "has a character that no address has.");
    if (str_ends(o->public_url, STR("/")))
        o->public_url.len--;
    return NULL;
}

static struct err *read_rest(struct arena *arena, CURLU *u, struct mail_options *o)
{
    struct str name, address;

    if (str_eq(o->tls, STR("opportunistic")))
        o->tls_mode = MAIL_TLS_OPPORTUNISTIC;
    else if (str_eq(o->tls, STR("required")))
        o->tls_mode = MAIL_TLS_REQUIRED;
    else
        return invalid(arena, "mail-tls", "", "is required or opportunistic.");
    if (!o->from.len)
        return invalid(arena, "mail-from", "For example \"Our CRM <crm@example.com>\".", "is needed: who the mails are from.");
    if (!mail_address(o->from, &name, &address))
        return invalid(arena, "mail-from", "For example \"Our CRM <crm@example.com>\".", "is no mail address.");
    if (o->reply_to.len && !mail_address(o->reply_to, &name, &address))
        return invalid(arena, "mail-reply-to", "For example office@example.com.", "is no mail address.");
    if (o->user.len && !o->password.len && !o->password_file.len)
        return invalid(arena, "mail-user", "Set mail-password-file, or FAIRLEAD_MAIL_PASSWORD in the environment.", "needs a password.");
    if (o->user.len && o->tls_mode == MAIL_TLS_OPPORTUNISTIC && str_starts(o->url, STR("smtp:")) && !to_itself(arena, u))
        return invalid(arena, "mail-user", "Set mail-tls to required.", "and its password are not sent where anybody can read them.");
    if (o->password_file.len && !file_exists(str_cstr(arena, o->password_file)))
        return invalid(arena, "mail-password-file", "", "names a file that is not there.");
    if (o->ca.len && !file_exists(str_cstr(arena, o->ca)))
        return invalid(arena, "mail-ca", "", "names a file that is not there.");
    return NULL;
}

bool mail_can_send(const struct mail_options *options)
{
    return options && options->server.len > 0;
}

struct err *mail_options_check(struct arena *arena, struct mail_options *o)
{
    CURLU *u = curl_url();
    struct err *e;

    e = u ? read_public_url(arena, u, o) : FAIL(arena, ERR_INTERNAL, "internal", NULL, "Out of memory.");
    if (!e && o->server.len) {
        e = read_server(arena, u, o);
        if (!e)
            e = read_rest(arena, u, o);
    }
    curl_url_cleanup(u);
    return e;
}
