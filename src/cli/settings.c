/* Machine settings: read from flags and the environment by one table, settings.def. */
#include "cli_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum setting_type { SETTING_TEXT, SETTING_SECRET, SETTING_INT, SETTING_FLAG };

static const struct setting {
    const char *name;
    enum setting_type type;
    const char *dflt;
    int64_t min, max;
    const char *unit, *sentence;
    size_t offset;
} settings_table[] = {
#define SETTING(name, type, dflt, min, max, unit, sentence) \
    {#name, SETTING_##type, dflt, min, max, unit, sentence, offsetof(struct settings, name)},
#include "cli/settings.def"
#undef SETTING
};
#define N_SETTINGS (sizeof settings_table / sizeof settings_table[0])

/* Flags are written with hyphens, settings with underscores. */
static bool same_name(struct str flag, const char *name)
{
    if (flag.len != strlen(name))
        return false;
    for (size_t i = 0; i < flag.len; i++)
        if (flag.ptr[i] != name[i] && !(flag.ptr[i] == '-' && name[i] == '_'))
            return false;
    return true;
}

static const struct setting *setting_find(struct str name)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (same_name(name, settings_table[i].name))
            return &settings_table[i];
    return NULL;
}

bool setting_known(struct str name, bool *is_flag)
{
    const struct setting *s = setting_find(name);

    if (!s || s->type == SETTING_SECRET)
        return false;
    *is_flag = s->type == SETTING_FLAG;
    return true;
}

size_t settings_names(struct str *names, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < N_SETTINGS && n < max; i++)
        if (settings_table[i].type != SETTING_SECRET)
            names[n++] = str_from(settings_table[i].name);
    return n;
}

struct err *settings_set(struct arena *arena, struct settings *out, struct str name, struct str value)
{
    const struct setting *s = setting_find(name);
    char *at;

    if (!s)
        return FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "There is no setting %.*s.", STR_ARG(name));
    at = (char *)out + s->offset;
    if (s->type == SETTING_TEXT || s->type == SETTING_SECRET) {
        memcpy(at, &value, sizeof value);
    } else if (s->type == SETTING_INT) {
        int64_t v;

        if (!str_to_i64(value, &v) || v < s->min || v > s->max)
            return FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "%s needs a number from %lld to %lld (%s), not %.*s.",
                        s->name, (long long)s->min, (long long)s->max, s->unit, STR_ARG(value));
        memcpy(at, &v, sizeof v);
    } else {
        bool yes = str_eq(value, STR("yes")) || str_eq(value, STR("1")) || value.len == 0;

        if (!yes && !str_eq(value, STR("no")) && !str_eq(value, STR("0")))
            return FAIL(arena, ERR_INVALID, "settings.invalid", NULL, "%s needs yes or no, not %.*s.", s->name, STR_ARG(value));
        memcpy(at, &yes, sizeof yes);
    }
    return NULL;
}

/* "FAIRLEAD_PORT"; its length. */
static size_t setting_variable(const struct setting *s, char *variable, size_t size)
{
    size_t n = strlen("FAIRLEAD_");

    memcpy(variable, "FAIRLEAD_", n);
    for (const char *c = s->name; *c && n < size - 1; c++)
        variable[n++] = (char)toupper((unsigned char)*c);
    variable[n] = 0;
    return n;
}

struct err *settings_read(struct arena *arena, struct settings *out)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const struct setting *s = &settings_table[i];
        char variable[64];
        const char *value;

        setting_variable(s, variable, sizeof variable);
        value = getenv(variable);
        TRY(settings_set(arena, out, str_from(s->name), str_from(value && *value ? value : s->dflt)));
    }
    return NULL;
}

void settings_help(FILE *out)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const struct setting *s = &settings_table[i];
        bool secret = s->type == SETTING_SECRET;
        char name[64] = "--";
        size_t n = 2;

        if (secret)
            n = setting_variable(s, name, sizeof name);
        for (const char *c = s->name; *c && !secret && n < sizeof name - 1; c++)
            name[n++] = *c == '_' ? '-' : *c;
        name[n] = 0;
        fprintf(out, "  %-22s %s", name, s->sentence);
        if (*s->dflt)
            fprintf(out, " [%s]", s->dflt);
        fputc('\n', out);
    }
}
