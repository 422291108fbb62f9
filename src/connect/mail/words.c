/* What mails say. To colleagues: short, for people, and why it came. Two kinds: what waits to be read, once a day at most; and a call
 * for help, at once. */
#include "connect/mail/mail_impl.h"

#include "base/clock.h"

enum { SUBJECT_TITLE_BYTES_MAX = 120 };

/* Text that people typed, on one line of the mail. */
static void add_line(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_add_char(b, (unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f ? ' ' : s.ptr[i]);
}

static void add_greeting(struct buf *b, const struct notice_mail *mail)
{
    buf_add(b, STR("Hello"));
    if (mail->name.len) {
        buf_add_char(b, ' ');
        add_line(b, mail->name);
    }
    buf_add(b, STR(",\n\n"));
}

/* "Monday, 2 March 2026, 14:00 (Europe/Berlin)" */
static void add_moment(struct buf *b, const struct zone *zone, int64_t us)
{
    buf_fmt(b, "%.*s (%.*s)", STR_ARG(moment_words(b->arena, zone, us)), STR_ARG(zone_name(zone)));
}

static bool add_record_url(struct buf *b, const struct mail_options *o, const struct notice_line *line)
{
    if (!o->public_url.len || !line->record_id || !line->object.len)
        return false;
    buf_fmt(b, "%.*s/records/%.*s/%lld", STR_ARG(o->public_url), STR_ARG(line->object), (long long)line->record_id);
    return true;
}

/* "A title (lead), and 2 more like it", with the link below. */
static void add_notice(struct buf *b, const struct mail_options *o, const struct notice_line *line)
{
    buf_add(b, STR("- "));
    add_line(b, line->title);
    if (line->object_label.len)
        buf_fmt(b, " (%.*s)", STR_ARG(line->object_label));
    if (line->count > 1)
        buf_fmt(b, ", and %lld more like it", (long long)line->count - 1);
    buf_add_char(b, '\n');
    if (o->public_url.len && line->record_id && line->object.len) {
        buf_add(b, STR("  "));
        add_record_url(b, o, line);
        buf_add_char(b, '\n');
    }
}

static struct str short_title(struct str s)
{
    s = str_sub(s, 0, SUBJECT_TITLE_BYTES_MAX);
    s.len = utf8_valid_len(s);
    return s;
}

static void write_unread(struct arena *arena, const struct mail_options *o, const struct notice_mail *mail, struct letter *out)
{
    struct buf b = buf_new(arena, 1024);
    int64_t n = (int64_t)mail->n_lines + mail->more;
    struct str url = o->public_url;

    out->subject = n == 1 ? short_title(mail->lines[0].title) : str_fmt(arena, "%lld notices wait for you", (long long)n);
    add_greeting(&b, mail);
    buf_add(&b, n == 1 ? STR("this waits for you:\n\n") : STR("these wait for you, the newest first:\n\n"));
    for (size_t i = 0; i < mail->n_lines; i++)
        add_notice(&b, o, &mail->lines[i]);
    if (mail->more)
        buf_fmt(&b, "- and %lld more\n", (long long)mail->more);
    if (url.len)
        buf_fmt(&b, "\nAll of them, to tick off: %.*s/notifications\n", STR_ARG(url));
    else
        buf_add(&b, STR("\nYou find them under Notifications.\n"));
    buf_add(&b, STR("\nThis mail comes once a day at most, and only if something is unread. Which kinds of\n"
                    "notices reach you is yours to choose: under Settings, Notices"));
    if (url.len)
        buf_fmt(&b, " (%.*s/settings)", STR_ARG(url));
    buf_add(&b, STR(".\n"));
    out->body = buf_str(&b);
}

static void add_fact(struct buf *b, const char *label, struct str text)
{
    if (!text.len)
        return;
    buf_fmt(b, "%s: ", label);
    add_line(b, text);
    buf_add_char(b, '\n');
}

static void write_call(struct arena *arena, const struct mail_options *o, const struct notice_mail *mail, struct letter *out)
{
    const struct notice_line *line = &mail->lines[0];
    struct buf b = buf_new(arena, 1024);
    struct str url = o->public_url;

    out->subject = line->title.len ? str_fmt(arena, "Your help is needed: %.*s", STR_ARG(short_title(line->title)))
                                   : STR("Your help is needed");
    add_greeting(&b, mail);
    buf_add(&b, STR("your help is needed.\n\n"));
    add_fact(&b, "What", line->title);
    add_fact(&b, "About", line->object_label);
    add_fact(&b, "Who waits", mail->asked_by.len ? mail->asked_by : STR("nobody in person: a rule of the manual called you"));
    add_fact(&b, "In their words", mail->note);
    add_fact(&b, "You are called as", mail->level);
    if (mail->until_us) {
        buf_add(&b, STR("Until: "));
        add_moment(&b, mail->zone ? mail->zone : zone_utc(), mail->until_us);
        buf_add(&b, STR("; then it passes to the next level\n"));
    }
    buf_add(&b, STR("\n"));
    if (add_record_url(&b, o, line))
        buf_add_char(&b, '\n');
    else if (url.len)
        buf_fmt(&b, "%.*s/notifications\n", STR_ARG(url));
    else
        buf_add(&b, STR("You find it under Notifications.\n"));
    if (line->page.len) {
        buf_add(&b, STR("\nWhat to do stands in the manual, on the page "));
        add_line(&b, line->page_label.len ? line->page_label : line->page);
        if (url.len)
            buf_fmt(&b, ":\n%.*s/manual/%.*s", STR_ARG(url), STR_ARG(line->page));
        buf_add_char(&b, '\n');
    }
    buf_add(&b, STR("\nSay there that you have it, and nobody else is called. Calls for help come at once and\n"
                    "cannot be switched off; the other notices can, under Settings, Notices.\n"));
    out->body = buf_str(&b);
}

void notice_words(struct arena *arena, const struct mail_options *o, const struct notice_mail *mail, struct str company,
                  struct letter *out)
{
    if (mail->call)
        write_call(arena, o, mail, out);
    else
        write_unread(arena, o, mail, out);
    out->body = str_fmt(arena, "%.*s\n-- \nfairlead%s%.*s\n", STR_ARG(out->body), company.len ? ", " : "", STR_ARG(company));
    out->to = mail->to;
    out->to_name = mail->name;
    if (o->public_url.len && !mail->call)
        out->mute_url = str_fmt(arena, "%.*s/settings", STR_ARG(o->public_url));
}

void customer_words(const struct customer_mail *mail, struct letter *out)
{
    out->personal = true;
    out->to = mail->to;
    out->to_name = mail->to_name;
    out->from_name = mail->from_name;
    out->reply_to = mail->reply_to;
    out->subject = mail->subject;
    out->body = mail->body;
}
