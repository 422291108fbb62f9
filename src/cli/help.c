/* --help and the man page, from the tables of commands and settings. */
#include "cli_impl.h"

#include <string.h>

void cli_help(FILE *out)
{
    fputs("fairlead: the CRM that runs a company's own manual.\n\nUsage: fairlead COMMAND [words] [--flags]\n\nCommands:\n", out);
    for (const struct command *c = commands; c->name; c++)
        fprintf(out, "  %-9s %s\n", c->name, c->sentence);
    fputs("\nSettings, for every command (also as FAIRLEAD_NAME in the environment):\n", out);
    settings_help(out);
    fputs("  --json                 Answer as JSON, where a script would want it.\n"
          "  --now                  Act as if it were this moment (2026-11-21T08:30:00Z), for repeatable runs. Not the clock of a server: --clock.\n"
          "\nfairlead help COMMAND explains one.\n", out);
}

void cli_help_command(FILE *out, const struct command *c)
{
    fprintf(out, "Usage: fairlead %s %s\n\n", c->name, c->usage);
    term_wrap(out, str_from(c->sentence), 0, 100);
    if (*c->detail) {
        fputc('\n', out);
        term_wrap(out, str_from(c->detail), 0, 100);
    }
    if (c->flags[0].name)
        fputs("\nFlags:\n", out);
    for (int i = 0; i < FLAGS_MAX && c->flags[i].name; i++) {
        const struct flag *f = &c->flags[i];

        fprintf(out, "  --%s%s%s%*s %s\n", f->name, f->argument ? " " : "", f->argument ? f->argument : "",
                (int)(18 - strlen(f->name) - (f->argument ? strlen(f->argument) + 1 : 0)), "", f->sentence);
    }
    fputs("\nSettings:\n", out);
    settings_help(out);
}

static void man_text(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '-')
            fputs("\\-", out);
        else if (*c == '\\')
            fputs("\\e", out);
        else if (*c == '\'' && (c == text || c[-1] == '\n'))
            fputs("\\(aq", out);
        else
            fputc(*c, out);
    }
}

void cli_man_page(FILE *out)
{
    fputs(".TH FAIRLEAD 1\n.SH NAME\nfairlead \\- the CRM that runs a company's own manual\n.SH SYNOPSIS\n.B fairlead\n"
          "COMMAND [words] [\\-\\-flags]\n.SH COMMANDS\n", out);
    for (const struct command *c = commands; c->name; c++) {
        fprintf(out, ".TP\n.B %s ", c->name);
        man_text(out, c->usage);
        fputc('\n', out);
        man_text(out, c->sentence);
        fputc('\n', out);
        if (*c->detail) {
            man_text(out, c->detail);
            fputc('\n', out);
        }
        for (int i = 0; i < FLAGS_MAX && c->flags[i].name; i++) {
            fputs(".RS\n.TP\n.B \\-\\-", out);
            man_text(out, c->flags[i].name);
            fprintf(out, " %s\n", c->flags[i].argument ? c->flags[i].argument : "");
            man_text(out, c->flags[i].sentence);
            fputs("\n.RE\n", out);
        }
    }
    fputs(".SH SETTINGS\nAs flags, or as FAIRLEAD_NAME in the environment.\n.nf\n", out);
    settings_help(out);
    fputs(".fi\n.SH EXIT STATUS\n0 done; 1 refused or found wrong; 64 not understood.\n.SH SEE ALSO\n"
          "docs/ in the source, and the manual of your own company.\n", out);
}

struct err *cmd_help(struct args *args)
{
    if (!args->n_words) {
        cli_help(stdout);
        return NULL;
    }
    if (strcmp(args->words[0], "man") == 0) {
        cli_man_page(stdout);
        return NULL;
    }
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, args->words[0]) == 0) {
            cli_help_command(stdout, c);
            return NULL;
        }
    return no_such_command(args->arena, args->words[0]);
}
