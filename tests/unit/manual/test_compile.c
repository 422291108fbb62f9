/* Each kind of page, read into the snapshot. */
#include "pages.h"

static const struct field *field(const struct manual *m, const char *object, const char *name)
{
    const struct object *o = manual_object(m, str_from(object));

    assert_non_null(o);
    const struct field *f = object_field(o, str_from(name));
    assert_non_null(f);
    return f;
}

TEST(the_empty_manual_has_the_objects_of_the_program)
{
    const struct manual *m = manual_empty();

    assert_int_equal(m->version, 0);
    assert_true(manual_object(m, STR("task"))->built_in);
    assert_non_null(manual_object(m, STR("task"))->open_when.e);
    assert_non_null(manual_object(m, STR("page")));
    assert_null(manual_object(m, STR("lead")));
    assert_int_equal(manual_object_index(m, "lead"), -1);
    assert_non_null(manual_worktime(m, STR_NONE, NULL, 0));
    assert_non_null(m->style);
    manual_pin(m);
    manual_unpin(m);
}

TEST(an_object_has_its_system_fields_first)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    const struct manual *m = pages_compile(&p);
    const struct object *o = manual_object(m, STR("lead"));

    assert_str(o->table, "o_lead");
    assert_str(o->fields[F_ID].name, "id");
    assert_str(o->fields[F_LAST_ACTIVITY_AT].column, "last_activity_at");
    assert_int_equal(o->fields[F_OWNER].to_object, manual_object_index(m, "user"));
    assert_true(o->fields[F_OWNER].system);
    assert_str(o->fields[F_SYSTEM_COUNT].name, "name");
    assert_int_equal(o->title, F_SYSTEM_COUNT);
    assert_str(o->plural, "Leads");
    assert_int_equal(field(m, "lead", "name")->max, 200);
    assert_int_equal(field(m, "lead", "budget")->min, 0);
    assert_int_equal(field(m, "lead", "budget")->max, DATE_NONE);
    assert_int_equal(field(m, "lead", "status")->default_kind, DEFAULT_VALUE);
    assert_str(field(m, "lead", "status")->default_value, "New");
    assert_int_equal(field(m, "lead", "status")->n_options, 4);
    assert_true(field(m, "contact", "email")->unique);
    assert_true(field(m, "contact", "email")->clean & CLEAN_EMAIL);
    assert_int_equal(m->schema->objects[o->index].n_fields, o->n_fields);
    for (size_t i = 0; i < o->n_fields; i++)
        assert_int_equal(o->fields[i].index, i);
    manual_unpin(m);
    arena_free(a);
}

TEST(every_key_of_a_field_is_read)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "vocabulary/sectors", "terms: { Healthcare: [Medical], Technology: }\n", NULL);
    pages_put(&p, "object/thing",
              "plural: Things\nicon: box\ntitle: title\nname_pattern: \"{account.name} – "
              "{made_on.year}\"\nactive_when: not done\n"
              "duplicates: [[code], [title, made_on]]\n"
              "fields:\n"
              "  title: { type: text, label: Headline, help: A sentence., clean: [trim, title], "
              "search: no, index: yes, personal: yes }\n"
              "  code: { type: auto-number, pattern: \"T-{000}\" }\n"
              "  sector: { type: choice, vocabulary: sectors }\n"
              "  state: { type: choice, options: [{ name: Open, label: Still open }, { name: Won, "
              "closed: won }, { name: Lost, closed: lost }] }\n"
              "  flags: { type: multi-choice, options: [a, b], default: \"a, b\" }\n"
              "  score: { type: decimal, scale: 1, min: -2.5, max: 10 }\n"
              "  yen: { type: money, currency: JPY }\n"
              "  share: { type: percent, max: 100 }\n"
              "  done: { type: yes/no, default: no }\n"
              "  made_on: { type: date, default: today, min: 2000-01-01 }\n"
              "  seen_at: { type: date-time, default: now }\n"
              "  took: { type: duration, default: 2h }\n"
              "  keeper: { type: user, default: me, back: things }\n"
              "  account: { type: reference, to: account, back: things }\n"
              "  people: { type: references, to: contact, back: things }\n"
              "  fax: { type: phone, country: DE }\n"
              "  site: { type: url }\n"
              "  where: { type: address }\n"
              "  long: { type: long text, hidden: true }\n"
              "  double: { type: formula, formula: score * 2 }\n"
              "  quadruple: { type: formula, formula: double * 2 }\n"
              "  reason: { type: text, required_when: state = 'Lost', visible_when: state = "
              "'Lost', readonly_when: done }\n"
              "layouts:\n  list: [title, state, owner]\n  detail: [{ label: Facts, fields: [title, "
              "code] }, { label: More, fields: [state] }]\n  form: [title]\n",
              NULL);
    const struct manual *m = pages_compile(&p);
    const struct object *o = manual_object(m, STR("thing"));
    const struct field *f = field(m, "thing", "title");

    assert_str(f->label, "Headline");
    assert_str(f->help, "A sentence.");
    assert_int_equal(f->clean, CLEAN_TRIM | CLEAN_TITLE);
    assert_false(f->search);
    assert_true(f->indexed && f->personal);
    assert_str(field(m, "thing", "code")->pattern, "T-{000}");
    f = field(m, "thing", "sector");
    assert_int_equal(f->vocabulary, 0);
    assert_str(f->options[1].name, "Technology");
    f = field(m, "thing", "state");
    assert_str(f->options[0].label, "Still open");
    assert_int_equal(f->options[1].closed, 1);
    assert_int_equal(f->options[2].closed, 2);
    f = field(m, "thing", "score");
    assert_int_equal(f->scale, 1);
    assert_int_equal(f->min, -25);
    assert_int_equal(f->max, 100);
    assert_int_equal(field(m, "thing", "yen")->scale, 0);
    assert_int_equal(field(m, "thing", "share")->max, 10000);
    assert_int_equal(field(m, "thing", "made_on")->default_kind, DEFAULT_TODAY);
    assert_int_equal(field(m, "thing", "seen_at")->default_kind, DEFAULT_NOW);
    assert_int_equal(field(m, "thing", "keeper")->default_kind, DEFAULT_ME);
    assert_str(field(m, "thing", "fax")->country, "DE");
    assert_true(field(m, "thing", "long")->hidden);
    assert_int_equal(field(m, "thing", "people")->column.len, 0);
    f = field(m, "thing", "quadruple");
    assert_non_null(f->formula);
    assert_int_equal(expr_result_type(f->formula), ET_NUMBER);
    assert_int_equal(m->schema->objects[o->index].fields[f->index].value_type, ET_NUMBER);
    f = field(m, "thing", "reason");
    assert_non_null(f->required_when.e);
    assert_non_null(f->visible_when.e);
    assert_non_null(f->readonly_when.e);
    assert_non_null(o->active_when.e);
    assert_int_equal(o->n_list_layout, 3);
    assert_int_equal(o->list_layout[2], F_OWNER);
    assert_int_equal(o->n_detail_layout, 2);
    assert_str(o->detail_layout[1].label, "More");
    assert_int_equal(o->n_form_layout, 1);
    assert_int_equal(o->n_duplicates, 2);
    assert_int_equal(o->duplicates[1].n, 2);
    manual_unpin(m);
    arena_free(a);
}

static const struct expr_relation *relation(const struct manual *m, const char *object,
                                            const char *name)
{
    const struct expr_object *o = &m->schema->objects[manual_object_index(m, object)];

    for (size_t i = 0; i < o->n_relations; i++)
        if (str_eq(o->relations[i].name, str_from(name)))
            return &o->relations[i];
    fail_msg("%s has no relation %s", object, name);
    return NULL;
}

TEST(references_make_relations_on_both_sides)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "object/thing",
              "fields: { name: { type: text }, people: { type: references, to: contact, back: "
              "things } }\n",
              NULL);
    const struct manual *m = pages_compile(&p);
    const struct expr_relation *r = relation(m, "account", "contacts");

    assert_int_equal(r->join, EJ_BACK_REF);
    assert_int_equal(r->object, manual_object_index(m, "contact"));
    assert_str(r->via, "account");
    assert_int_equal(relation(m, "deal", "lines")->object, manual_object_index(m, "line_item"));
    r = relation(m, "lead", "activities");
    assert_int_equal(r->join, EJ_LINK);
    assert_str(r->via, "activity.links");
    assert_int_equal(relation(m, "contact", "things")->join, EJ_LINK);
    assert_int_equal(relation(m, "thing", "people")->join, EJ_LINK_OUT);
    r = relation(m, "thing", "tasks");
    assert_int_equal(r->join, EJ_RECORD);
    assert_str(r->via, "record_id");
    assert_int_equal(r->object, manual_object_index(m, "task"));
    (void)relation(m, "user", "breaches");
    (void)relation(m, "lead", "runs");
    (void)relation(m, "lead", "changes");
    manual_unpin(m);
    arena_free(a);
}

TEST(a_vocabulary_finds_terms_however_they_are_written)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    int64_t term;

    pages_put(&p, "vocabulary/sectors",
              "terms:\n  Healthcare: [Medical, Hosp.]\n  Technology: technolgy\nspelling: { "
              "Philipines: Philippines }\nabbreviations: { \"St.\": Street }\n"
              "company_suffixes: { Inc: [Inc., Incorporated], \"\": [Co.] }\nempty: [Select, "
              "\"-\"]\nclosed: true\napplies_to: [account.sector]\n",
              NULL);
    pages_put(&p, "vocabulary/more", "spelling: { teh: the, Philipines: Elsewhere }\n", NULL);
    const struct manual *m = pages_compile(&p);
    const struct vocabulary *v = &m->vocabularies[1];

    assert_str(v->page->name, "sectors");
    assert_true(strmap_get(v->term_by_fold, STR("medical"), &term) && term == 0);
    assert_true(strmap_get(v->term_by_fold, STR("technolgy"), &term) && term == 1);
    assert_true(strmap_get(v->empty_by_fold, STR("select"), &term));
    assert_true(v->closed);
    assert_int_equal(v->n_replacements, 2);
    assert_str(v->replacements[1][0], "st.");
    assert_str(v->replacements[1][1], "Street");
    assert_int_equal(v->n_suffixes, 3);
    assert_str(v->suffixes[0][0], "inc");
    assert_str(v->suffixes[1][0], "incorporated");
    assert_str(v->suffixes[1][1], "Inc");
    assert_str(v->suffixes[2][0], "co");
    assert_str(v->suffixes[2][1], "");
    assert_int_equal(v->n_applies, 1);
    assert_int_equal(field(m, "account", "sector")->vocabulary, 1);
    assert_int_equal(m->style->n_replacements, 3); /* the first page by name wins */
    assert_str(m->style->replacements[1][1], "Elsewhere");
    assert_int_equal(m->style->n_suffixes, 3);
    manual_unpin(m);
    arena_free(a);
}

TEST(a_calendar_serves_its_roles_and_teams)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);
    struct str rep = STR("sales-rep");

    pages_put(&p, "calendar/company",
              "zone: Europe/Berlin\nhours: { mon-thu: [\"9:00-12:30\", \"13:30-17:00\"], fri: "
              "\"9:00-15:00\" }\n"
              "holidays: [2026-12-25, { date: 2026-01-01, name: New Year }]\ndefault: true\n",
              NULL);
    pages_put(&p, "calendar/west",
              "zone: America/Los_Angeles\nhours: { mon-fri: \"8:00-16:00\" }\nteams: [West]\n",
              NULL);
    pages_put(&p, "calendar/reps", "hours: { mon-sun: \"0:00-24:00\" }\nroles: [sales-rep]\n",
              NULL);
    const struct manual *m = pages_compile(&p);
    const struct worktime *wt = manual_worktime(m, STR_NONE, NULL, 0);

    assert_str(zone_name(wt->zone), "Europe/Berlin");
    assert_int_equal(wt->spans[0], 2);
    assert_int_equal(wt->spans[4], 1);
    assert_int_equal(wt->spans[5], 0);
    assert_int_equal(wt->week[0][1].from_min, 13 * 60 + 30);
    assert_int_equal(wt->n_holidays, 2);
    assert_int_equal(wt->holidays[0], civil_days(2026, 1, 1));
    assert_str(zone_name(manual_worktime(m, STR("West"), NULL, 0)->zone), "America/Los_Angeles");
    assert_int_equal(manual_worktime(m, STR("West"), &rep, 1)->spans[6], 1);
    manual_unpin(m);
    arena_free(a);
}

TEST(a_role_says_what_it_may_do)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "role/intern",
              "reports_to: sales-rep\nduties: [Learns., Asks.]\ncan: { \"*\": { read: team }, "
              "lead: { read: all, create: yes, update: own, delete: none }, deal: own }\n"
              "fields: { deal: { amount: read, closed_at: none } }\nrights: [import, "
              "see-figures]\ndefault: true\n",
              NULL);
    const struct manual *m = pages_compile(&p);
    const struct role *r = manual_role(m, STR("intern"));
    int lead = manual_object_index(m, "lead"), deal = manual_object_index(m, "deal"),
        account = manual_object_index(m, "account");

    assert_non_null(r);
    assert_str(r->reports_to, "sales-rep");
    assert_int_equal(r->n_duties, 2);
    assert_int_equal(r->can[account][VERB_READ], SCOPE_TEAM);
    assert_int_equal(r->can[account][VERB_CREATE], SCOPE_NONE);
    assert_int_equal(r->can[lead][VERB_READ], SCOPE_ALL);
    assert_int_equal(r->can[lead][VERB_CREATE], SCOPE_ALL);
    assert_int_equal(r->can[lead][VERB_UPDATE], SCOPE_OWN);
    assert_int_equal(r->can[deal][VERB_READ], SCOPE_OWN);
    assert_int_equal(r->can[deal][VERB_CREATE], SCOPE_ALL);
    assert_int_equal(r->can[deal][VERB_EXPORT], SCOPE_NONE);
    assert_int_equal(r->field_rights[deal][field(m, "deal", "amount")->index], FR_READ);
    assert_int_equal(r->field_rights[deal][field(m, "deal", "closed_at")->index], FR_NONE);
    assert_int_equal(r->field_rights[deal][field(m, "deal", "name")->index], FR_WRITE);
    assert_null(r->field_rights[lead]);
    assert_int_equal(r->rights, 1u << RIGHT_IMPORT | 1u << RIGHT_SEE_FIGURES);
    assert_true(r->is_default);
    assert_int_equal(field(m, "user", "roles")->n_options, 3);
    manual_unpin(m);
    arena_free(a);
}

static const char new_lead[] =
    "label: From contact to qualified\nobject: lead\nstarts_when: status = 'New'\nrestart: each "
    "time\nstages:\n"
    "  - name: Capture\n    idle_after: 14d\n    probability: 10\n    steps:\n"
    "      - name: Assign an owner\n        role: sales-manager\n        due: 24h\n        "
    "done_when: owner is not empty\n        escalation: unowned\n"
    "      - name: First reply\n        role: owner\n        due: 4 business hours\n        "
    "template: hello\n        needs: [source]\n"
    "        asks: [{ label: Reached, set: { status: Contacted, replied_at: now }, activity: { "
    "kind: call, direction: out } }, { label: No answer, then: again in 1d }]\n"
    "  - name: Qualify\n    enter_when: owner is not empty\n    needs: [budget]\n    leave_when: "
    "budget > 0\n    steps: [{ name: Study, role: owner, optional: true }]\n"
    "ends:\n  - { name: Qualified, when: status = 'Qualified', then: convert }\n  - { name: "
    "Disqualified, needs: [lost_reason] }\n";
static const char new_lead_body[] =
    "We answer people.\n\n## First reply\n> Why: they forget us.\n\nWrite.\n\n## Qualify\nAsk.\n";
static const char unowned[] = "levels: [{ name: Manager, after: 30m, who: role:sales-manager, how: "
                              "task }, { name: Reps, after: 1h, who: next free role:sales-rep }]\n"
                              "cover: superior\nend: { who: user:boss@example.com, how: task }\n";

TEST(a_workflow_has_stages_steps_and_ends)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "workflow/new-lead", new_lead, new_lead_body);
    pages_put(&p, "escalation/unowned", unowned, NULL);
    pages_put(&p, "template/hello", "channel: email\nobject: lead\nsubject: Hello {{name}}\n",
              "# Opening\nHello {{name or 'there'}}\n");
    const struct manual *m = pages_compile(&p);
    const struct workflow *w = &m->workflows[0];
    const struct step *step;

    assert_str(w->page->label, "From contact to qualified");
    assert_int_equal(w->object, manual_object_index(m, "lead"));
    assert_true(w->restart);
    assert_non_null(w->starts_when.e);
    assert_int_equal(w->n_stages, 2);
    assert_int_equal(w->stages[0].probability, 10);
    assert_int_equal(w->stages[0].idle_after.us, 14 * US_PER_DAY);
    assert_int_equal(w->stages[1].probability, -1);
    assert_int_equal(w->stages[1].n_needs, 1);
    assert_non_null(w->stages[1].leave_when.e);
    assert_non_null(w->stages[1].section);
    step = &w->stages[0].steps[0];
    assert_str(step->role, "sales-manager");
    assert_int_equal(step->due.us, 24 * US_PER_HOUR);
    assert_non_null(step->done_when.e);
    assert_int_equal(step->escalation, 0);
    assert_int_equal(step->template_page, -1);
    step = &w->stages[0].steps[1];
    assert_int_equal(step->due.business_us, 4 * US_PER_HOUR);
    assert_int_equal(step->template_page, 0);
    assert_str(step->section->why, "they forget us.");
    assert_int_equal(step->n_needs, 1);
    assert_int_equal(step->n_outcomes, 2);
    assert_int_equal(step->outcomes[0].n_set, 2);
    assert_str(step->outcomes[0].set[1][1], "now");
    assert_str(step->outcomes[0].activity_kind, "call");
    assert_true(step->outcomes[1].is_again);
    assert_int_equal(step->outcomes[1].again.us, US_PER_DAY);
    assert_true(w->stages[1].steps[0].optional);
    assert_true(w->ends[0].convert);
    assert_int_equal(w->ends[1].n_needs, 1);
    manual_unpin(m);
    arena_free(a);
}

TEST(an_escalation_ends_with_somebody)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "escalation/unowned", unowned, NULL);
    const struct manual *m = pages_compile(&p);
    const struct escalation *e = &m->escalations[0];

    assert_int_equal(e->object, -1);
    assert_true(e->cover_superior);
    assert_int_equal(e->n_levels, 3);
    assert_true(e->levels[0].as_task);
    assert_int_equal(e->levels[0].who.kind, WHO_ROLE);
    assert_int_equal(e->levels[1].who.kind, WHO_NEXT_FREE);
    assert_str(e->levels[1].who.name, "sales-rep");
    assert_false(e->levels[1].as_task);
    assert_int_equal(e->levels[2].who.kind, WHO_USER);
    assert_int_equal(e->levels[2].after.us, US_PER_HOUR);
    assert_true(e->levels[2].as_task);
    manual_unpin(m);
    arena_free(a);
}

TEST(policies_of_all_three_clocks)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "escalation/unowned", unowned, NULL);
    pages_put(&p, "policy/assigned",
              "for: lead\nwhen: open\nmust: owner is not empty\nwithin: 24h\nof: "
              "created_at\nowed_by: role:sales-manager\nmode: fix\nremind_before: 2h\n"
              "on_breach: [{ notify: owner }, { set: { source: Web } }, { assign: next free "
              "role:sales-rep }, { escalate: unowned }, { task: Look }, { tag: late }]\n"
              "except: source = 'Import'\napplies_to: all\n",
              NULL);
    pages_put(&p, "policy/touch",
              "for: account\nevery: working day\ncount: activities where kind in ('call', 'email') "
              "and direction = 'out'\nat_least: 2\n"
              "seasons: [{ from: 2026-12-15, to: 2027-01-05, at_least: 0 }]\n",
              NULL);
    pages_put(&p, "policy/touch2", "for: account\nevery: week\nmust: count(activities)\n", NULL);
    pages_put(&p, "policy/won",
              "for: deal\nwhen: stage = 'Won'\nmust: amount > 0 and close_date is not "
              "empty\nalways: true\nmode: block\n",
              NULL);
    pages_put(&p, "policy/reply",
              "for: lead\nwhen: status = 'Contacted'\nmust: replied_at is not empty\nwithin: 2 "
              "business days\n",
              NULL);
    const struct manual *m = pages_compile(&p);
    const struct policy *q = &m->policies[0];

    assert_int_equal(q->mode, PM_FIX);
    assert_int_equal(q->clock, PC_WITHIN);
    assert_int_equal(q->of_field, F_CREATED_AT);
    assert_int_equal(q->owed_by.kind, WHO_ROLE);
    assert_int_equal(q->n_on_breach, 6);
    assert_int_equal(q->on_breach[1].kind, ACT_SET);
    assert_str(q->on_breach[1].set[0][1], "Web");
    assert_int_equal(q->on_breach[3].escalation, 0);
    assert_str(q->on_breach[4].text, "Look");
    assert_true(q->applies_to_all);
    assert_non_null(q->except.e);
    assert_str(q->sentence, "Every open lead (except where source is Import) must have an owner within "
                            "24 hours of its creation.");
    q = &m->policies[1];
    assert_str(q->page->name, "reply");
    assert_int_equal(q->mode, PM_OFF);
    assert_int_equal(q->of_field, -1);
    assert_int_equal(q->within.business_days, 2);
    assert_int_equal(q->owed_by.kind, WHO_OWNER);
    assert_str(q->sentence, "Every lead where status is Contacted must have a replied at within 2 "
                            "business days from then.");
    q = &m->policies[2];
    assert_int_equal(q->clock, PC_EVERY);
    assert_int_equal(q->period, PP_WORKING_DAY);
    assert_int_equal(q->at_least, 2);
    assert_non_null(q->count_where.e);
    assert_non_null(q->count.e);
    assert_int_equal(expr_object_of(q->count_where.e), manual_object_index(m, "activity"));
    assert_int_equal(q->n_seasons, 1);
    assert_int_equal(q->seasons[0].at_least, 0);
    assert_has(q->sentence, "Every account must have at least 2 activities where");
    q = &m->policies[3];
    assert_null(q->count_where.e);
    assert_non_null(q->count.e);
    q = &m->policies[4];
    assert_int_equal(q->clock, PC_ALWAYS);
    assert_has(q->sentence, "Every deal where stage is Won, always: ");
    manual_unpin(m);
    arena_free(a);
}

TEST(a_page_is_wrapped_and_the_words_in_it_are_not)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "template/wrapped", "channel: email\n",
              "## Opening\nthank you for writing. You asked about [what they asked, in their own words, and one\n"
              "thing only they could have told us].\n\nThat is all.\n\n## End\n- one thing that is a long item of a list, as long as the page is wide, and then\n"
              "- another\n\nVera\n+1 415 555 0102\n");
    const struct manual *m = pages_compile(&p);
    const struct template_page *t = &m->templates[0];

    assert_str(t->passages[0].text, "thank you for writing. You asked about [what they asked, in their own words, and one thing only they "
                                    "could have told us].\n\nThat is all.");
    assert_str(t->passages[1].text, "- one thing that is a long item of a list, as long as the page is wide, and then\n- another\n\nVera\n+1 415 555 0102");
    manual_unpin(m);
    arena_free(a);
}

TEST(templates_guides_metrics_and_packs)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(
        &p, "template/hello",
        "channel: email\nobject: contact\nsubject: For {{account.name}}\npersonal: [Opening]\n",
        "What it is for.\n\n## Opening\n> Why: a name opens doors.\n\nHello {{first_name or "
        "'there'}}, {{me.name}} here.\n\n## Close\nBye, {{owner.name}}\n");
    pages_put(&p, "template/call",
              "channel: call\npassages: [{ name: Ask, text: How are you?, why: Be kind., personal: "
              "true }]\n",
              NULL);
    pages_put(&p, "template/bare", "channel: note\n", "Only a body.\n");
    pages_put(&p, "guide/tone",
              "channel: email\navoid: [{ say: ASAP, instead: by Friday, why: It is rude. "
              "}]\nsentence_words_max: 20\ngreeting: required\nstructure: [Next step]\n",
              NULL);
    pages_put(&p, "metric/won",
              "of: deal\nmeasure: sum\nvalue: amount\nwhere: stage = 'Won'\nby: [owner, stage, "
              "close_date by month, owner.team]\ntarget: 10000\n",
              NULL);
    pages_put(&p, "metric/rate",
              "of: deal\nmeasure: rate\nrate_of: stage = 'Won'\nwhere: stage in ('Won', 'Lost')\n",
              NULL);
    pages_put(&p, "metric/cycle",
              "of: deal\nmeasure: time between\nfrom: engage_date\nto: close_date\nunit: "
              "days\nbetter: lower\n",
              NULL);
    pages_put(&p, "pack/base", "for: Everybody.\nversion: 1.0\nlanguage: en\n", NULL);
    const struct manual *m = pages_compile(&p);
    const struct template_page *t = &m->templates[2];

    assert_int_equal(t->channel, CH_EMAIL);
    assert_int_equal(t->n_passages, 2);
    assert_str(t->passages[0].name, "Opening");
    assert_true(t->passages[0].personal);
    assert_str(t->passages[0].why, "a name opens doors.");
    assert_false(t->passages[1].personal);
    assert_int_equal(m->templates[1].channel, CH_CALL);
    assert_int_equal(m->templates[1].object, -1);
    assert_str(m->templates[1].passages[0].why, "Be kind.");
    assert_int_equal(m->templates[0].n_passages, 1);
    assert_str(m->templates[0].passages[0].text, "Only a body.");
    assert_int_equal(m->guides[0].sentence_words_max, 20);
    assert_true(m->guides[0].greeting_required);
    assert_str(m->guides[0].avoid[0][1], "by Friday");
    assert_int_equal(m->metrics[0].measure, MEASURE_TIME_BETWEEN);
    assert_true(m->metrics[0].lower_is_better);
    assert_non_null(m->metrics[1].numerator.e);
    assert_int_equal(m->metrics[2].n_by, 4);
    assert_int_equal(m->metrics[2].by[2].bucket, BY_MONTH);
    assert_str(m->metrics[2].by[2].text, "close_date by month");
    assert_str(m->packs[0].version, "1.0");
    manual_unpin(m);
    arena_free(a);
}

static bool reads(const struct rule_refs *refs, int kind, int index, const char *path, bool related)
{
    for (size_t i = 0; i < refs->n; i++)
        if ((int)refs->refs[i].kind == kind && refs->refs[i].index == index &&
            str_eq(refs->refs[i].path, str_from(path)) && refs->refs[i].related == related)
            return true;
    return false;
}

TEST(a_changed_field_names_the_rules_that_read_it)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "escalation/unowned", unowned, NULL);
    pages_put(&p, "template/hello", "channel: email\n", "Hello\n");
    pages_put(&p, "workflow/new-lead", new_lead, NULL);
    pages_put(&p, "policy/a",
              "for: contact\nwhen: account.sector = 'x'\nmust: count(account.deals where stage = "
              "'Won') > 0\nwithin: 1d\n",
              NULL);
    pages_put(
        &p, "policy/b",
        "for: lead\nmust: count(activities where kind = 'call') > 0\nwithin: 1d\nof: replied_at\n",
        NULL);
    const struct manual *m = pages_compile(&p);
    int lead = manual_object_index(m, "lead"), contact = manual_object_index(m, "contact"),
        account = manual_object_index(m, "account"), deal = manual_object_index(m, "deal"),
        activity = manual_object_index(m, "activity");

    assert_true(
        reads(&m->reads[lead][field(m, "lead", "status")->index], RR_WORKFLOW, 0, "", false));
    assert_true(
        reads(&m->reads[lead][field(m, "lead", "lost_reason")->index], RR_WORKFLOW, 0, "", false));
    assert_true(reads(&m->reads[lead][F_OWNER], RR_WORKFLOW, 0, "", false));
    assert_true(
        reads(&m->reads[contact][field(m, "contact", "account")->index], RR_POLICY, 0, "", false));
    assert_true(reads(&m->reads[account][field(m, "account", "sector")->index], RR_POLICY, 0,
                      "account", false));
    assert_true(m->reads[deal][field(m, "deal", "stage")->index].n > 0);
    assert_true(m->reads[deal][field(m, "deal", "account")->index].n > 0);
    assert_true(m->reads_rows[deal].n > 0);
    assert_int_equal(m->reads_rows[deal].refs[0].via_object, contact);
    assert_true(reads(&m->reads_rows[activity], RR_POLICY, 1, "activities", true));
    assert_true(reads(&m->reads[activity][field(m, "activity", "kind")->index], RR_POLICY, 1,
                      "activities", true));
    assert_true(
        reads(&m->reads[lead][field(m, "lead", "replied_at")->index], RR_POLICY, 1, "", false));
    assert_int_equal(m->reads[lead][field(m, "lead", "name")->index].n, 0);
    manual_unpin(m);
    arena_free(a);
}

TEST(pages_are_found_by_their_path)
{
    struct arena *a = arena_new(0);
    struct pages p = pages_base(a);

    pages_put(&p, "policy/x",
              "label: The rule\nowner: sales-manager\nreview: 2027-01-01\nfor: lead\nmust: owner "
              "is not empty\nalways: yes\n",
              "> Why: it helps.\n");
    const struct manual *m = pages_compile(&p);
    const struct page *page = manual_page(m, STR("policy/x"));

    assert_non_null(page);
    assert_str(page->label, "The rule");
    assert_str(page->owner, "sales-manager");
    assert_int_equal(page->review, civil_days(2027, 1, 1));
    assert_str(page->why, "it helps.");
    assert_null(manual_page(m, STR("policy/y")));
    assert_null(manual_role(m, STR("nobody")));
    assert_str(manual_page(m, STR("role/sales-rep"))->label, "Sales rep");
    manual_unpin(m);
    arena_free(a);
}

TEST(thousands_of_pages_compile_in_a_second)
{
    struct arena *a = arena_new(0);
    struct pages base = pages_base(a);
    struct page_file *files = NEW_ARRAY(a, base.list.n + 5000, struct page_file);
    struct findings findings = {.arena = a};
    const struct manual *m;
    size_t n = base.list.n;

    memcpy(files, base.list.at, n * sizeof *files);
    for (int i = 0; i < 5000; i++) {
        files[n].path = str_fmt(a, "policy/p%d", i);
        files[n++].text =
            str_fmt(a,
                    "---\nkind: policy\nname: p%d\nfor: lead\nwhen: status = 'New' and source != "
                    "'Import'\nmust: owner is not empty and budget > %d\nwithin: 24h\n"
                    "owed_by: role:sales-manager\n---\nText.\n\n## Heading\n> Why: a "
                    "reason.\n\nMore text.\n",
                    i, i);
    }
    int64_t from = clock_mono_us();
    assert_ok(manual_compile(a, files, n, 1, &findings, &m));
    int64_t took = clock_mono_us() - from;
    print_message("%zu pages in %lld ms\n", n, (long long)(took / 1000));
    /* one second on an idle machine, without sanitizers */
    assert_true(took < (TEST_SANITIZED ? 20 : 3) * US_PER_SECOND);
    manual_unpin(m);
    arena_free(a);
}

TEST_MAIN(the_empty_manual_has_the_objects_of_the_program, an_object_has_its_system_fields_first,
          every_key_of_a_field_is_read, references_make_relations_on_both_sides,
          a_vocabulary_finds_terms_however_they_are_written, a_calendar_serves_its_roles_and_teams,
          a_role_says_what_it_may_do, a_workflow_has_stages_steps_and_ends,
          an_escalation_ends_with_somebody, policies_of_all_three_clocks,
          a_page_is_wrapped_and_the_words_in_it_are_not, templates_guides_metrics_and_packs, a_changed_field_names_the_rules_that_read_it,
          pages_are_found_by_their_path, thousands_of_pages_compile_in_a_second)
