/* docs/manual/expressions.md, made from the tables of the language. */
#include "expr/expr_impl.h"

static const char intro[] =
    "# Expressions\n"
    "\n"
    "Filters, gates, policies, metrics and rights are written in one small language that reads "
    "like a sentence about a record:\n"
    "\n"
    "```\n"
    "status = 'New' and owner is empty and created_at < now - 24h\n"
    "amount >= 10000 and stage in ('Proposal', 'Negotiation') and account.industry = 'Healthcare'\n"
    "count(activities where kind = 'call' and at >= today - 7d) >= 1\n"
    "last(activities).at < now - 14d or not exists(tasks where open)\n"
    "changed(stage) and was(stage) = 'Proposal'    -- where a change is judged\n"
    "```\n"
    "\n"
    "Every expression is checked before it is used: names, types, options and size. A mistake is "
    "reported with line and column, "
    "and with the name that was probably meant. An expression that was accepted cannot fail later, "
    "and gives the same answer "
    "wherever it is computed.\n"
    "\n"
    "## Values\n"
    "\n"
    "| written | is |\n"
    "|---|---|\n"
    "| `12`, `12.5`, `10_000` | a number: up to 18 digits, 8 of them after the point, at most "
    "10^15 |\n"
    "| `'New'`, `'it''s'` | a text; a quote inside is doubled |\n"
    "| `yes`, `no` | also `true`, `false` |\n"
    "| `empty` | nothing; `''` is the same |\n"
    "| `30m`, `24h`, `3d`, `2w` | a duration; also `30 minutes`, `24 hours`, `3 days`, `2 weeks` "
    "|\n"
    "| `2 business days`, `4 business hours` | working time; only added to or taken from fixed "
    "moments |\n"
    "| `'2026-01-31'` | a day, where it is compared with a date or date-time |\n"
    "| `'2026-01-31T08:30:00Z'` | a moment, where it is compared with a date or date-time |\n"
    "| `now`, `today`, `yesterday`, `tomorrow` | this moment and the days around it, in the time "
    "zone of whoever asks |\n"
    "| `this month`, `last quarter`, `next year` | a period: `last`, `this`, `next` with `week` "
    "(from Monday), `month`, `quarter`, `year` |\n"
    "| `me`, `my team` | the user who asks, and their teams |\n"
    "| `'123'` | a record by its id, where it is compared with a reference |\n"
    "\n"
    "A field is written by its name. A dot follows a reference, up to four times: "
    "`account.owner.name`. `id` is the record itself. "
    "A name that is also a word of the language stands in double quotes: `\"empty\"`. Words of the "
    "language may be "
    "written in capitals. `--` begins a comment that goes to the end of the line.\n"
    "\n";
static const char rules[] =
    "## Rules\n"
    "\n"
    "- **Empty.** A comparison with something empty is false, and its opposite true: `owner = me` "
    "is false without an owner, "
    "`owner != me` and `not owner = me` are true. A path through an empty reference, or one to a "
    "record in the bin or out of "
    "your sight, is empty. Calculating with something empty gives empty; dividing by zero too. "
    "Texts joined by `+` leave empty parts out.\n"
    "- **Order.** `not` binds strongest, then `and`, then `or`; comparisons come before them, `*` "
    "and `/` before `+` and `-`. Parentheses decide.\n"
    "- **Days and periods** are ranges. `x = today`: within the day. `x < today`: before it "
    "begins. `x <= today`: before it ends. "
    "`x > today`: after it has ended. `x >= today`: from its beginning on. The same holds for "
    "periods, and for a date-time compared with `'2026-01-31'`.\n"
    "- **Dates and durations.** A date moves by whole days, a date-time by any duration. `today - "
    "7d` is a day, `now - 7d` a moment. "
    "Two dates or two date-times differ by a duration; divide it by `1d` to get a number of days. "
    "In calculations, moments more "
    "than 15,000 years away count as empty.\n"
    "- **Texts** are equal if every letter is, and are ordered by their bytes. `contains`, `starts "
    "with` and `ends with` ignore case and accents "
    "in text fields; in choices, numbers given by the system and joined texts they ignore the case "
    "of A to Z alone; in phone numbers only digits and + count.\n"
    "- **Numbers** are compared exactly, to the last digit. Calculations are done in double "
    "precision. Money is compared by its amount in the field's own currency.\n"
    "- **Related records** in the bin, or out of your sight, do not exist for `count`, `exists` "
    "and the others. `where` speaks about the related "
    "record; `outer.` reaches the record around it. `last` and `first` go by the time of the "
    "record (`at`, else `created_at`), then by id; records without that time are left out. "
    "Sums and averages of calculated values are taken of the values rounded to 6 decimals. Of "
    "references to any kind of record, such as the `links` of an activity, only the `id` is known: "
    "`links contains '123'`, `links in ('123', '124')`, `links is empty`, `count(links) > 1`.\n"
    "- **What lists work out** has names here too: `last_contact_at`, `last_contact_by` and "
    "`last_contact_channel` (of the last activity that was not internal), `next_action_due` and "
    "`open_breaches`; `account.last_contact_at` is that of the account. A field of the same name "
    "comes first.\n"
    "- **`open`** means what the object's page says; alone it speaks about the record itself, "
    "`account.open` about the account.\n";

static void add_cell(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '|')
            buf_add_char(out, '\\');
        buf_add_char(out, s.ptr[i]);
    }
}

static void add_limits(struct buf *out)
{
    buf_add(out, STR("\n## Bounds\n\n| what | at most |\n|---|---|\n"));
    buf_fmt(out, "| length of an expression | %d bytes |\n", EXPR_BYTES_MAX);
    buf_fmt(out, "| parts, formulas included | %d |\n", EXPR_NODES_MAX);
    buf_fmt(out,
            "| nesting | %d levels, fewer with functions and related records in each other |\n",
            EXPR_DEPTH_MAX);
    buf_fmt(out, "| looks at related records, formulas included | %d |\n", EXPR_RELATED_MAX);
    buf_fmt(out, "| references followed by one path | %d |\n", EXPR_HOPS_MAX);
    buf_fmt(out, "| signs `+ - * /` | %d, of them `*` and `/` %d |\n", EXPR_ARITH_MAX,
            EXPR_SCALING_MAX);
    buf_fmt(out, "| values in `coalesce` | %d |\n", EXPR_ARGS_MAX);
}

struct str expr_manual_page(struct arena *arena)
{
    struct buf out = buf_new(arena, 16384);

    buf_add(&out, str_from(intro));
    buf_add(&out, str_from(rules));
    buf_add(&out, STR("\n## Operators and functions\n\n| word | written | meaning | example "
                      "|\n|---|---|---|---|\n"));
    for (const struct expr_function_doc *f = expr_functions; f->name; f++) {
        buf_add(&out, STR("| `"));
        add_cell(&out, str_from(f->name));
        buf_add(&out, STR("` | `"));
        add_cell(&out, str_from(f->signature));
        buf_add(&out, STR("` | "));
        add_cell(&out, str_from(f->doc));
        buf_add(&out, STR(" | `"));
        add_cell(&out, str_from(f->example));
        buf_add(&out, STR("` |\n"));
    }
    buf_add(&out,
            STR("\n## Types of fields\n\n| type | in expressions | meaning |\n|---|---|---|\n"));
    for (int i = 0; i < FT_COUNT; i++)
        buf_fmt(&out, "| %s | %s | %s |\n", field_types[i].word,
                type_word(field_types[i].expr_type), field_types[i].doc);
    add_limits(&out);
    buf_add(&out, STR("\n<!-- Made from the tables in src/expr: EXPR_DOCS=write and test_docs of "
                      "that room. -->\n"));
    return buf_str(&out);
}
