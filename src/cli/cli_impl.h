#pragma once
/* Private to the command line: arguments, settings, the terminal, and opening what a command works on. */
#include "cli/cli.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/id.h"
#include "serve/company.h"

#include <pthread.h>
#include <stdio.h>

struct settings {
#define SETTING_TEXT(name) struct str name;
#define SETTING_SECRET(name) struct str name;
#define SETTING_INT(name) int64_t name;
#define SETTING_FLAG(name) bool name;
#define SETTING(name, type, dflt, min, max, unit, sentence) SETTING_##type(name)
#include "cli/settings.def"
#undef SETTING
#undef SETTING_TEXT
#undef SETTING_SECRET
#undef SETTING_INT
#undef SETTING_FLAG
};

/* A flag of one command. */
struct flag {
    const char *name;     /* "by" for --by */
    const char *argument; /* "FIELD", or NULL for a switch */
    const char *sentence;
};

#define FLAGS_MAX 12
#define WORDS_MAX 16

struct args {
    struct arena *arena;
    struct settings settings;
    const struct command *command;
    const char *words[WORDS_MAX]; /* what stands beside the flags, in order */
    int n_words;
    const char *values[FLAGS_MAX]; /* parallel to command->flags; NULL: not given; "" for a switch */
    bool json;                    /* --json, of every command */
    int64_t now_us;               /* --now for repeatable runs, else the clock (--clock) at the start */
};

struct command {
    const char *name, *usage, *sentence, *detail;
    int words_min, words_max;
    struct flag flags[FLAGS_MAX];
    struct err *(*run)(struct args *args);
};
extern const struct command commands[]; /* ends with name NULL; the one table of commands */

const char *args_get(const struct args *args, const char *flag); /* NULL: not given */
bool args_has(const struct args *args, const char *flag);
/* Fails: settings.invalid naming the flag and its bounds. */
MUST_USE struct err *settings_read(struct arena *arena, struct settings *out);
MUST_USE struct err *settings_set(struct arena *arena, struct settings *s, struct str name, struct str value);
bool setting_known(struct str name, bool *is_flag);
/* The names of all settings, as flags. */
size_t settings_names(struct str *names, size_t max);
void settings_help(FILE *out);
void cli_help(FILE *out);
void cli_help_command(FILE *out, const struct command *command);
void cli_man_page(FILE *out);

/* ---- what a command works on ---- */
enum open_mode { OPEN_WRITE, OPEN_READ, OPEN_CREATE };
/* Opens database, manual and access cache. OPEN_READ works beside a running server. OPEN_WRITE and OPEN_READ fail with a
 * way out when the company was not created yet; OPEN_CREATE makes folder and tables. app_close is hung on args->arena. */
MUST_USE struct err *app_open(struct args *args, enum open_mode mode, struct app **out);
/* The person a command acts for: --as MAIL, else the program itself with all rights (whoever holds the file does). */
MUST_USE struct err *app_actor(struct args *args, struct app *app, struct tx *tx, const struct manual *m, const struct actor **out);
/* The path of a file in the data folder. */
MUST_USE struct err *app_folder(struct args *args, const char *name, const char **path);

/* Fails: record.not_found with the way to find them. */
MUST_USE struct err *find_person(struct tx *tx, const char *mail, struct person *out);
/* An object of the manual by name. Fails: query.parameter with the nearest name. */
MUST_USE struct err *find_object(struct arena *arena, const struct manual *m, const char *name, const struct object **out);

/* The settings of the mail, checked. Without a server, options->server is empty. Fails: settings.invalid. */
MUST_USE struct err *mail_settings(struct args *args, struct mail_options *options);

/* ---- creating a company ---- */
/* company_create, with the findings of a starter manual that does not compile on stderr. */
MUST_USE struct err *app_create_company(struct args *args, struct app *app, const struct company *company);
MUST_USE struct err *demo_load(struct args *args, struct app *app);
/* " --data FOLDER" as it has to be said in the next command; empty where the default will do. */
struct str app_data_flag(struct args *args);
extern const char *const demo_password;

/* ---- terminal ---- */
struct progress {
    const char *label;
    int64_t shown_us;
    bool tty;
};
void progress_show(struct progress *p, int64_t done, int64_t total, const char *unit);
void progress_end(struct progress *p);
bool term_colour(void);
/* "in 3 h", "2 days late", for people. */
struct str term_when(struct arena *arena, int64_t at_us, int64_t now_us);
void term_wrap(FILE *out, struct str text, int indent, int width);
struct str term_secret(struct arena *arena, const char *prompt); /* no echo; from standard input when it is no terminal */

/* Fails: settings.invalid with the nearest name. */
MUST_USE struct err *no_such_command(struct arena *arena, const char *name);

struct err *cmd_serve(struct args *args);
struct err *cmd_start(struct args *args);
struct err *cmd_init(struct args *args);
struct err *cmd_user(struct args *args);
struct err *cmd_token(struct args *args);
struct err *cmd_manual(struct args *args);
struct err *manual_past(struct args *args); /* manual past */
struct err *cmd_import(struct args *args);
struct err *cmd_export(struct args *args);
struct err *cmd_today(struct args *args);
struct err *cmd_explain(struct args *args);
struct err *cmd_check(struct args *args);
struct err *cmd_mail(struct args *args);
struct err *cmd_backup(struct args *args);
struct err *cmd_restore(struct args *args);
struct err *cmd_bench(struct args *args);
struct err *cmd_version(struct args *args);
struct err *cmd_help(struct args *args);
