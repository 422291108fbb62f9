/* Messages as bytes: what a mail program reads, and what nobody can put into them. */
#include "test.h"

#include "connect/mail/mail_impl.h"

#include "base/clock.h"

#define MONDAY_9 1772442000000000LL /* 2026-03-02T09:00:00Z */

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct mail_options options_of(const char *from)
{
    return (struct mail_options){.server = STR("smtp://mail.example"),
                                 .tls = STR("required"),
                                 .from = str_from(from),
                                 .connect_s = 10,
                                 .timeout_s = 30};
}

static struct letter letter_of(const char *subject, const char *body)
{
    return (struct letter){.to = STR("ann@example.com"),
                           .to_name = STR("Ann Bell"),
                           .subject = str_from(subject),
                           .body = str_from(body),
                           .id = 4711,
                           .now_us = MONDAY_9};
}

static struct str composed(const struct letter *l)
{
    struct mail_options o = options_of("CRM <crm@example.com>");
    struct str out;

    assert_ok(mail_compose(arena, &o, l, &out));
    return out;
}

static struct str body_of(struct str message)
{
    size_t at = str_find(message, STR("\r\n\r\n"), 0);

    assert_true(at != SIZE_MAX);
    return str_sub(message, at + 4, SIZE_MAX);
}

/* What holds for every message: ASCII, lines of at most 76 bytes ended by CRLF, no bare CR or LF, one empty line first. */
static void assert_well_formed(struct str m)
{
    size_t width = 0;

    assert_true(str_ends(m, STR("\r\n")));
    for (size_t i = 0; i < m.len; i++) {
        unsigned char c = (unsigned char)m.ptr[i];

        if (c == '\r') {
            assert_true(i + 1 < m.len && m.ptr[i + 1] == '\n');
            assert_true(width <= 76);
            width = 0;
            i++;
            continue;
        }
        assert_true(c == '\t' || (c >= ' ' && c <= '~'));
        width++;
    }
}

static int count(struct str m, const char *part)
{
    int n = 0;

    for (size_t at = 0; (at = str_find(m, str_from(part), at)) != SIZE_MAX; at++)
        n++;
    return n;
}

TEST(a_plain_message_is_what_it_says)
{
    struct letter l = letter_of("Two notices", "Hello Ann,\n\nbye.\n");

    assert_str(composed(&l), "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n"
                             "From: \"CRM\"\r\n <crm@example.com>\r\n"
                             "To: \"Ann Bell\"\r\n <ann@example.com>\r\n"
                             "Subject: Two notices\r\n"
                             "Message-ID: <fairlead.4711@example.com>\r\n"
                             "List-Id: <notices.fairlead.example.com>\r\n"
                             "Auto-Submitted: auto-generated\r\n"
                             "X-Auto-Response-Suppress: All\r\n"
                             "MIME-Version: 1.0\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: quoted-printable\r\n"
                             "\r\n"
                             "Hello Ann,\r\n\r\nbye.\r\n");
}

TEST(what_somebody_wrote_goes_out_in_their_name_and_answers_come_to_them)
{
    struct letter l = letter_of("Racks", "Hello Ann,\n");
    struct str text;

    l.personal = true;
    l.from_name = STR("Vera L\xc3\xb6we");
    l.reply_to = STR("vera@example.com");
    text = composed(&l);
    assert_has(text, "From: =?UTF-8?B?VmVyYSBMw7Z3ZQ==?=\r\n <crm@example.com>\r\n");
    assert_has(text, "Reply-To: =?UTF-8?B?VmVyYSBMw7Z3ZQ==?=\r\n <vera@example.com>\r\n");
    assert_i64(count(text, "Auto-Submitted") + count(text, "List-Id") + count(text, "List-Unsubscribe"), 0);
    l.reply_to = STR("vera@example.com\r\nBcc: evil@example.com");
    assert_i64(count(composed(&l), "Bcc"), 0);
}

TEST(the_same_item_is_the_same_message)
{
    struct letter l = letter_of("Größe", "Überall\n");
    struct str first = composed(&l);

    assert_str_eq(composed(&l), first);
    l.id++;
    assert_false(str_eq(composed(&l), first));
}

TEST(other_alphabets_become_encoded_words_that_tear_no_letter)
{
    struct letter l = letter_of("Übersee", "x\n");

    assert_has(composed(&l), "Subject: =?UTF-8?B?w5xiZXJzZWU=?=\r\n");
    l.subject = STR("客户在等 客户在等 客户在等 客户在等 客户在等");
    l.to_name = STR("Jürgen \"Jo\" Weiß");
    assert_well_formed(composed(&l));
    /* 39 bytes hold 12 of these letters and 3 blanks; no word ends inside a letter */
    assert_has(composed(&l), "Subject: =?UTF-8?B?5a6i5oi35Zyo562JIOWuouaIt+WcqOetiSDlrqLmiLflnKjnrYkg?=\r\n =?UTF-8?B?");
    l.subject = STR("looks like =?UTF-8?Q?a_word?=");
    assert_has(composed(&l), "Subject: =?UTF-8?B?bG9va3MgbGlrZSA9P1VURi04P1E/YV93b3JkPz0=?=");
    l.to_name = STR("Bell, \"Ann\" \\ Co");
    assert_has(composed(&l), "To: \"Bell, \\\"Ann\\\" \\\\ Co\"\r\n <ann@example.com>\r\n");
}

TEST(nobody_puts_a_header_into_a_message)
{
    struct letter l = letter_of("Hi\r\nBcc: evil@example.com", "x\n");
    struct mail_options o = options_of("crm@example.com");
    static const char *const bad[] = {"ann@example.com\r\nBcc: e@example.com", "ann@example.com\n", "a b@example.com", "ann", "@example.com",
                                      "ann@", "ann@@example.com", "ann@exa mple.com", "<ann@example.com", "ann@example.com>", "ann,eve@example.com",
                                      "\"a\"@example.com", "ann@[127.0.0.1]", "änn@example.com", "-ann@example.com", ".a@example.com",
                                      "a@.example.com", "a@example.com.", "a;b@example.com", "a(x)@example.com", ""};
    struct str out, name, address, zero = {"Hi\0Bcc: e@example.com", 21};

    l.to_name = STR("Ann\nBcc: evil@example.com");
    assert_has(composed(&l), "Subject: Hi Bcc: evil@example.com\r\n");
    assert_has(composed(&l), "To: \"Ann Bcc: evil@example.com\"\r\n <ann@example.com>");
    assert_i64(count(composed(&l), "\r\nBcc:"), 0);
    l.subject = zero;
    assert_has(composed(&l), "Subject: Hi Bcc: e@example.com\r\n");
    l.subject = STR("a very long line of ascii that does not fit into one line of a header, not at all, and has a tail");
    assert_well_formed(composed(&l));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (i == 1) /* blanks around an address do not belong to it */
            continue;
        assert_false(mail_address(str_from(bad[i]), &name, &address) && !name.len);
        l.to = str_from(bad[i]);
        assert_err(mail_compose(arena, &o, &l, &out), "record.field_invalid");
    }
    l.to = STR("a.very+odd_but=right@mail.example.co.uk");
    assert_ok(mail_compose(arena, &o, &l, &out));
}

TEST(a_body_is_quoted_printable_of_short_lines)
{
    struct letter l = letter_of("x", "a = b\ntail \nFrom here\n.\nGrüße\n");
    struct buf b = buf_new(arena, 4096);

    assert_str(body_of(composed(&l)), "a =3D b\r\ntail=20\r\n=46rom here\r\n.\r\nGr=C3=BC=C3=9Fe\r\n");
    l.body = STR("one\r\ntwo\n\n\nfive");
    assert_str(body_of(composed(&l)), "one\r\ntwo\r\n\r\n\r\nfive\r\n");
    for (int i = 0; i < 300; i++)
        buf_add(&b, i % 7 ? STR("x") : STR("€ = "));
    l.body = buf_str(&b);
    assert_well_formed(composed(&l));
    assert_i64(count(composed(&l), "=E2=82=AC"), 43); /* none torn by a soft line break */
    for (size_t n = 70; n < 80; n++) { /* around the length of a line */
        b.len = 0;
        for (size_t i = 0; i < n; i++)
            buf_add_char(&b, 'y');
        buf_add(&b, STR("é\n"));
        l.body = buf_str(&b);
        assert_well_formed(composed(&l));
    }
    l.body = (struct str){"a\0b\x01\xff", 5};
    assert_str(body_of(composed(&l)), "a=00b=01=FF\r\n");
    l.body = STR("");
    assert_well_formed(composed(&l));
}

TEST(addresses_come_apart)
{
    struct str name, address;

    assert_true(mail_address(STR(" Our CRM <crm@example.com> "), &name, &address));
    assert_str(name, "Our CRM");
    assert_str(address, "crm@example.com");
    assert_true(mail_address(STR("\"Übersee, GmbH\" <crm@example.com>"), &name, &address));
    assert_str(name, "Übersee, GmbH");
    assert_true(mail_address(STR("<crm@example.com>"), &name, &address));
    assert_str(name, "");
    assert_false(mail_address(STR("CRM <crm@example.com> x"), &name, &address));
    assert_false(mail_address(STR("CRM <crm@example.com"), &name, &address));
}

TEST(options_are_checked_before_anything_starts)
{
    struct mail_options o = options_of("crm@example.com"), p;

    assert_ok(mail_options_check(arena, &o));
    assert_str(o.url, "smtp://mail.example:587/");
    o = options_of("crm@example.com");
    o.server = STR("smtps://mail.example");
    assert_ok(mail_options_check(arena, &o));
    assert_str(o.url, "smtps://mail.example/");
    o.public_url = STR("https://crm.example/");
    assert_ok(mail_options_check(arena, &o));
    assert_str(o.public_url, "https://crm.example");
    p = options_of("crm@example.com");
    p.user = STR("me");
    p.password = STR("x");
    p.tls = STR("opportunistic");
    assert_err(mail_options_check(arena, &p), "settings.invalid"); /* a password in the clear */
    p.server = STR("smtp://127.0.0.1:2525");
    assert_ok(mail_options_check(arena, &p));
    p.server = STR("smtp://mail.example/?x");
    assert_err(mail_options_check(arena, &p), "settings.invalid");
    p.server = STR("smtp://mail.example:99999");
    assert_err(mail_options_check(arena, &p), "settings.invalid");
    p.server = STR("file:///etc/passwd");
    assert_err(mail_options_check(arena, &p), "settings.invalid");
    p = options_of("crm@example.com");
    p.public_url = STR("https://crm.example/\r\nX: y");
    assert_err(mail_options_check(arena, &p), "settings.invalid");
    p = (struct mail_options){.tls = STR("")}; /* none is fine */
    assert_ok(mail_options_check(arena, &p));
}

/* ---- what a notice mail says ---- */

TEST(the_daily_mail_lists_what_waits)
{
    struct notice_line lines[] = {
        {.kind = STR("breach"), .title = STR("Overdue: First reply"), .object = STR("lead"), .object_label = STR("Lead"), .record_id = 12, .count = 3},
        {.kind = STR("rule"), .title = STR("Two\nlines"), .count = 1},
    };
    struct notice_mail mail = {.to = STR("ann@example.com"), .name = STR("Ann"), .zone = zone_utc(), .lines = lines, .n_lines = 2, .more = 5};
    struct mail_options o = options_of("crm@example.com");
    struct letter l = {0};

    notice_words(arena, &o, &mail, STR("Harbor"), &l);
    assert_str(l.subject, "7 notices wait for you");
    assert_has(l.body, "Hello Ann,\n\nthese wait for you, the newest first:\n\n- Overdue: First reply (Lead), and 2 more like it\n- Two lines\n- and 5 more\n");
    assert_has(l.body, "under Notifications");
    assert_has(l.body, "\n-- \nfairlead, Harbor\n");
    assert_i64(count(l.body, "http"), 0);
    assert_i64((int64_t)l.mute_url.len, 0);
    o.public_url = STR("https://crm.example");
    mail.more = 0;
    mail.n_lines = 1;
    notice_words(arena, &o, &mail, STR(""), &l);
    assert_str(l.subject, "Overdue: First reply");
    assert_has(l.body, "\n  https://crm.example/records/lead/12\n");
    assert_has(l.body, "https://crm.example/notifications");
    assert_str(l.mute_url, "https://crm.example/settings");
}

TEST(a_call_says_what_who_and_until_when)
{
    struct notice_line line = {.title = STR("Billing problem: Kiosk"), .object = STR("account"), .object_label = STR("Account"),
                               .page = STR("escalation/billing-problem"), .page_label = STR("Billing problem"), .record_id = 7, .count = 1};
    struct notice_mail mail = {.to = STR("ann@example.com"), .name = STR("Ann"), .zone = zone_utc(), .call = true, .lines = &line, .n_lines = 1,
                               .asked_by = STR("Rob"), .note = STR("they wait"), .level = STR("Owner"), .until_us = MONDAY_9};
    struct mail_options o = options_of("crm@example.com");
    struct letter l = {0};

    o.public_url = STR("https://crm.example");
    notice_words(arena, &o, &mail, STR(""), &l);
    assert_str(l.subject, "Your help is needed: Billing problem: Kiosk");
    assert_has(l.body, "Who waits: Rob\nIn their words: they wait\nYou are called as: Owner\nUntil: Monday, 2 March 2026, 09:00 (UTC); then it passes");
    assert_has(l.body, "\nhttps://crm.example/records/account/7\n");
    assert_has(l.body, "https://crm.example/manual/escalation/billing-problem\n");
    line.title = line.object = line.object_label = STR(""); /* a record they may not see */
    line.record_id = 0;
    mail.until_us = 0;
    notice_words(arena, &o, &mail, STR(""), &l);
    assert_str(l.subject, "Your help is needed");
    assert_i64(count(l.body, "Kiosk") + count(l.body, "Until") + count(l.body, "records"), 0);
    assert_has(l.body, "https://crm.example/notifications\n");
}

TEST_MAIN_WITH(setup, teardown, a_plain_message_is_what_it_says,
               what_somebody_wrote_goes_out_in_their_name_and_answers_come_to_them, the_same_item_is_the_same_message,
               other_alphabets_become_encoded_words_that_tear_no_letter, nobody_puts_a_header_into_a_message,
               a_body_is_quoted_printable_of_short_lines, addresses_come_apart, options_are_checked_before_anything_starts,
               the_daily_mail_lists_what_waits, a_call_says_what_who_and_until_when)
