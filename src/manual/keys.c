#include "manual/keys_impl.h"

#include <stddef.h>

#define KEY(name, type, fallback, doc, example) \
    { \
        name, type, false, fallback, doc, example, NULL, NULL \
    }
#define MUST(name, type, doc, example) \
    { \
        name, type, true, NULL, doc, example, NULL, NULL \
    }
#define WORD(name, words, fallback, doc, example) \
    { \
        name, KT_WORD, false, fallback, doc, example, words, NULL \
    }
#define MUST_WORD(name, words, doc, example) \
    { \
        name, KT_WORD, true, NULL, doc, example, words, NULL \
    }
#define OF(name, type, table, fallback, doc, example) \
    { \
        name, type, false, fallback, doc, example, NULL, &table \
    }
#define MUST_OF(name, type, table, doc, example) \
    { \
        name, type, true, NULL, doc, example, NULL, &table \
    }
#define END \
    { \
        NULL, KT_TEXT, false, NULL, NULL, NULL, NULL, NULL \
    }

const char *const policy_mode_words[] = {"off", "watch", "remind", "fix", "block", NULL};
const char *const channel_words[] = {"any", "email", "call", "voicemail", "note", "message", NULL};
const char *const measure_words[] = {"count", "sum", "avg", "median", "rate", "time between", NULL};
const char *const period_words[] = {"day", "working day", "week", "month", "quarter", NULL};
const char *const field_right_words[] = {"none", "read", "write", NULL};
const char *const clean_words[] = {"trim",     "spaces", "title", "upper", "lower",
                                   "sentence", "phone",  "email", "url",   "address",
                                   "company",  "none",   NULL};
const char *const weekday_words[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
static const char *const how_words[] = {"notify", "task", NULL};
static const char *const closed_words[] = {"won", "lost", NULL};
static const char *const restart_words[] = {"never", "each time", NULL};
static const char *const then_words[] = {"convert", "none", NULL};
static const char *const required_words[] = {"required", "optional", NULL};
static const char *const better_words[] = {"higher", "lower", NULL};
static const char *const applies_words[] = {"all", "new", NULL};
static const char *const start_words[] = {"anyone", NULL};
static const char *const cover_words[] = {"superior", "none", NULL};
static const char *const pages_words[] = {"all", NULL};
static const char *const unit_words[] = {"days", NULL};
static const char *const direction_words[] = {"in", "out", "internal", NULL};
static const char *const type_words[] = {
#define FIELD_TYPE(id, word, et, store, doc) word,
#include "expr/field_types.def"
#undef FIELD_TYPE
    NULL,
};

const struct key common_keys[] = {
    MUST("kind", KT_TEXT, "The kind of page; equals the folder the file is in.", "policy"),
    MUST("name", KT_NAME,
         "The name of the page; equals the file name without `.md`. Lower-case letters, digits, "
         "`_` and `-`.",
         "lead-assigned"),
    KEY("label", KT_TEXT, "the name with blanks, capitalised", "What people read.",
        "Every lead has an owner"),
    KEY("owner", KT_NAME, NULL, "The role responsible for the page.", "sales-manager"),
    KEY("review", KT_DATE, NULL, "The day by which somebody should look at the page again.",
        "2027-03-01"),
    END,
};

/* ---- object ---- */
static const struct key option_keys[] = {
    MUST("name", KT_TEXT, "The value as it is stored and compared.", "Won"),
    KEY("label", KT_TEXT, "the name", "What people read.", "Won"),
    WORD("closed", closed_words, NULL, "The option ends the record's way: won or lost.", "won"),
    END,
};
static const struct key_table option_table = {
    "An option", "An option is a text, or a mapping with these keys.", option_keys};

static const struct key field_keys[] = {
    MUST_WORD("type", type_words, "What the field holds.", "money"),
    KEY("label", KT_TEXT, "the name with blanks, capitalised", "What people read.", "Budget"),
    KEY("help", KT_TEXT, NULL, "A sentence shown beside the field.",
        "What the customer said they can spend"),
    KEY("required", KT_YES_NO, "no", "A record cannot be saved without it.", "yes"),
    KEY("default", KT_TEXT, NULL, "The value of a new record: a literal, or `me`, `now`, `today`.",
        "Prospecting"),
    KEY("unique", KT_YES_NO, "no", "No two records have the same value.", "yes"),
    KEY("clean", KT_TEXTS, "what suits the type",
        "What is done to a value before it is stored: `trim`, `spaces` (one blank between words), "
        "`title`, `upper`, "
        "`lower`, `sentence`, `phone`, `email`, `url`, `address`, `company`, or `none`.",
        "[trim, spaces]"),
    KEY("vocabulary", KT_NAME, NULL,
        "The vocabulary whose terms are the options (choice), or whose spelling the text is "
        "cleaned with.",
        "sectors"),
    OF("options", KT_MIXED, option_table, NULL, "The values of a choice or multi-choice.",
       "[Prospecting, Engaging, Won, Lost]"),
    KEY("min", KT_TEXT, NULL, "Least number, first date, or least length of a text.", "0"),
    KEY("max", KT_TEXT, "1000 characters for a text",
        "Greatest number, last date, or greatest length of a text.", "200"),
    KEY("scale", KT_NUMBER, "2", "Decimal places of a decimal, 1 to 8.", "1"),
    KEY("currency", KT_TEXT, NULL,
        "ISO 4217 code of a money field when a value names none. Required for money.", "USD"),
    KEY("to", KT_TEXT, NULL,
        "The object a reference points to; `any` for references to every object.", "account"),
    KEY("back", KT_NAME, NULL,
        "The name of the relation on the other object, for `count(deals)` and the like.", "deals"),
    KEY("pattern", KT_TEXT, NULL, "How an auto-number looks; the braces hold one 0 per digit.",
        "D-{00000}"),
    KEY("formula", KT_EXPR, NULL, "The expression a formula field computes.",
        "today - day(created_at)"),
    KEY("search", KT_YES_NO, "yes for text, email, phone, url and address",
        "The field is found by the full-text search.", "no"),
    KEY("index", KT_YES_NO, "no",
        "Filters on the field are fast also on many records; each index makes saving a little "
        "slower.",
        "yes"),
    KEY("required_when", KT_EXPR, NULL,
        "A record cannot be saved without the field while this holds.", "stage = 'Lost'"),
    KEY("visible_when", KT_EXPR, NULL, "The form shows the field only while this holds.",
        "stage = 'Lost'"),
    KEY("readonly_when", KT_EXPR, NULL, "The field cannot be changed while this holds.",
        "stage in ('Won', 'Lost')"),
    KEY("personal", KT_YES_NO, "no",
        "The field holds personal data: reading it in bulk is logged, erasure empties it.", "yes"),
    KEY("country", KT_TEXT, NULL, "Country of phone numbers written without one, ISO 3166 alpha-2.",
        "US"),
    KEY("hidden", KT_YES_NO, "no", "Retired: the field is no longer offered and keeps its values.",
        "yes"),
    END,
};
static const struct key_table field_table = {
    "A field", "The names below `fields` are the fields of the object.", field_keys};

static const struct key group_keys[] = {
    KEY("label", KT_TEXT, NULL, "Heading of the group.", "Facts"),
    MUST("fields", KT_TEXTS, "Fields in their order.", "[name, amount]"),
    END,
};
static const struct key_table group_table = {"A group of the detail layout", NULL, group_keys};
static const struct key layout_keys[] = {
    KEY("list", KT_TEXTS, "the title and the first fields", "Columns of the list.",
        "[name, account, amount, stage, owner]"),
    OF("detail", KT_TABLES, group_table, "one group with all fields", "Groups of the detail view.",
       "[{ label: Facts, fields: [name, amount] }]"),
    KEY("form", KT_TEXTS, "all fields that can be written", "Fields of the form for a new record.",
        "[name, account, amount]"),
    END,
};
static const struct key_table layout_table = {"Layouts", NULL, layout_keys};
static const struct key object_keys[] = {
    KEY("plural", KT_TEXT, "the label with an s", "What people read for many.", "Deals"),
    KEY("icon", KT_NAME, NULL, "Name of an icon.", "handshake"),
    KEY("title", KT_NAME, "the first text field",
        "The field that names a record in lists; may be a formula.", "name"),
    KEY("name_pattern", KT_TEXT, NULL,
        "Composes the title when it is empty; fields in braces, through references too.",
        "{account.name} – {created_at.year}"),
    KEY("active_when", KT_EXPR, NULL, "What \"active\" means for these records.",
        "stage not in ('Won', 'Lost')"),
    KEY("open_when", KT_EXPR, NULL, "What the word `open` means in expressions on this object.",
        "closed_at is empty"),
    KEY("time", KT_NAME, "created_at",
        "The field that orders `last()` and `first()` of these records.", "at"),
    KEY("timeline", KT_YES_NO, "no",
        "Its records appear on the timelines of the records they are linked to.", "yes"),
    KEY("duplicates", KT_MIXED, NULL,
        "Sets of fields; records that agree in all fields of a set are probably the same.",
        "[[email], [name, city]]"),
    MUST_OF("fields", KT_NAMED, field_table, "The fields of the object, besides the system fields.",
            "{ name: { type: text, required: true } }"),
    OF("layouts", KT_TABLE, layout_table, NULL, "Which fields are shown where.",
       "{ list: [name, owner] }"),
    END,
};

/* ---- vocabulary, calendar, role ---- */
static const struct key vocabulary_keys[] = {
    KEY("terms", KT_FREE, NULL,
        "The terms, each with the other ways it is written; these are compared folded (case, "
        "accents).",
        "{ Healthcare: [Medical, Hosp.] }"),
    KEY("spelling", KT_FREE, NULL, "Whole words replaced in any text cleaned with this vocabulary.",
        "{ Philipines: Philippines }"),
    KEY("abbreviations", KT_FREE, NULL, "Abbreviations written out.", "{ \"St.\": Street }"),
    KEY("company_suffixes", KT_FREE, NULL,
        "Legal forms: how they are written here, and the variants; under \"\" those that are "
        "dropped.",
        "{ Inc: [Inc., Incorporated] }"),
    KEY("empty", KT_TEXTS, NULL, "Cells that mean \"no answer\".", "[Select, n/a, \"-\"]"),
    KEY("closed", KT_YES_NO, "no",
        "An unknown value is an error; otherwise it is kept and reported as doubtful.", "yes"),
    KEY("applies_to", KT_TEXTS, NULL, "Further text fields cleaned by this vocabulary.",
        "[account.sector, lead.industry]"),
    END,
};
static const struct key calendar_keys[] = {
    KEY("zone", KT_TEXT, "UTC", "Time zone.", "America/New_York"),
    MUST("hours", KT_FREE, "Working hours per weekday or range of weekdays.",
         "{ mon-fri: \"9:00-17:00\" }"),
    KEY("holidays", KT_MIXED, NULL, "Days off: dates, or mappings with `date` and `name`.",
        "[2026-12-25, { date: 2027-01-01, name: New Year }]"),
    KEY("default", KT_YES_NO, "no", "The calendar of everybody without another one.", "yes"),
    KEY("teams", KT_TEXTS, NULL, "Teams that work by it.", "[West]"),
    KEY("roles", KT_TEXTS, NULL, "Roles that work by it.", "[support]"),
    END,
};
static const struct key role_keys[] = {
    KEY("reports_to", KT_NAME, NULL, "The role above.", "sales-manager"),
    KEY("duties", KT_TEXTS, NULL, "What the role is there for, one sentence each.",
        "[Answers every new lead within a day.]"),
    KEY("can", KT_FREE, NULL,
        "Rights per object (`\"*\"`: every object). Verbs `read create update assign archive "
        "delete export`; scopes `none own "
        "team below all`, `yes` or `no` for create. A scope alone means read, update and create.",
        "{ lead: { read: team, create: yes, update: own }, \"*\": { read: all } }"),
    KEY("fields", KT_FREE, NULL, "Rights on single fields: `none`, `read` or `write`.",
        "{ deal: { cost: none } }"),
    KEY("rights", KT_TEXTS, NULL,
        "Special rights: `publish`, `purge`, `export-all`, `manage-users`, `manage-tokens`, "
        "`assign-anyone`, `bypass-gates`, "
        "`see-figures`, `import`, `see-breaches`.",
        "[publish, see-figures]"),
    KEY("default", KT_YES_NO, "no", "Given to new users without roles.", "yes"),
    END,
};

/* ---- workflow ---- */
static const struct key activity_keys[] = {
    MUST("kind", KT_TEXT, "Kind of the activity that is logged.", "call"),
    WORD("direction", direction_words, "out", "Its direction.", "out"),
    END,
};
static const struct key_table activity_table = {"A logged activity", NULL, activity_keys};
static const struct key outcome_keys[] = {
    MUST("label", KT_TEXT, "The answer as people choose it.", "Reached"),
    KEY("set", KT_FREE, NULL, "Fields set on the record: literals, `me`, `now` or `today`.",
        "{ status: Contacted }"),
    OF("activity", KT_TABLE, activity_table, NULL, "An activity logged with the answer.",
       "{ kind: call, direction: out }"),
    KEY("then", KT_TEXT, "next",
        "`next`: the step is done. `again in 1d`: it opens again after that time.", "again in 1d"),
    END,
};
static const struct key_table outcome_table = {"An answer of a step", NULL, outcome_keys};
static const struct key step_keys[] = {
    MUST("name", KT_TEXT, "What is to be done; a heading with the same text explains it.",
         "First reply"),
    MUST("role", KT_NAME, "The role responsible, or `owner` for whoever owns the record.", "owner"),
    KEY("due", KT_DURATION, NULL, "How long after the stage was entered it is due.",
        "4 business hours"),
    KEY("due_on", KT_NAME, NULL,
        "A date or date-time of the record: the step waits for that day and is due on it. While it is empty, "
        "`due` counts.",
        "next_contact"),
    KEY("done_when", KT_EXPR, NULL,
        "Closes the step by itself. Without it the step is finished by hand.",
        "count(activities where direction = 'out') > 0"),
    KEY("template", KT_NAME, NULL, "The template offered with the step.", "first-reply"),
    KEY("optional", KT_YES_NO, "no", "The stage can be left without it.", "yes"),
    KEY("escalation", KT_NAME, NULL, "The escalation started when the step is overdue.",
        "unowned-lead"),
    KEY("needs", KT_TEXTS, NULL, "Fields that must be filled to finish the step.", "[budget]"),
    OF("asks", KT_TABLES, outcome_table, NULL, "The answers offered when the step is finished.",
       "[{ label: Reached, set: { status: Contacted } }, { label: No answer, then: again in 1d }]"),
    END,
};
static const struct key_table step_table = {"A step", NULL, step_keys};
static const struct key stage_keys[] = {
    MUST("name", KT_TEXT, "The stage; a heading with the same text explains it.", "Qualify"),
    KEY("when", KT_EXPR, NULL,
        "Which records are at this stage. Without it the stage follows the one before.",
        "stage = 'Engaging'"),
    KEY("enter_when", KT_EXPR, NULL, "Must hold to enter the stage.", "owner is not empty"),
    KEY("needs", KT_TEXTS, NULL, "Fields that must be filled to leave the stage.",
        "[budget, timeline]"),
    KEY("leave_when", KT_EXPR, NULL, "Must hold to leave the stage.", "amount > 0"),
    KEY("max_steps", KT_NUMBER, "7", "Checking warns when the stage has more steps.", "9"),
    KEY("idle_after", KT_DURATION, NULL,
        "A record that long at the stage without an activity counts as idle.", "14d"),
    KEY("probability", KT_NUMBER, NULL, "Chance to win from here, in percent.", "40"),
    OF("steps", KT_TABLES, step_table, NULL, "What is to be done at the stage.",
       "[{ name: First reply, role: owner, due: 24h }]"),
    END,
};
static const struct key_table stage_table = {"A stage", NULL, stage_keys};
static const struct key end_keys[] = {
    MUST("name", KT_TEXT, "How the workflow ended.", "Qualified"),
    KEY("when", KT_EXPR, NULL, "Ends the run by itself. Without it the end is chosen by hand.",
        "status = 'Qualified'"),
    KEY("needs", KT_TEXTS, NULL, "Fields that must be filled to enter the end.", "[lost_reason]"),
    WORD("then", then_words, "none", "`convert`: the lead becomes account, contact and deal.",
         "convert"),
    END,
};
static const struct key_table end_table = {"An end", NULL, end_keys};
static const struct key workflow_keys[] = {
    MUST("object", KT_NAME, "The object whose records go this way.", "lead"),
    KEY("starts_when", KT_EXPR, "every new record", "Starts a run for a record.", "status = 'New'"),
    MUST_OF("stages", KT_TABLES, stage_table, "The places on the way, in order.",
            "[{ name: Capture, steps: [...] }]"),
    MUST_OF("ends", KT_TABLES, end_table, "How the way can end.",
            "[{ name: Qualified, when: \"status = 'Qualified'\" }]"),
    WORD("restart", restart_words, "never",
         "`never`: one run per record. `each time`: another one whenever `starts_when` becomes "
         "true again and no run is open.",
         "each time"),
    END,
};

/* ---- template, guide ---- */
static const struct key passage_keys[] = {
    MUST("name", KT_TEXT, "Name of the passage.", "Opening"),
    MUST("text", KT_TEXT, "Its text, with merge fields in double braces.",
         "Hello {{first_name or 'there'}},"),
    KEY("why", KT_TEXT, NULL, "Why the passage is there.",
        "People answer people who know their name."),
    KEY("personal", KT_YES_NO, "no", "Must be rewritten for each reader.", "yes"),
    END,
};
static const struct key_table passage_table = {"A passage", NULL, passage_keys};
static const struct key template_keys[] = {
    MUST_WORD("channel", channel_words + 1, "Where the text is used.", "email"),
    KEY("object", KT_NAME, NULL, "The object whose fields are merged in.", "lead"),
    KEY("subject", KT_TEXT, NULL, "Subject line; may contain merge fields.",
        "Your question about {{company}}"),
    KEY("personal", KT_TEXTS, NULL, "Passages that must be rewritten for each reader.",
        "[Opening]"),
    OF("passages", KT_TABLES, passage_table, "the body: one passage per heading",
       "The passages in order.", "[{ name: Opening, text: Hello }]"),
    END,
};
static const struct key avoid_keys[] = {
    MUST("say", KT_TEXT, "The words to avoid.", "as per my last email"),
    KEY("instead", KT_TEXT, NULL, "What to say instead.", "as I wrote on Monday"),
    KEY("why", KT_TEXT, NULL, "The reason.", "It sounds like a reproach."),
    END,
};
static const struct key_table avoid_table = {"Words to avoid", NULL, avoid_keys};
static const struct key guide_keys[] = {
    WORD("channel", channel_words, "any", "Where the guide applies.", "email"),
    OF("avoid", KT_TABLES, avoid_table, NULL, "Words to avoid, and better ones.",
       "[{ say: ASAP, instead: by Friday }]"),
    KEY("prefer", KT_TEXTS, NULL, "Words we like.", "[you, we, today]"),
    KEY("sentence_words_max", KT_NUMBER, "no limit", "Longest sentence, in words.", "25"),
    WORD("greeting", required_words, "optional", "Whether a text must begin with a greeting.",
         "required"),
    KEY("structure", KT_TEXTS, NULL, "Headings of a good note, in order.",
        "[Situation, Agreed, Next step]"),
    END,
};

/* ---- policy, escalation ---- */
static const struct key action_keys[] = {
    KEY("notify", KT_WHO, NULL, "Tells somebody.", "role:sales-manager"),
    KEY("set", KT_FREE, NULL,
        "Sets fields of the record: literals, `me`, `now` or `today`. Needs mode `fix`.",
        "{ priority: High }"),
    KEY("assign", KT_WHO, NULL, "Gives the record to somebody. Needs mode `fix`.",
        "next free role:sales-rep"),
    KEY("escalate", KT_NAME, NULL, "Starts an escalation.", "unowned-lead"),
    KEY("task", KT_TEXT, NULL, "Opens a task with this title for whoever owes the rule.",
        "Call the customer"),
    KEY("tag", KT_TEXT, NULL, "Adds a tag. Needs mode `fix`.", "neglected"),
    END,
};
static const struct key_table action_table = {"An action on breach",
                                              "Each item has one of these keys.", action_keys};
static const struct key season_keys[] = {
    MUST("from", KT_DATE, "First day.", "2026-12-15"),
    MUST("to", KT_DATE, "Last day.", "2027-01-05"),
    MUST("at_least", KT_NUMBER, "What is expected per period meanwhile.", "0"),
    END,
};
static const struct key_table season_table = {"A season", NULL, season_keys};
static const struct key policy_keys[] = {
    MUST("for", KT_NAME, "The object whose records the rule is about.", "lead"),
    KEY("when", KT_EXPR, "every record", "Which of them.",
        "status not in ('Qualified', 'Disqualified')"),
    KEY("must", KT_EXPR, NULL,
        "What must hold. Required for `within` and `always`; with `every` it may stand in place of "
        "`count`, as `count(...)`.",
        "owner is not empty"),
    KEY("within", KT_DURATION, NULL,
        "It must hold within this time. One of `within`, `every`, `always` is required.",
        "4 business hours"),
    KEY("of", KT_NAME, "when",
        "Where the time begins: a date-time field, or `when`: the moment the record became one the "
        "rule is about.",
        "created_at"),
    WORD("every", period_words, NULL, "It must happen in each period.", "working day"),
    KEY("count", KT_TEXT, NULL, "With `every`: the related records that count, with a condition.",
        "activities where kind in ('call', 'email') and direction = 'out'"),
    KEY("at_least", KT_NUMBER, "1", "With `every`: how many per period.", "1"),
    KEY("per", KT_NAME, "owner", "With `every`: whose absences excuse a period.", "owner"),
    OF("seasons", KT_TABLES, season_table, NULL, "With `every`: times with another expectation.",
       "[{ from: 2026-12-15, to: 2027-01-05, at_least: 0 }]"),
    KEY("always", KT_YES_NO, NULL, "It must hold at every moment.", "yes"),
    KEY("owed_by", KT_WHO, "owner", "Who owes it: `owner`, `superior`, `role:name` or `user:mail`.",
        "role:sales-manager"),
    WORD("mode", policy_mode_words, "off",
         "`off` nothing; `watch` breaches only; `remind` also tasks and reminders; `fix` also the "
         "actions on breach that "
         "change data; `block`: an `always` policy refuses the save, a `within` policy behaves as "
         "`fix`.",
         "remind"),
    KEY("remind_before", KT_DURATION, NULL, "How long before it is due the reminder goes out.",
        "2h"),
    OF("on_breach", KT_TABLES, action_table, NULL, "What happens when the rule was not met.",
       "[{ notify: owner }]"),
    KEY("except", KT_EXPR, NULL, "Records the rule leaves alone.", "source = 'Import'"),
    WORD("applies_to", applies_words, "new",
         "`new`: only records created after publication. `all`: every record.", "all"),
    END,
};
static const struct key level_keys[] = {
    MUST("name", KT_TEXT, "The level; a heading with the same text explains it.", "The owner"),
    KEY("after", KT_DURATION, "at once",
        "Waiting time since the level before was reached and nobody acknowledged.", "30m"),
    MUST("who", KT_WHO,
         "Who is asked: `owner`, `superior`, `role:x`, `user:mail`, `on duty role:x`, `next free "
         "role:x`.",
         "on duty role:sales-rep"),
    WORD("how", how_words, "notify", "`notify` tells, `task` opens a task.", "task"),
    END,
};
static const struct key_table level_table = {"A level", NULL, level_keys};
static const struct key last_keys[] = {
    MUST(
        "who", KT_WHO,
        "Who is asked in the end: somebody who is always there, so neither `owner` nor `superior`.",
        "role:sales-director"),
    WORD("how", how_words, "task", "`notify` tells, `task` opens a task.", "task"),
    KEY("after", KT_DURATION, "as long as the level before waited, or 24 hours",
        "Waiting time since the last level.", "4h"),
    END,
};
static const struct key_table last_table = {"The end of an escalation", NULL, last_keys};
static const struct key escalation_keys[] = {
    KEY("object", KT_NAME, "any", "The object whose records can be escalated.", "lead"),
    MUST_OF("levels", KT_TABLES, level_table, "The levels in order.",
            "[{ name: The owner, who: owner, how: notify }]"),
    WORD("cover", cover_words, "none", "`superior`: who is absent is replaced by the person above.",
         "superior"),
    OF("end", KT_TABLE, last_table, NULL,
       "Where it ends when nobody acknowledged. Required unless the last level names a role or a "
       "user.",
       "{ who: role:sales-director, how: task }"),
    WORD("start", start_words, "anyone", "Who may start it by hand.", "anyone"),
    END,
};

/* ---- metric, pack ---- */
static const struct key metric_keys[] = {
    MUST("of", KT_NAME, "The object measured.", "deal"),
    MUST_WORD("measure", measure_words, "What is computed.", "sum"),
    KEY("value", KT_EXPR, NULL,
        "Field or expression that is summed or averaged. Required for `sum`, `avg` and `median`.",
        "amount"),
    KEY("where", KT_EXPR, "every record", "Which records.", "stage = 'Won'"),
    KEY("rate_of", KT_EXPR, NULL,
        "For `rate`: the records counted on top; below are those of `where`.", "stage = 'Won'"),
    KEY("from", KT_EXPR, NULL, "For `time between`: the beginning.", "engage_date"),
    KEY("to", KT_EXPR, NULL, "For `time between`: the end.", "close_date"),
    WORD("unit", unit_words, "days", "For `time between`.", "days"),
    KEY("by", KT_TEXTS, NULL,
        "Groupings offered: a value, or a date `by day`, `week`, `month`, `quarter` or `year`.",
        "[owner, stage, \"close_date by month\", owner.team]"),
    KEY("target", KT_TEXT, NULL, "The figure aimed at.", "60 %"),
    WORD("better", better_words, "higher", "Which way is good.", "lower"),
    END,
};
static const struct key pack_keys[] = {
    KEY("for", KT_TEXT, NULL, "Whom the pack is for, in one sentence.",
        "A team that sells to companies"),
    WORD("pages", pages_words, "all", "The pages that belong to it.", "all"),
    KEY("from", KT_NAME, NULL,
        "Another pack this one is built on: pages of it come along, where this pack has none of the "
        "same name.",
        "b2b-sales"),
    KEY("kinds", KT_TEXTS, "no kinds", "The kinds of pages that come along from there.",
        "[object, role, vocabulary, calendar]"),
    KEY("version", KT_TEXT, NULL, "Version of the pack.", "1.0"),
    KEY("language", KT_TEXT, NULL, "Language the pages are written in.", "en"),
    END,
};

const struct key_table key_tables[PK_COUNT] = {
    [PK_OBJECT] =
        {"object",
         "A kind of record: its fields, what \"open\" and \"active\" mean, which fields are shown "
         "where. "
         "Every object also has the system fields `id`, `created_at`, `created_by`, `updated_at`, "
         "`updated_by`, "
         "`owner`, `team`, `version`, `archived_at`, `deleted_at`, `tags` and `last_activity_at`.",
         object_keys},
    [PK_VOCABULARY] = {"vocabulary",
                       "One spelling for each thing: terms with their aliases, words to replace, "
                       "company suffixes.",
                       vocabulary_keys},
    [PK_CALENDAR] =
        {"calendar",
         "When people work: time zone, hours, holidays. Business hours and days are counted by it.",
         calendar_keys},
    [PK_ROLE] = {"role", "What a person is there for and may do. Several roles add up.", role_keys},
    [PK_WORKFLOW] = {"workflow",
                     "The way records of one object go: stages, and what is to be done at each. A "
                     "stage is entered when its "
                     "`when` becomes true, or, without `when`, when all mandatory steps of the one "
                     "before are done and its "
                     "`enter_when` holds.",
                     workflow_keys},
    [PK_TEMPLATE] =
        {"template",
         "A text people start from, with merge fields and the reason for each passage. A merge "
         "field is a field of "
         "the record in double braces, through references too; `{{me.name}}` is whoever writes; "
         "`{{first_name or 'there'}}` says what stands there when the field is empty.",
         template_keys},
    [PK_GUIDE] = {"guide", "How we write: words to avoid, sentence length, greeting, structure.",
                  guide_keys},
    [PK_POLICY] =
        {"policy",
         "A rule with a clock: something must hold within a time, in every period, or always.",
         policy_keys},
    [PK_ESCALATION] = {"escalation",
                       "Whom to ask, in which order and after how long, when something is stuck.",
                       escalation_keys},
    [PK_METRIC] = {"metric", "A figure with its definition; the body says in words what it means.",
                   metric_keys},
    [PK_PACK] = {"pack", "A starter manual: what it is for.", pack_keys},
};

const struct key *key_find(const struct key_table *table, struct str name, bool with_common)
{
    for (const struct key *k = table->keys; k->name; k++)
        if (str_eq(name, str_from(k->name)))
            return k;
    for (const struct key *k = common_keys; with_common && k->name; k++)
        if (str_eq(name, str_from(k->name)))
            return k;
    return NULL;
}
