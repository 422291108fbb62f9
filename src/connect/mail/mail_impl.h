#pragma once
/* What the files of this folder share. */
#include "connect/mail/mail.h"
#include "work/work.h"

/* ---- words.c: what a notice mail says ---- */
/* Subject and body for somebody to whom mail->unsent is NULL. company: the firm's name, may be empty. */
void notice_words(struct arena *arena, const struct mail_options *options, const struct notice_mail *mail, struct str company,
                  struct letter *out);
