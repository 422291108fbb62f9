#pragma once
/* Sends what waits in the outbox as mail: one thread of its own, so that a slow mail server delays nobody.
 *
 * A round takes a few items with a lease (one transaction), sends them one after another over one connection outside any
 * transaction, and ends each in a transaction of its own. A sender that dies between the two sends that one again, with the
 * same Message-ID. While the server cannot be reached, one item at a time tries, after longer and longer pauses; the others
 * wait and count no attempt. Without a server nothing is sent. Of what is a day old a notice is
 * closed, and a mail to a customer given up: whoever wrote it is told.
 * Decisions: docs/decisions/0006-mail.md.
 */
#include "connect/mail/mail.h"
#include "work/work.h"

struct mail_sender;
struct mail_sender_context {
    struct db *db;
    struct manual_store *store;
    int64_t (*now_us)(void);
    const struct mail_options *options; /* checked; lives as long as the sender. NULL or without a server: nothing is sent */
};
MUST_USE struct err *mail_sender_start(struct arena *arena, const struct mail_sender_context *context, struct mail_sender **out);
/* Something may be due: looks within a second. From any thread, quick. */
void mail_sender_wake(struct mail_sender *sender);
/* What is on its way gets SENDER_GRACE_US to arrive, then it is cut and due again. NULL is allowed. */
void mail_sender_stop(struct mail_sender *sender);
#define SENDER_GRACE_US (3 * US_PER_SECOND)

struct mail_sender_state {
    const char *word;  /* "off": no server is configured; "untried": nothing was due yet; "ok"; "failing" */
    const char *cause; /* of failing: struct mail_result; NULL */
    int64_t since_us;  /* of the state */
};
struct mail_sender_state mail_sender_state(struct mail_sender *sender);
