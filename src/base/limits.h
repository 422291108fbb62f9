#pragma once
/* Every bound in one place, each with its reason. Changing one is a change of the API: say so in docs. */

#define BODY_BYTES_MAX (1024 * 1024)           /* a record with long texts is some 100 kB; imports go by file */
#define UPLOAD_BYTES_MAX (256LL * 1024 * 1024) /* a CSV of a million rows */
#define PAGE_ROWS_MAX 1000                     /* one page of a list; 25 kB for 50 rows, 500 kB for 1,000 */
#define PAGE_ROWS_DEFAULT 50
#define COUNT_MAX 100000                /* counts beyond this say "more": a count must not cost a full scan twice */
#define JSON_DEPTH_MAX 64               /* our deepest answer has 6 */
#define URL_BYTES_MAX 8192              /* filters in a query string */
#define HEADER_BYTES_MAX 16384          /* all headers of a request */
#define TEXT_CHARS_MAX 1000             /* a text field unless its page says less */
#define LONG_TEXT_CHARS_MAX 100000      /* a long text */
#define FIELDS_PER_OBJECT_MAX 600       /* SQLite allows 2,000 columns, PostgreSQL 1,600; some fields take two */
#define EXPR_BYTES_MAX 8192             /* one expression; the longest shipped one has 160 */
#define EXPR_NODES_MAX 512              /* keeps both databases far from their own limits (SQLite depth 1,000) */
#define EXPR_DEPTH_MAX 64
#define EXPR_RELATED_MAX 8              /* aggregates over related records in one expression: each is a subquery */
#define EXPR_HOPS_MAX 4                 /* a.b.c.d */
#define PAGE_BYTES_MAX (256 * 1024)     /* one page of the manual */
#define MANUAL_PAGES_MAX 10000
#define SINCE_IDS_MAX 100               /* records asked in one question how long they stand there */
#define YAML_DEPTH_MAX 16
#define YAML_NODES_MAX 20000
#define CSV_CELL_BYTES_MAX (1024 * 1024)
#define CSV_COLUMNS_MAX 1000
#define CSV_ROW_BYTES_MAX (4 * 1024 * 1024) /* one row in memory */
#define TAGS_MAX 100                    /* tags or choices on one field */
#define LINKS_MAX 1000                  /* records one activity may be linked to */
#define SEARCH_TOKENS_MAX 16
#define GROUP_ROWS_MAX 1000
#define ENGINE_DEPTH_MAX 8              /* rules that trigger rules: deeper is a loop */
#define GROUP_COMMIT_MAX 256            /* write transactions under one fsync */
#define PASSWORD_CHARS_MIN 12
#define PASSWORD_BYTES_MAX 512          /* argon2id takes any length; this bounds the work */
#define SESSION_IDLE_US (30LL * 24 * 3600 * 1000000)
#define SESSION_ABSOLUTE_US (90LL * 24 * 3600 * 1000000)
#define IDEMPOTENCY_KEEP_US (24LL * 3600 * 1000000)
#define EVENT_STREAMS_MAX 10000
