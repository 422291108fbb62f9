/* The table of commands, reading of arguments, help. */
#include "cli_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct command commands[] = {
    {"start", "[--empty]", "Create the company if it is not there yet, then serve it. What ./run calls.",
     "The first start publishes the starter manual, loads the demo company and serves it with one-click sign-in. Later "
     "starts only serve. Stop with Ctrl+C.", 0, 0,
     {{"empty", NULL, "Start without the demo company: a page in the browser creates yours."}}, cmd_start},
    {"serve", "", "Serve the company in the data folder until stopped.",
     "Answers reads on all cores; writes are acknowledged when they are on the disk. Timers of the manual run in here. Where "
     "there is no company yet, the address shows the page that creates it.",
     0, 0, {{"demo", NULL, "Offer one-click sign-in as any person of the demo company. Never on a real one."}}, cmd_serve},
    {"init", "--admin MAIL", "Create the database, publish a starter manual, make the first administrator.",
     "The password is asked for in the terminal, or read as one line from standard input.", 0, 0,
     {{"admin", "MAIL", "Mail address of the first administrator."},
      {"name", "NAME", "Their name [the mail address]."},
      {"company", "NAME", "Name of the company."},
      {"zone", "ZONE", "Time zone of the company calendar [the starter manual's]."},
      {"currency", "CODE", "Currency of amounts without one [the starter manual's]."},
      {"starter", "NAME", "Starter manual: b2b-sales or blank [b2b-sales]."}}, cmd_init},
    {"user", "list | add MAIL | password MAIL | end MAIL", "List people, add one, set a password, end access.",
     "People are records: everything else about them is changed like any other record. `end` closes sessions and tokens "
     "and makes them inactive in one transaction.", 1, 2,
     {{"name", "NAME", "Name of the person to add."},
      {"role", "ROLE", "Role to give; several with commas."},
      {"team", "TEAM", "Team, by name."},
      {"reports-to", "MAIL", "Superior."}}, cmd_user},
    {"token", "add MAIL NAME | list MAIL | end ID", "API tokens of a person.",
     "The token is shown once. It acts with the rights of the person, cut down to --role where given.", 2, 3,
     {{"role", "ROLE", "Only the rights of this role."}, {"days", "N", "Days until it ends [365]."}}, cmd_token},
    {"manual", "check | plan | publish | export | import | versions | diff | past | reference  [FOLDER | POLICY]",
     "Check, try, publish and exchange the manual as a folder of pages.",
     "check FOLDER: all findings, with page, line and column.  plan FOLDER: what publishing it would do.  publish FOLDER "
     "(or import FOLDER): make it the live version.  export FOLDER: write the live pages, byte for byte.  versions: who "
     "published what, when, why.  diff FOLDER: what it changes in the live pages, in words (--lines: as a unified diff).  "
     "past POLICY: what a policy would have found if it had been on already, by week, with examples.  reference FOLDER: one "
     "page per kind with all keys.", 1, 2,
     {{"reason", "TEXT", "Why; stored with the version."},
      {"version", "N", "Export or compare this version instead of the live one."},
      {"lines", NULL, "With diff: the lines that differ, each hunk with its sentences above it."},
      {"days", "N", "With past: how far back [90]."},
      {"page", "FILE", "With past: a draft of the policy's page instead of the live one."},
      {"as", "MAIL", "Act as this person."}}, cmd_manual},
    {"import", "FILE --mapping FILE | --plan FILE | --undo ID | --list", "Bring a CSV in; cleaned, checked, reported by line.",
     "Every change and every doubtful row is named with its line in the report. A dry run does everything but keep it. An "
     "import that was stopped goes on with --resume; --undo takes a whole one back; --list says which there were.", 0, 1,
     {{"mapping", "FILE", "Which column goes where (see docs/import.md)."},
      {"plan", "FILE", "A list of files and mappings, in order."},
      {"dry-run", NULL, "Try it and keep nothing."},
      {"shift-to", "DATE", "Move all shiftable dates so that the newest is this day (or `today`)."},
      {"resume", "ID", "Go on with an import that was stopped."},
      {"undo", "ID", "Take an import back."},
      {"report", "FILE", "Write the full report here [shown in short]."},
      {"list", NULL, "The imports there were, newest first, with their ids."},
      {"as", "MAIL", "Act as this person."}}, cmd_import},
    {"export", "OBJECT", "Write records as CSV to standard output.",
     "Cells that a spreadsheet would run as a formula are made harmless; importing the file gives the same values.", 1, 1,
     {{"filter", "EXPR", "Only records that match."},
      {"fields", "LIST", "These fields, with commas [all there are]; account.name follows a reference."},
      {"sort", "LIST", "Order, such as \"close_date desc, name\"."},
      {"as", "MAIL", "With the rights of this person."}}, cmd_export},
    {"today", "[MAIL]", "Somebody's queue: what to do next, why, until when.",
     "The same list as My Day, in the order a wise colleague would work it. Without MAIL: the only person there is.", 0, 1,
     {{"limit", "N", "At most so many [10]."}}, cmd_today},
    {"explain", "OBJECT ID [PAGE] | OBJECT ID --filter EXPR", "Why does a record match, or why did a rule (not) run?",
     "With --filter: every term of the expression with its answer. With a page (policy/lead-assigned): what the rule saw, "
     "and what it did, and why.", 2, 3, {{"filter", "EXPR", "The expression to explain."}}, cmd_explain},
    {"check", "", "Prove the database sound: file, history chain, tasks and timers.",
     "Ends with 1 if anything is wrong. Works beside a running server.", 0, 0,
     {{"manual", NULL, "Only compile the live manual."}}, cmd_check},
    {"mail", "test ADDRESS | status", "Send one mail and say what the mail server answers; or what waits and what was given up.",
     "test: with the settings as they are, to this address; nothing is written down. Ends with 1 and a reason if the server takes it "
     "not. status: works beside a running server.",
     1, 2, {{0}}, cmd_mail},
    {"backup", "[--out FILE]", "Copy the company into one file, while the server runs, and prove the copy.",
     "Without --out: into the folder `backups` below the data folder, named by the moment. The copy is read back before it gets its "
     "name: the file itself, the rows of each table, the chain of the history. Nothing is ever overwritten. For PostgreSQL: pg_dump.",
     0, 0, {{"out", "FILE", "The file to write."}}, cmd_backup},
    {"restore", "FILE", "Bring a backup back, into a data folder that holds no database yet.",
     "FILE is proved before anything is written, and what was written is proved as well. A damaged backup is refused.", 1, 1, {{0}},
     cmd_restore},
    {"bench", "", "Measure this machine: durable saves, reads, lists and searches inside the process.",
     "Uses a database of its own in a temporary folder. For the served figures beside a hand-written floor: make bench.", 0, 0,
     {{"rows", "N", "Contacts to make [20000]."}}, cmd_bench},
    {"version", "", "Version, libraries, database format.", "", 0, 0, {{0}}, cmd_version},
    {"help", "[COMMAND]", "This list, or everything about one command; `help man` prints the man page.", "", 0, 1, {{0}}, cmd_help},
    {0},
};

/* As `help man` says. The second is EX_USAGE of sysexits.h. */
enum { EXIT_REFUSED = 1, EXIT_NOT_UNDERSTOOD = 64 };

static const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int flag_index(const struct command *c, struct str name)
{
    for (int i = 0; i < FLAGS_MAX && c->flags[i].name; i++)
        if (str_eq(name, str_from(c->flags[i].name)))
            return i;
    return -1;
}

const char *args_get(const struct args *args, const char *flag)
{
    int i = flag_index(args->command, str_from(flag));

    assert(i >= 0);
    return args->values[i];
}

bool args_has(const struct args *args, const char *flag)
{
    return args_get(args, flag) != NULL;
}

struct err *no_such_command(struct arena *arena, const char *name)
{
    struct str names[32];
    size_t n = 0;
    struct str near;
    struct err *e = FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "There is no command %s.", name);

    for (const struct command *c = commands; c->name && n < 32; c++)
        names[n++] = str_from(c->name);
    near = str_nearest(arena, str_from(name), names, n);
    e->way_out = near.len ? str_fmt(arena, "Did you mean %.*s?", STR_ARG(near)) : STR("fairlead help lists them all.");
    return e;
}

static struct err *no_such_flag(struct args *args, struct str name)
{
    struct str names[FLAGS_MAX + 32];
    size_t n = settings_names(names, 32);
    struct str near;
    struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "%s has no flag --%.*s.", args->command->name,
                         STR_ARG(name));

    for (int i = 0; i < FLAGS_MAX && args->command->flags[i].name; i++)
        names[n++] = str_from(args->command->flags[i].name);
    near = str_nearest(args->arena, name, names, n);
    e->way_out = near.len ? str_fmt(args->arena, "Did you mean --%.*s?", STR_ARG(near))
                          : str_fmt(args->arena, "fairlead help %s lists them.", args->command->name);
    return e;
}

/* One --flag; *i moves on where the value stands in the next word. */
static struct err *read_flag(struct args *args, int argc, char **argv, int *i)
{
    struct str word = str_from(argv[*i] + 2), name, value = STR_NONE;
    size_t eq = str_find_char(word, '=', 0);
    bool has_value = eq != SIZE_MAX, is_switch = false;
    int own;

    name = has_value ? str_sub(word, 0, eq) : word;
    if (has_value)
        value = str_sub(word, eq + 1, word.len);
    if (str_eq(name, STR("json"))) {
        args->json = true;
        return NULL;
    }
    own = flag_index(args->command, name);
    if (own >= 0)
        is_switch = args->command->flags[own].argument == NULL;
    else if (!str_eq(name, STR("now")) && !setting_known(name, &is_switch))
        return no_such_flag(args, name);
    if (!has_value && !is_switch) {
        if (*i + 1 >= argc)
            return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "--%.*s needs a value.", STR_ARG(name));
        value = str_from(argv[++*i]);
    }
    if (own >= 0) {
        args->values[own] = is_switch ? "" : str_cstr(args->arena, value);
        return NULL;
    }
    if (str_eq(name, STR("now"))) {
        if (!instant_parse(value, &args->now_us))
            return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL,
                        "--now needs a moment such as 2026-11-21T08:30:00Z, not %.*s.", STR_ARG(value));
        return NULL;
    }
    return settings_set(args->arena, &args->settings, name, value);
}

static struct err *read_args(struct args *args, int argc, char **argv)
{
    bool flags_end = false;

    TRY(settings_read(args->arena, &args->settings));
    for (int i = 2; i < argc; i++) {
        if (!flags_end && strcmp(argv[i], "--") == 0) {
            flags_end = true;
        } else if (!flags_end && strncmp(argv[i], "--", 2) == 0) {
            TRY(read_flag(args, argc, argv, &i));
        } else {
            if (args->n_words == args->command->words_max)
                return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "%s: %s is one word too many.",
                            args->command->name, argv[i]);
            args->words[args->n_words++] = argv[i];
        }
    }
    if (args->n_words < args->command->words_min) {
        struct err *e = FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "%s needs more: fairlead %s %s",
                             args->command->name, args->command->name, args->command->usage);

        e->way_out = str_fmt(args->arena, "fairlead help %s explains it.", args->command->name);
        return e;
    }
    return NULL;
}

/* A server tells what it does; a command answers in words, and the log is for what goes wrong. */
static struct err *set_log_level(struct args *args)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    struct str word = args->settings.log;

    if (!word.len)
        word = args->command->run == cmd_serve ? STR("info") : STR("warn");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_eq(word, str_from(words[i]))) {
            log_set_level(levels[i]);
            return NULL;
        }
    return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL, "log takes debug, info, warn or error, not %.*s.", STR_ARG(word));
}

/* Before anything reads the clock. */
static struct err *set_clock(struct args *args)
{
    struct str text = args->settings.clock;
    int64_t us;

    if (text.len) {
        if (!instant_parse(text, &us))
            return FAIL(args->arena, ERR_INVALID, "settings.invalid", NULL,
                        "--clock (or FAIRLEAD_CLOCK) needs a moment such as 2026-03-09T09:00:00Z, not %.*s.", STR_ARG(text));
        clock_set(us);
    }
    if (args->now_us == DATE_NONE)
        args->now_us = clock_now_us();
    return NULL;
}

static void print_error(struct arena *arena, const struct err *e)
{
    struct str text = err_text(arena, e);

    fprintf(stderr, "fairlead: %.*s\n", STR_ARG(str_trim(text)));
    if (log_enabled(LOG_DEBUG))
        fprintf(stderr, "  (%s at %s:%d)\n", e->code, e->src_file, e->src_line);
}

int cli_main(int argc, char **argv)
{
    struct arena *arena = arena_new(0);
    struct args *args = NEW(arena, struct args);
    const char *name = argc > 1 ? argv[1] : "help";
    struct err *e;
    int code = 0;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    args->arena = arena;
    args->now_us = DATE_NONE;
    args->command = command_find(name);
    for (int i = 2; i < argc && args->command; i++)
        if (strcmp(argv[i], "--help") == 0) {
            cli_help_command(stdout, args->command);
            arena_free(arena);
            return 0;
        }
    e = args->command ? read_args(args, argc, argv) : no_such_command(arena, name);
    if (!e)
        e = set_log_level(args);
    if (!e)
        e = set_clock(args);
    if (!e)
        e = args->command->run(args);
    if (!e && (fflush(stdout) || ferror(stdout)) && errno != EPIPE) /* a reader that has seen enough is no error */
        e = FAIL(arena, ERR_INTERNAL, "io.failed", NULL, "The answer could not be written to the end: %s.", strerror(errno));
    if (e) {
        print_error(arena, e);
        code = strcmp(e->code, "settings.invalid") == 0 ? EXIT_NOT_UNDERSTOOD : EXIT_REFUSED;
    }
    arena_free(arena);
    return code;
}
