/* mail test, mail status. */
#include "cli_impl.h"

#include "connect/mail/mail.h"

#include <inttypes.h>
#include <string.h>

struct err *mail_settings(struct args *args, struct mail_options *o)
{
    const struct settings *s = &args->settings;

    *o = (struct mail_options){
        .server = s->mail_server,
        .tls = s->mail_tls,
        .user = s->mail_user,
        .password = s->mail_password,
        .password_file = s->mail_password_file,
        .ca = s->mail_ca,
        .from = s->mail_from,
        .reply_to = s->mail_reply_to,
        .public_url = s->public_url,
        .connect_s = s->mail_connect_s,
        .timeout_s = s->mail_timeout_s,
    };
    return mail_options_check(args->arena, o);
}

static struct err *wrong(struct args *args, const char *way_out, const char *message)
{
    struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "%s", message);

    e->way_out = str_from(way_out);
    return e;
}

/* ---- test ---- */

static struct err *mail_test(struct args *args)
{
    struct mail_options options;
    struct letter letter = {
        .subject = STR("A test of the mail"),
        .body = STR("Hello,\n\nif you can read this, the notices of fairlead reach you from here.\n"
                    "Somebody typed `fairlead mail test` to find out. There is nothing to do.\n\n-- \nfairlead\n"),
        .id = id_new(args->now_us),
        .now_us = args->now_us,
    };
    struct mail_result result;
    struct mail_line *line;
    struct str name, message;
    struct err *e;

    if (args->n_words < 2)
        return wrong(args, "fairlead mail test you@example.com", "mail test needs an address.");
    if (!mail_address(str_from(args->words[1]), &name, &letter.to))
        return wrong(args, "fairlead mail test you@example.com", "This is no mail address that can be written to.");
    TRY(mail_settings(args, &options));
    if (!options.server.len)
        return wrong(args, "Set --mail-server and --mail-from, see docs/mail.md.", "No mail server is configured.");
    letter.to_name = name;
    TRY(mail_compose(args->arena, &options, &letter, &message));
    line = mail_line_open(&options);
    mail_line_send(line, args->arena, letter.to, message, true, &result);
    mail_line_close(line);
    if (args->json) {
        struct buf b = buf_new(args->arena, 512);
        struct json_writer w = json_writer(&b);

        jw_object(&w);
        jw_kv_bool(&w, "sent", result.end == MAIL_SENT);
        jw_kv_str(&w, "cause", str_from(result.cause));
        jw_kv_i64(&w, "code", result.code);
        jw_kv_str(&w, "said", result.said);
        jw_kv_str(&w, "sentence", result.sentence);
        jw_end_object(&w);
        printf("%.*s\n", STR_ARG(buf_str(&b)));
    }
    if (result.end != MAIL_SENT) {
        e = FAIL(args->arena, ERR_INVALID, "io.failed", NULL, "Not sent: %.*s", STR_ARG(result.sentence));
        return e;
    }
    if (!args->json)
        printf("Sent. %.*s answered: %.*s\n", STR_ARG(options.url), STR_ARG(result.said));
    return NULL;
}

/* ---- status ---- */

struct mail_states {
    struct outbox_state notices, customers;
};

static struct err *read_state(struct tx *tx, void *ctx)
{
    struct mail_states *s = ctx;

    TRY(outbox_state(tx, NOTICE_MAIL, &s->notices));
    return outbox_state(tx, CUSTOMER_MAIL, &s->customers);
}

static struct str second_text(struct arena *arena, int64_t us)
{
    return instant_text(arena, us / US_PER_SECOND * US_PER_SECOND);
}

static void print_state(struct arena *arena, const char *what, const struct outbox_state *s)
{
    if (s->waiting)
        printf("%s: %" PRId64 "%s waiting, the oldest since %.*s\n", what, s->waiting, s->waiting == OUTBOX_COUNT_MAX ? " or more" : "",
               STR_ARG(second_text(arena, s->oldest_us)));
    else
        printf("%s: nothing waits.\n", what);
    for (size_t i = 0; i < s->n_failed; i++)
        printf("%s: given up %.*s, attempt %" PRId64 ": %.*s\n", what, STR_ARG(second_text(arena, s->failed[i].at_us)),
               s->failed[i].attempts, STR_ARG(s->failed[i].reason));
}

static struct err *mail_status(struct args *args)
{
    struct mail_states states;
    struct app *app;

    TRY(app_open(args, OPEN_READ, &app));
    TRY(db_read(app->db, args->arena, read_state, &states));
    if (args->json) {
        struct buf b = buf_new(args->arena, 512);
        struct json_writer w = json_writer(&b);

        jw_object(&w);
        jw_kv_bool(&w, "configured", args->settings.mail_server.len > 0);
        outbox_json(&w, &states.notices);
        jw_key(&w, STR("to_customers"));
        jw_object(&w);
        outbox_json(&w, &states.customers);
        jw_end_object(&w);
        jw_end_object(&w);
        printf("%.*s\n", STR_ARG(buf_str(&b)));
        return NULL;
    }
    print_state(args->arena, "To customers", &states.customers);
    print_state(args->arena, "To colleagues", &states.notices);
    return NULL;
}

struct err *cmd_mail(struct args *args)
{
    struct err *e;

    if (strcmp(args->words[0], "test") == 0)
        return mail_test(args);
    if (strcmp(args->words[0], "status") == 0)
        return mail_status(args);
    e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "mail takes test or status, not %s.", args->words[0]);
    e->way_out = STR("fairlead help mail explains them.");
    return e;
}
