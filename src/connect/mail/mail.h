#pragma once
/* Mail that leaves the house: how a message is written (RFC 5322), and how it is handed to the company's mail server (SMTP
 * submission, RFC 6409, by libcurl).
 *
 * Nothing here knows the database; sender.h does, and mail_impl.h what mails say. Header fields cannot be injected: what people
 * typed is folded to one line or encoded, and an address with anything but printable ASCII in it is refused. docs/mail.md is for those who set it up.
 */
#include "base/err.h"

enum mail_tls {
    MAIL_TLS_REQUIRED,      /* STARTTLS, or nothing is sent */
    MAIL_TLS_OPPORTUNISTIC, /* STARTTLS where it is offered */
};

/* As the settings say it (cli/settings.def), checked by mail_options_check. The texts live as long as the settings do. */
struct mail_options {
    struct str server;        /* smtp://host[:587] or smtps://host[:465]; empty: no mail is sent */
    struct str tls;           /* "required" or "opportunistic" */
    struct str user;          /* empty: no login */
    struct str password;      /* from the environment; empty: from the file */
    struct str password_file; /* read with each connection, so that it can be changed; its last line break does not count */
    struct str ca;            /* file with the certificates to trust, PEM; empty: those of the machine */
    struct str from;          /* "Name <address>" or an address */
    struct str reply_to;      /* the same; empty: answers go to from */
    struct str public_url;    /* where people reach us: "https://crm.example.com"; empty: mails have no links */
    int64_t connect_s, timeout_s; /* seconds for the connection, and for one message as a whole */

    /* Filled in by mail_options_check. */
    enum mail_tls tls_mode;
    struct str url; /* with the port */
};
/* Is a mail server set? options may be NULL. */
bool mail_can_send(const struct mail_options *options);
/* An empty server is fine. Fails: settings.invalid with what is wrong and how it is written. */
MUST_USE struct err *mail_options_check(struct arena *arena, struct mail_options *options);

/* "Name <a@b>", "<a@b>" or "a@b" in parts; *name may be empty. False unless the address is one that we write to: printable
 * ASCII, at most 254 bytes (RFC 5321, 4.5.3.1), no comments and no quoted parts. */
bool mail_address(struct str text, struct str *name, struct str *address);

struct letter {
    struct str to, to_name;  /* address; name for people, may be empty */
    struct str subject;      /* UTF-8; anything below a blank becomes one */
    struct str body;         /* UTF-8, lines end with LF */
    int64_t id;              /* of the outbox item, for the Message-ID; the same item is the same message */
    int64_t now_us;
    struct str mute_url;     /* the page where they choose what reaches them; empty: no List-Unsubscribe */
    bool personal;           /* a person wrote it: sent in their name, and answers go to them */
    struct str from_name, reply_to; /* of that person; reply_to may be empty */
};
/* The whole message: header, empty line, body as quoted-printable; ASCII alone, lines end with CRLF and have at most 76 bytes,
 * but for a header line with a long address in it. The same letter gives the same bytes.
 * Fails: record.field_invalid if the address is none we write to. */
MUST_USE struct err *mail_compose(struct arena *arena, const struct mail_options *options, const struct letter *letter,
                                  struct str *out);

/* ---- the way to the server ---- */
enum mail_end {
    MAIL_SENT,
    MAIL_REFUSED, /* this message, for good (5xx to the recipient or the content) */
    MAIL_LATER,   /* this message, for now (4xx to the recipient or the content) */
    MAIL_TROUBLE, /* the server or the way to it: the next message would fare no better */
    MAIL_CUT,     /* mail_line_cut: it may have arrived or not */
};
struct mail_result {
    enum mail_end end;
    const char *cause;   /* for the log: not-resolved no-connection timeout certificate no-starttls tls login sender
                          * recipient content password-file broken cut; NULL when sent */
    long code;           /* SMTP, of the last answer; 0: none came */
    struct str said;     /* that answer, one line; may hold addresses: not for the log */
    struct str sentence; /* what happened, for people; with what the server said */
};
struct mail_line; /* a connection that carries one message after another; used by one thread but for mail_line_cut */
struct mail_line *mail_line_open(const struct mail_options *options);
/* Blocks, at most timeout_s. last: say goodbye afterwards. out's texts live on arena. */
void mail_line_send(struct mail_line *line, struct arena *arena, struct str to, struct str message, bool last,
                    struct mail_result *out);
/* Ends what runs within a second, from any thread; whatever is sent afterwards is cut as well. */
void mail_line_cut(struct mail_line *line);
void mail_line_close(struct mail_line *line);
