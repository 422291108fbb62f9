#pragma once
/* What the files of this folder share. */
#include "connect/mail/mail.h"
#include "work/work.h"

/* ---- words.c: what mails say ---- */
/* Subject and body for somebody to whom mail->unsent is NULL. company: the firm's name, may be empty. */
void notice_words(struct arena *arena, const struct mail_options *options, const struct notice_mail *mail, struct str company,
                  struct letter *out);
/* A mail that somebody wrote to a customer, in their name. */
void customer_words(const struct customer_mail *mail, struct letter *out);
