#include "pages.h"

static const char *const base[][2] = {
    {"object/user", "title: name\n"
                    "fields:\n"
                    "  name: { type: text, required: true }\n"
                    "  email: { type: email, unique: true }\n"
                    "  active: { type: yes/no, default: yes }\n"
                    "  roles: { type: multi-choice }\n"
                    "  reports_to: { type: user }\n"
                    "  zone: { type: text }\n"
                    "  phone: { type: phone, country: US }\n"},
    {"object/team", "fields: { name: { type: text }, parent: { type: team } }\n"},
    {"object/lead", "title: name\n"
                    "open_when: status not in ('Qualified', 'Disqualified')\n"
                    "fields:\n"
                    "  name: { type: text, max: 200 }\n"
                    "  email: { type: email }\n"
                    "  status: { type: choice, options: [New, Contacted, Qualified, Disqualified], "
                    "default: New }\n"
                    "  source: { type: choice, options: [Web, Import] }\n"
                    "  budget: { type: money, currency: USD, min: 0 }\n"
                    "  lost_reason: { type: text }\n"
                    "  replied_at: { type: date-time }\n"},
    {"object/account",
     "fields: { name: { type: text }, sector: { type: text }, city: { type: text } }\n"},
    {"object/contact", "fields:\n"
                       "  name: { type: text }\n"
                       "  first_name: { type: text }\n"
                       "  email: { type: email, unique: true }\n"
                       "  account: { type: reference, to: account, back: contacts }\n"},
    {"object/deal", "open_when: closed_at is empty\n"
                    "fields:\n"
                    "  name: { type: text }\n"
                    "  stage: { type: choice, options: [Prospecting, Engaging, Won, Lost], "
                    "default: Prospecting }\n"
                    "  amount: { type: money, currency: USD }\n"
                    "  account: { type: reference, to: account, back: deals }\n"
                    "  engage_date: { type: date }\n"
                    "  close_date: { type: date }\n"
                    "  closed_at: { type: date-time }\n"},
    {"object/activity", "title: subject\n"
                        "time: at\n"
                        "timeline: true\n"
                        "fields:\n"
                        "  kind: { type: choice, options: [call, email, meeting, note] }\n"
                        "  direction: { type: choice, options: [in, out, internal] }\n"
                        "  at: { type: date-time }\n"
                        "  subject: { type: text }\n"
                        "  body: { type: long text }\n"
                        "  links: { type: references, to: any, back: activities }\n"},
    {"object/product", "fields: { name: { type: text } }\n"},
    {"object/line_item", "fields: { deal: { type: reference, to: deal, back: lines }, product: { "
                         "type: reference, to: product }, "
                         "amount: { type: money, currency: USD } }\n"},
    {"role/sales-rep",
     "default: true\ncan: { lead: { read: team, create: yes, update: own }, deal: team }\n"},
    {"role/sales-manager", "can: { \"*\": { read: all } }\nrights: [publish]\n"},
};

struct pages pages_base(struct arena *arena)
{
    struct pages p = {.arena = arena};

    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++)
        pages_put(&p, base[i][0], base[i][1], NULL);
    return p;
}

void pages_put_text(struct pages *p, const char *path, const char *text)
{
    struct page_file file = {str_dup(p->arena, str_from(path)), str_dup(p->arena, str_from(text))};

    for (size_t i = 0; i < p->list.n; i++)
        if (str_eq(p->list.at[i].path, file.path)) {
            p->list.at[i] = file;
            return;
        }
    VEC_PUSH(p->arena, p->list) = file;
}

void pages_put(struct pages *p, const char *path, const char *front, const char *body)
{
    const char *slash = strchr(path, '/');
    struct str text = str_fmt(p->arena, "---\nkind: %.*s\nname: %s\n%s---\n%s", (int)(slash - path),
                              path, slash + 1, front, body ? body : "");

    pages_put_text(p, path, str_cstr(p->arena, text));
}

void pages_drop(struct pages *p, const char *path)
{
    size_t n = 0;

    for (size_t i = 0; i < p->list.n; i++)
        if (!str_eq(p->list.at[i].path, str_from(path)))
            p->list.at[n++] = p->list.at[i];
    p->list.n = n;
}

const struct manual *pages_compile(struct pages *p)
{
    struct findings findings = {.arena = p->arena};
    const struct manual *m;
    struct err *e = manual_compile(p->arena, p->list.at, p->list.n, 1, &findings, &m);

    if (e)
        print_error("%.*s", STR_ARG(findings_text(p->arena, &findings)));
    assert_ok(e);
    return m;
}

static void expect(struct pages *p, enum severity severity, const char *page, int line, int column,
                   const char *text)
{
    struct findings findings = {.arena = p->arena};
    const struct manual *m;
    struct err *e = manual_compile(p->arena, p->list.at, p->list.n, 1, &findings, &m);
    bool found = false;

    if (severity == SEV_ERROR)
        assert_err(e, "manual.check");
    else
        assert_ok(e);
    for (size_t i = 0; i < findings.list.n; i++) {
        const struct finding *f = &findings.list.at[i];

        found =
            found ||
            (f->severity == severity && str_eq(f->page, str_from(page)) && f->line == line &&
             f->column == column &&
             str_find(str_fmt(p->arena, "%.*s %.*s", STR_ARG(f->message), STR_ARG(f->suggestion)),
                      str_from(text), 0) != SIZE_MAX);
    }
    if (!found)
        fail_msg("expected %s:%d:%d \"%s\", got:\n%.*s", page, line, column, text,
                 STR_ARG(findings_text(p->arena, &findings)));
    if (m)
        manual_unpin(m);
}

void pages_expect(struct pages *p, const char *page, int line, int column, const char *text)
{
    expect(p, SEV_ERROR, page, line, column, text);
}

void pages_expect_warning(struct pages *p, const char *page, int line, int column, const char *text)
{
    expect(p, SEV_WARNING, page, line, column, text);
}

void page_expect(const char *path, const char *front, int line, int column, const char *text)
{
    struct arena *arena = arena_new(0);
    struct pages p = pages_base(arena);

    pages_put(&p, path, front, NULL);
    pages_expect(&p, path, line, column, text);
    arena_free(arena);
}
