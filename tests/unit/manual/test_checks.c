/* What stops a manual from being published, with its place and a way out (P7, P13, P139). */
#include "pages.h"

struct bad {
    const char *path, *front;
    int line, column; /* the front matter of a test page begins in line 4 */
    const char *text;
};

static void expect_all(const struct bad *bad, size_t n)
{
    for (size_t i = 0; i < n; i++)
        page_expect(bad[i].path, bad[i].front, bad[i].line, bad[i].column, bad[i].text);
}
#define EXPECT_ALL(list) expect_all(list, sizeof(list) / sizeof(list)[0])

TEST(keys_must_exist_and_have_the_right_shape)
{
    // clang-format off
    static const struct bad bad[] = {
        {"policy/x", "for: lead\nmust: owner is not empty\nalways: true\nmod: off\n", 7, 1, "Did you mean \"mode\"?"},
        {"policy/x", "must: owner is not empty\nalways: true\n", 2, 1, "\"for\" is missing"},
        {"policy/x", "for: lead\nmust: owner is not empty\nwithin: soon\n", 6, 9, "must be a duration"},
        {"policy/x", "for: lead\nmust: owner is not empty\nwithin: 1d\nmode: of\n", 7, 7, "Did you mean \"off\"?"},
        {"policy/x", "for: [lead]\nmust: owner is not empty\nalways: true\n", 4, 6, "single value"},
        {"policy/x", "for: lead\nmust: owner is not empty\nalways: perhaps\n", 6, 9, "yes or no"},
        {"policy/x", "for: lead\nmust: owner is not empty\nalways: true\nreview: soon\n", 7, 9, "a day"},
        {"object/thing", "fields: [a]\n", 4, 9, "mapping of names"},
        {"object/thing", "fields:\n  a: text\n", 5, 6, "mapping of names to mappings"},
        {"object/thing", "fields:\n  a: { type: txt }\n", 5, 14, "Did you mean \"text\"?"},
        {"object/thing", "fields:\n  a: { type: text, requird: yes }\n", 5, 20, "Did you mean \"required\"?"},
        {"workflow/x", "object: lead\nstages: [{ name: A, steps: [x] }]\nends: [{ name: E }]\n", 5, 29, "list of mappings"},
        {"pack/x", "pages: some\n", 4, 8, "must be one of: all"},
        {"pack/x", "label: \"Pack\n", 5, 1, "cannot be read"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(a_page_says_what_its_path_says)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put_text(&p, "pack/x", "---\nkind: guide\nname: y\n---\n");
    pages_expect(&p, "pack/x", 2, 7, "The path says kind \"pack\"");
    pages_expect(&p, "pack/x", 3, 7, "The path says name \"x\"");
    pages_put_text(&p, "pack/x", "---\nkind: pack\nname: x\nowner: nobody\n---\n");
    pages_expect(&p, "pack/x", 4, 8, "There is no role \"nobody\"");
    pages_put_text(&p, "pack/x", "no front matter\n");
    pages_expect(&p, "pack/x", 1, 1, "begins with a line");
    pages_put_text(&p, "thing/x", "---\nkind: thing\nname: x\n---\n");
    pages_expect(&p, "thing/x", 1, 1, "not the path of a page");
    arena_free(a);
}

TEST(a_page_given_twice_is_reported)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    VEC_PUSH(a, p.list) = (struct page_file){STR("role/sales-rep.md"),
                                             STR("---\nkind: role\nname: sales-rep\n---\n")};
    pages_expect(&p, "role/sales-rep", 1, 1, "given twice");
    arena_free(a);
}

TEST(fields_must_make_sense)
{
    // clang-format off
    static const struct bad bad[] = {
        {"object/thing", "fields:\n  a: { type: choice }\n", 5, 6, "has no options"},
        {"object/thing", "fields:\n  a: { type: choice, options: [x, y, x] }\n", 5, 38, "stands here twice"},
        {"object/thing", "fields:\n  a: { type: choice, options: [x], default: y }\n", 5, 45, "not a value of thing.a"},
        {"object/thing", "fields:\n  a: { type: choice, vocabulary: sectrs }\n", 5, 34, "no vocabulary \"sectrs\""},
        {"object/thing", "fields:\n  a: { type: number, default: many }\n", 5, 31, "not a value of"},
        {"object/thing", "fields:\n  a: { type: date, default: 2026-02-30 }\n", 5, 29, "not a value of"},
        {"object/thing", "fields:\n  a: { type: money }\n", 5, 6, "names no currency"},
        {"object/thing", "fields:\n  a: { type: money, currency: Dollar }\n", 5, 31, "not a currency code"},
        {"object/thing", "fields:\n  a: { type: decimal, scale: 9 }\n", 5, 30, "1 to 8"},
        {"object/thing", "fields:\n  a: { type: reference }\n", 5, 6, "does not say where"},
        {"object/thing", "fields:\n  a: { type: reference, to: acount }\n", 5, 29, "Did you mean \"account\"?"},
        {"object/thing", "fields:\n  a: { type: reference, to: account, back: deals }\n", 5, 44, "already has a field or relation \"deals\""},
        {"object/thing", "fields:\n  a: { type: reference, to: account, back: name }\n", 5, 44, "already has a field or relation \"name\""},
        {"object/thing", "fields:\n  a: { type: reference, to: task }\n", 5, 29, "cannot point to"},
        {"object/thing", "fields:\n  a: { type: auto-number, pattern: X }\n", 5, 36, "one pair of braces"},
        {"object/thing", "fields:\n  a: { type: formula }\n", 5, 6, "has no formula"},
        {"object/thing", "fields:\n  a: { type: text, formula: 1 + 1 }\n", 5, 29, "Only a formula field"},
        {"object/thing", "fields:\n  a: { type: formula, formula: b }\n  b: { type: formula, formula: a }\n", 5, 32, "cannot use itself"},
        {"object/thing", "fields:\n  a: { type: number, min: 5, max: 4 }\n", 5, 27, "greater than its greatest"},
        {"object/thing", "fields:\n  a: { type: text, max: long }\n", 5, 25, "not a bound"},
        {"object/thing", "fields:\n  a: { type: text, clean: [polish] }\n", 5, 28, "not a way of cleaning"},
        {"object/thing", "fields:\n  owner: { type: user }\n", 5, 3, "is a system field"},
        {"object/thing", "fields:\n  Name: { type: text }\n", 5, 3, "cannot be the name of a field"},
        {"object/thing", "fields:\n  a: { type: text, required: yes, hidden: yes }\n", 5, 30, "hidden and required"},
        {"object/thing", "fields:\n  a: { type: text, required_when: b = 1 }\n", 5, 35, "has no field"},
        {"object/thing", "title: b\nfields:\n  a: { type: text }\n", 4, 8, "no field \"b\""},
        {"object/thing", "name_pattern: \"{a.b}\"\nfields:\n  a: { type: text }\n", 4, 15, "cannot be read"},
        {"object/thing", "layouts: { list: [a, a] }\nfields:\n  a: { type: text }\n", 4, 22, "listed twice"},
        {"object/thing", "duplicates: [[a], [b]]\nfields:\n  a: { type: text }\n", 4, 20, "no field \"b\""},
        {"object/task", "fields:\n  a: { type: text }\n", 3, 7, "an object of the program itself"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(what_the_program_needs_must_be_there)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "object/team", "fields: { name: { type: text } }\n", NULL);
    pages_expect(&p, "object/team", 4, 9, "needs the field \"parent\"");
    pages_put(&p, "object/team", "fields:\n  name: { type: number }\n  parent: { type: team }\n",
              NULL);
    pages_expect(&p, "object/team", 5, 1, "must be of the type text");
    pages_drop(&p, "object/team");
    pages_expect(&p, "object/team", 1, 1, "no object \"team\"");
    arena_free(a);
}

TEST(a_word_belongs_to_one_term)
{
    // clang-format off
    static const struct bad bad[] = {
        {"vocabulary/v", "terms:\n  A: [x, y]\n  B: [Y]\n", 6, 7, "belongs to two terms, \"A\" and \"B\""},
        {"vocabulary/v", "terms:\n  A: { x: y }\n", 5, 6, "list of words"},
        {"vocabulary/v", "terms: { None: [] }\nempty: [none]\n", 5, 8, "means \"no answer\" and is also the term"},
        {"vocabulary/v", "company_suffixes: { Inc: [Corp], Corporation: [corp.] }\n", 4, 48, "belongs to two forms"},
        {"vocabulary/v", "applies_to: [account.sectr]\n", 4, 14, "Did you mean \"sector\"?"},
        {"vocabulary/v", "applies_to: [acount.sector]\n", 4, 14, "Did you mean \"account\"?"},
        {"vocabulary/v", "applies_to: [deal.amount]\n", 4, 14, "cleans texts"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(a_calendar_has_hours_that_exist)
{
    // clang-format off
    static const struct bad bad[] = {
        {"calendar/c", "hours: { mon-fri: \"9:00-25:00\" }\n", 4, 19, "not a span"},
        {"calendar/c", "hours: { mon: \"17:00-9:00\" }\n", 4, 15, "not a span"},
        {"calendar/c", "hours: { mon: [\"9:00-12:00\", \"11:00-13:00\"] }\n", 4, 30, "before the span ahead of it ends"},
        {"calendar/c", "hours: { someday: \"9:00-17:00\" }\n", 4, 10, "not a weekday"},
        {"calendar/c", "hours: { mon-wed: \"9:00-17:00\", tue: \"9:00-12:00\" }\n", 4, 33, "given twice"},
        {"calendar/c", "hours: {}\n", 4, 8, "no working hours"},
        {"calendar/c", "zone: Mars/Olympus\nhours: { mon: \"9:00-17:00\" }\n", 4, 7, "no time zone"},
        {"calendar/c", "hours: { mon: \"9:00-17:00\" }\nholidays: [christmas]\n", 5, 12, "not a day"},
        {"calendar/c", "hours: { mon: \"9:00-17:00\" }\nroles: [boss]\n", 5, 9, "no role \"boss\""},
    };
    // clang-format on
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    EXPECT_ALL(bad);
    pages_put(&p, "calendar/a", "hours: { mon: \"9:00-17:00\" }\ndefault: true\n", NULL);
    pages_put(&p, "calendar/b", "hours: { mon: \"9:00-17:00\" }\ndefault: true\n", NULL);
    pages_expect(&p, "calendar/b", 5, 10, "\"a\" is the default calendar already");
    arena_free(a);
}

TEST(a_role_has_rights_that_exist)
{
    // clang-format off
    static const struct bad bad[] = {
        {"role/x", "can: { laed: all }\n", 4, 8, "Did you mean \"lead\"?"},
        {"role/x", "can: { lead: everything }\n", 4, 14, "not a scope"},
        {"role/x", "can: { lead: { raed: all } }\n", 4, 16, "Did you mean \"read\"?"},
        {"role/x", "can: { lead: { create: maybe } }\n", 4, 24, "not a scope"},
        {"role/x", "fields: { deal: { amont: read } }\n", 4, 19, "Did you mean \"amount\"?"},
        {"role/x", "fields: { deal: { amount: see } }\n", 4, 27, "not a right on a field"},
        {"role/x", "rights: [publsh]\n", 4, 10, "Did you mean \"publish\"?"},
        {"role/x", "reports_to: y\n", 4, 13, "no role \"y\""},
        {"role/owner", "rights: []\n", 3, 7, "means the owner of a record"},
        {"role/x", "reports_to: x\n", 4, 13, "in a circle"},
    };
    // clang-format on
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    EXPECT_ALL(bad);
    pages_put(&p, "role/a", "reports_to: b\n", NULL);
    pages_put(&p, "role/b", "reports_to: c\n", NULL);
    pages_put(&p, "role/c", "reports_to: a\n", NULL);
    pages_expect(&p, "role/a", 4, 13, "in a circle");
    arena_free(a);
}

#define STAGE "stages: [{ name: A, steps: [{ name: S, role: owner }] }]\n"
#define END "ends: [{ name: Done }]\n"

TEST(P7_a_step_without_a_role_cannot_be_published)
{
    // clang-format off
    static const struct bad bad[] = {
        {"workflow/w", "object: lead\nstages:\n  - name: A\n    steps:\n      - { name: Call }\n" END, 8, 9, "\"role\" is missing"},
        {"workflow/w", "object: lead\nstages:\n  - name: A\n    steps:\n      - { name: Call, role: sales-repp }\n" END, 8, 29, "Did you mean \"sales-rep\"?"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(a_workflow_can_be_walked)
{
    // clang-format off
    static const struct bad bad[] = {
        {"workflow/w", "object: leed\n" STAGE END, 4, 9, "Did you mean \"lead\"?"},
        {"workflow/w", "object: lead\nstages: []\n" END, 5, 9, "has no stages"},
        {"workflow/w", "object: lead\n" STAGE "ends: []\n", 6, 7, "can never be left"},
        {"workflow/w", "object: lead\n" STAGE, 2, 1, "\"ends\" is missing"},
        {"workflow/w", "object: lead\n" STAGE "ends: [{ name: Done, when: 1 = 2 }]\n", 6, 7, "can never be left"},
        {"workflow/w", "object: lead\nstarts_when: 1 = 2\n" STAGE END, 5, 14, "never starts"},
        {"workflow/w", "object: lead\nstarts_when: status = 'New'\n" STAGE "ends: [{ name: Done, when: status = 'New' }]\n", 7, 8, "as soon as the workflow starts"},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, when: status = 'New' }\n  - { name: B, when: \"status = 'New'\" }\n" END, 7, 5, "is never reached: its records are at the earlier stage \"A\""},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, when: \"status in ('New', 'Contacted')\" }\n  - { name: B, when: status = 'Contacted' }\n" END, 7, 5, "is never reached"},
        {"workflow/w", "object: lead\nstages:\n  - { name: A }\n  - { name: B, enter_when: 1 > 2 }\n" END, 7, 5, "`enter_when` can never hold"},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, leave_when: 1 > 2 }\n" END, 6, 5, "can never be left"},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, when: status = 'Qualified' }\nends: [{ name: Done, when: status = 'Qualified' }]\n", 6, 5, "the same records are at the end \"Done\""},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, needs: [created_at] }\n" END, 6, 24, "Nobody can fill"},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, needs: [budgt] }\n" END, 6, 24, "Did you mean \"budget\"?"},
        {"workflow/w", "object: lead\nstages:\n  - { name: A }\n  - { name: A }\n" END, 7, 13, "two stages named \"A\""},
        {"workflow/w", "object: lead\nstages:\n  - { name: A, steps: [{ name: S, role: owner }, { name: S, role: owner }] }\n" END, 6, 58, "two steps named \"S\""},
        {"workflow/w", "object: lead\n" STAGE "ends: [{ name: X }, { name: X }]\n", 6, 29, "two ends named \"X\""},
        {"workflow/w", "object: deal\n" STAGE "ends: [{ name: X, then: convert }]\n", 6, 25, "Only a lead"},
        {"workflow/w", "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner, template: x }] }]\n" END, 5, 63, "no template \"x\""},
        {"workflow/w", "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner, escalation: x }] }]\n" END, 5, 65, "no escalation \"x\""},
        {"workflow/w", "object: lead\nstages: [{ name: A, probability: 120 }]\n" END, 5, 34, "0 to 100"},
        {"workflow/w", "object: lead\nstages: [{ name: A, when: statuss = 'New' }]\n" END, 5, 27, "Did you mean status"},
        {"workflow/w", "object: lead\nstages: [{ name: A, when: status = 'Newt' }]\n" END, 5, 36, "New"},
        {"workflow/w", "object: lead\nstages: [{ name: A, when: status }]\n" END, 5, 27, "is not empty"},
        {"workflow/w", "object: lead\nstages: [{ name: A, when: \"owner is not empty and statuss = 'New'\" }]\n" END, 5, 51, "Did you mean status"},
        {"workflow/w", "object: lead\nstages: [{ name: A, when: 'status = ''New'' and statuss = 1' }]\n" END, 5, 49, "Did you mean status"},
        {"workflow/w", "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner, asks: [{ label: Yes, set: { statu: New } }] }] }]\n" END, 5, 81, "Did you mean \"status\"?"},
        {"workflow/w", "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner, asks: [{ label: Yes, set: { status: Nwe } }] }] }]\n" END, 5, 89, "Did you mean \"New\"?"},
        {"workflow/w", "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner, asks: [{ label: Yes, then: later }] }] }]\n" END, 5, 80, "what comes next"},
        {"workflow/w", "object: lead\nstages: [{ name: A, steps: [{ name: S, role: owner, asks: [{ label: Yes, activity: { kind: cal } }] }] }]\n" END, 5, 92, "Did you mean \"call\"?"},
        {"workflow/w", "object: task\n" STAGE END, 4, 9, "kept by the program"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(P13_a_stage_with_too_many_steps_is_warned_about)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    struct buf b = buf_new(a, 1000);

    buf_add(&b, STR("object: lead\nstages:\n  - name: Long\n    steps:\n"));
    for (int i = 0; i < 8; i++)
        buf_fmt(&b, "      - { name: Step %d, role: owner }\n", i);
    buf_add(&b, STR(END));
    pages_put(&p, "workflow/w", str_cstr(a, buf_str(&b)), NULL);
    pages_expect_warning(&p, "workflow/w", 6, 5, "has 8 steps");
    pages_put(&p, "workflow/w",
              "object: lead\nstages:\n  - name: Short\n    max_steps: 1\n    steps: [{ name: a, "
              "role: owner }, { name: b, role: owner }]\n" END,
              NULL);
    pages_expect_warning(&p, "workflow/w", 6, 5, "more than 1");
    pages_put(&p, "workflow/w", "object: lead\nstages:\n  - { name: A }\n  - { name: B }\n" END,
              NULL);
    pages_expect_warning(&p, "workflow/w", 6, 5, "passed at once");
    arena_free(a);
}

TEST(an_escalation_never_ends_at_nobody)
{
    // clang-format off
    static const struct bad bad[] = {
        {"escalation/e", "levels:\n  - { name: A, who: owner }\n", 5, 5, "may end at nobody"},
        {"escalation/e", "levels: [{ name: A, who: role:sales-rep }]\nend: { who: superior }\n", 5, 13, "may end at nobody"},
        {"escalation/e", "levels: [{ name: A, who: role:sales-repp }]\n", 4, 31, "Did you mean \"sales-rep\"?"},
        {"escalation/e", "levels: [{ name: A, who: on duty role:nobody }]\n", 4, 39, "no role \"nobody\""},
        {"escalation/e", "levels: [{ name: A, who: somebody }]\n", 4, 26, "does not say who"},
        {"escalation/e", "levels: [{ name: A, who: user:boss }]\n", 4, 26, "not a mail address"},
        {"escalation/e", "levels: []\n", 4, 9, "no levels"},
        {"escalation/e", "levels: [{ name: A, who: owner }, { name: A, who: role:sales-rep }]\n", 4, 43, "two levels named"},
        {"escalation/e", "object: leads\nlevels: [{ name: A, who: role:sales-rep }]\n", 4, 9, "Did you mean \"lead\"?"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(a_policy_is_one_rule_with_one_clock)
{
    // clang-format off
    static const struct bad bad[] = {
        {"policy/p", "for: lead\nmust: owner is not empty\n", 2, 1, "has no clock"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\nalways: true\n", 6, 1 + 8, "more than one clock"},
        {"policy/p", "for: lead\nwithin: 1d\n", 2, 1, "does not say what must hold"},
        {"policy/p", "for: lead\nmust: ownr is not empty\nwithin: 1d\n", 5, 7, "Did you mean owner"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\nof: creatd_at\n", 7, 5, "Did you mean \"created_at\"?"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\nof: name\n", 7, 5, "of the type text"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 0h\n", 6, 9, "cannot be met"},
        {"policy/p", "for: lead\nevery: day\n", 2, 1, "says what counts"},
        {"policy/p", "for: lead\nevery: day\ncount: activites where kind = 'call'\n", 6, 8, "Did you mean \"activities\"?"},
        {"policy/p", "for: lead\nevery: day\ncount: activities where kindd = 'call'\n", 6, 25, "Did you mean kind"},
        {"policy/p", "for: lead\nevery: day\nmust: count(activities where kindd = 'call')\n", 5 + 1, 30, "Did you mean kind"},
        {"policy/p", "for: lead\nevery: day\ncount: activities or not\n", 6, 8, "only a condition"},
        {"policy/p", "for: activity\nevery: day\ncount: links\n", 6, 8, "records of any kind"},
        {"policy/p", "for: lead\nevery: day\ncount: activities\nmode: block\n", 7, 7, "cannot refuse a save"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\nat_least: 2\n", 7, 11, "belongs to `every`"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\nowed_by: role:boss\n", 7, 15, "no role \"boss\""},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\nowed_by: on duty role:sales-rep\n", 7, 10, "does not change by the hour"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\non_breach: [{ notify: owner, tag: x }]\n", 7, 13, "exactly one of the keys"},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\non_breach: [{ escalate: x }]\n", 7, 25, "no escalation \"x\""},
        {"policy/p", "for: lead\nmust: owner is not empty\nwithin: 1d\non_breach: [{ set: { created_at: now } }]\n", 7, 22, "kept by the program"},
        {"policy/p", "for: lead\nmust: 1 = 2\nwithin: 1d\n", 5, 7, "No record can meet this rule"},
        {"policy/p", "for: task\nmust: owed_by is not empty\nwithin: 1d\n", 4, 6, "kept by the program"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

static void contradict(const char *when_a, const char *must_a, const char *when_b,
                       const char *must_b, bool contradicts)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "policy/a",
              str_cstr(a, str_fmt(a, "for: deal\nwhen: %s\nmust: %s\nalways: true\nmode: remind\n",
                                  when_a, must_a)),
              NULL);
    pages_put(&p, "policy/b",
              str_cstr(a, str_fmt(a, "for: deal\nwhen: %s\nmust: %s\nwithin: 1d\nmode: watch\n",
                                  when_b, must_b)),
              NULL);
    if (contradicts)
        pages_expect(&p, "policy/b", 6, 7, "policy/a contradict each other");
    else
        manual_unpin(pages_compile(&p));
    arena_free(a);
}

TEST(P139_two_policies_that_contradict_are_refused)
{
    contradict("open", "owner is not empty", "open", "owner is empty", true);
    contradict("open", "owner is not empty", "open", "not (owner is not empty)", true);
    contradict("open", "amount > 10", "open", "amount <= 10", true);
    contradict("stage = 'Won'", "close_date is empty", "stage  =  'Won'", "close_date is not empty",
               true);
    contradict("amount > 5", "stage = 'Won'", "amount > 5", "stage in ('Lost', 'Engaging')", true);
    contradict("amount > 5", "stage in ('Won', 'Lost')", "amount > 5",
               "stage in ('Lost', 'Engaging')", false);
    contradict("open", "owner is not empty", "stage = 'Won'", "owner is empty", false);
    contradict("open", "owner is not empty", "open", "account is empty", false);
}

TEST(policies_that_are_off_may_contradict)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "policy/a", "for: deal\nmust: owner is not empty\nalways: true\n", NULL);
    pages_put(&p, "policy/b", "for: deal\nmust: owner is empty\nalways: true\nmode: watch\n", NULL);
    pages_expect_warning(&p, "policy/b", 5, 7, "contradict each other");
    arena_free(a);
}

TEST(a_template_merges_fields_that_exist)
{
    static const struct {
        const char *front, *body;
        int line, column;
        const char *text;
    } bad[] = {
        {"channel: email\nobject: contact\n", "Hello {{frist_name}}\n", 7, 7,
         "Did you mean \"first_name\"?"},
        {"channel: email\nobject: contact\n", "Hello {{account.nam or 'there'}}\n", 7, 7,
         "Did you mean \"name\"?"},
        {"channel: email\nobject: contact\n", "{{me.name}} {{me.nam}}\n", 7, 13,
         "User has no field \"nam\""},
        {"channel: email\nobject: contact\nsubject: For {{company}}\n", "x\n", 6, 14,
         "does not exist"},
        {"channel: email\nobject: contact\n", "Hello {{first_name\n", 7, 7, "not closed"},
        {"channel: email\nobject: contact\n", "Hello {{first name}}\n", 7, 7, "not a merge field"},
        {"channel: email\nobject: contact\n", "Hello {{first_name or there}}\n", 7, 7,
         "not a merge field"},
        {"channel: email\npersonal: [Openning]\n", "# Opening\nx\n", 5, 11,
         "Did you mean \"Opening\"?"},
        {"channel: email\n", "", 2, 1, "has no text"},
        {"channel: any\n", "x\n", 4, 10, "must be one of"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new(0);
        struct pages p = pages_base(a);

        pages_put(&p, "template/t", bad[i].front, bad[i].body);
        pages_expect(&p, "template/t", bad[i].line, bad[i].column, bad[i].text);
        arena_free(a);
    }
}

TEST(a_metric_can_be_computed)
{
    // clang-format off
    static const struct bad bad[] = {
        {"metric/m", "of: deal\nmeasure: sum\n", 5, 10, "needs \"value\""},
        {"metric/m", "of: deal\nmeasure: count\nvalue: amount\n", 6, 8, "means nothing"},
        {"metric/m", "of: deal\nmeasure: sum\nvalue: name\n", 6, 8, "must be a number"},
        {"metric/m", "of: deal\nmeasure: rate\n", 5, 10, "needs \"rate_of\""},
        {"metric/m", "of: deal\nmeasure: time between\nfrom: amount\nto: close_date\n", 6, 7, "must be a date"},
        {"metric/m", "of: deal\nmeasure: count\nby: [stag]\n", 6, 6, "Did you mean stage"},
        {"metric/m", "of: deal\nmeasure: count\nby: [close_date]\n", 6, 6, "a group of its own"},
        {"metric/m", "of: deal\nmeasure: count\nby: [stage by month]\n", 6, 6, "Only dates are grouped"},
        {"guide/g", "sentence_words_max: 0\n", 4, 21, "1 to 1000"},
    };
    // clang-format on

    EXPECT_ALL(bad);
}

TEST(a_broken_object_does_not_drown_its_cause)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    struct findings findings = {.arena = a};
    const struct manual *m;

    pages_put(&p, "policy/p",
              "for: lead\nmust: owner is not empty and status = 'New'\nwithin: 1d\n", NULL);
    pages_put_text(&p, "object/lead", "---\nkind: object\nname: lead\nfields: [\n---\n");
    assert_err(manual_compile(a, p.list.at, p.list.n, 1, &findings, &m), "manual.check");
    assert_null(m);
    assert_int_equal(findings.errors, 1);
    assert_str(findings.list.at[0].page, "object/lead");
    arena_free(a);
}

TEST(all_findings_are_reported_in_order)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    struct findings findings = {.arena = a};
    const struct manual *m;

    pages_put(&p, "policy/p", "for: lead\nmust: ownr is not empty\nwithin: soon\nmod: x\n", NULL);
    pages_put(&p, "escalation/e", "levels: [{ name: A, who: owner }]\n", NULL);
    struct err *e = manual_compile(a, p.list.at, p.list.n, 1, &findings, &m);
    assert_err(e, "manual.check");
    assert_int_equal(findings.errors, 4);
    struct str text = findings_text(a, &findings);
    assert_has(text, "escalation/e:4:10: error: The escalation may end at nobody");
    assert_has(text, "policy/p:5:7: error: ");
    assert_has(text, "policy/p:7:1: error: The key \"mod\" does not exist for this kind of page. "
                     "Did you mean \"mode\"?\n");
    int n = 0;
    for (const struct err *x = e; x; x = x->next)
        n++;
    assert_int_equal(n, 4);
    assert_str(e->page, "escalation/e");
    assert_int_equal(e->line, 4);
    arena_free(a);
}

TEST_MAIN(keys_must_exist_and_have_the_right_shape, a_page_says_what_its_path_says,
          a_page_given_twice_is_reported, fields_must_make_sense,
          what_the_program_needs_must_be_there, a_word_belongs_to_one_term,
          a_calendar_has_hours_that_exist, a_role_has_rights_that_exist,
          P7_a_step_without_a_role_cannot_be_published, a_workflow_can_be_walked,
          P13_a_stage_with_too_many_steps_is_warned_about, an_escalation_never_ends_at_nobody,
          a_policy_is_one_rule_with_one_clock, P139_two_policies_that_contradict_are_refused,
          policies_that_are_off_may_contradict, a_template_merges_fields_that_exist,
          a_metric_can_be_computed, a_broken_object_does_not_drown_its_cause,
          all_findings_are_reported_in_order)
