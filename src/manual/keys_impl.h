#pragma once
/* The keys of every page kind, in one table each: the reader checks pages against them, and the reference pages in
 * docs/manual/ are made from them (reference.c).
 */
#include "manual/page_impl.h"

enum key_type {
    KT_TEXT, /* any scalar */
    KT_NAME, /* [a-z][a-z0-9_-]* */
    KT_EXPR, /* an expression; compiled by the kind's own reader */
    KT_DURATION,
    KT_NUMBER, /* whole */
    KT_YES_NO,
    KT_DATE,
    KT_WORD,   /* one of words */
    KT_WHO,    /* owner, superior, role:x ... */
    KT_TEXTS,  /* list of scalars; one scalar stands for a list of one */
    KT_TABLE,  /* mapping with the keys of `of` */
    KT_TABLES, /* list of mappings with the keys of `of` */
    KT_NAMED,  /* mapping of free names to mappings with the keys of `of` */
    KT_FREE,   /* mapping of free names; the values are read by the kind */
    KT_MIXED,  /* list whose items may be scalars, lists or mappings; read by the kind */
};
struct key_table;
struct key {
    const char *name;
    enum key_type type;
    bool required;
    const char *fallback; /* what holds without the key, for the reference; NULL: nothing */
    const char *doc, *example;
    const char *const *words; /* KT_WORD, ends with NULL */
    const struct key_table
        *of; /* KT_TABLE, KT_TABLES, KT_NAMED; for KT_FREE and KT_MIXED only documentation */
};
struct key_table {
    const char *title, *doc;
    const struct key *keys; /* ends with name NULL */
};
extern const struct key_table key_tables[PK_COUNT]; /* by kind */
extern const struct key common_keys[];              /* of every kind */
extern const char *const policy_mode_words[];
extern const char *const measure_words[];
extern const char *const period_words[];
extern const char *const field_right_words[];
extern const char *const clean_words[];
extern const char *const weekday_words[];
const struct key *key_find(const struct key_table *table, struct str name,
                           bool with_common); /* NULL */
