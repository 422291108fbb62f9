#pragma once
/* Errors. A function that can fail returns struct err *: NULL is success, the arena owns the rest.
 *
 * assert is for bugs and stays on in production; err is for the world. Codes are listed in errors.def, which also
 * feeds the OpenAPI enum; each kind maps to one HTTP status, in err.c alone.
 */
#include "base/str.h"

#define MUST_USE __attribute__((warn_unused_result))

enum err_kind {
    ERR_INVALID,      /* 422: understood, but not acceptable */
    ERR_MALFORMED,    /* 400: could not be read at all */
    ERR_UNAUTHORIZED, /* 401: who are you? */
    ERR_FORBIDDEN,    /* 403 */
    ERR_NOT_FOUND,    /* 404 */
    ERR_CONFLICT,     /* 409 */
    ERR_STALE,        /* 412: If-Match does not hold */
    ERR_NEEDS_MATCH,  /* 428 */
    ERR_TOO_LARGE,    /* 413 */
    ERR_TOO_MANY,     /* 429 */
    ERR_BUSY,         /* 503, tried again by the dispatcher first */
    ERR_INTERNAL,     /* 500: a defect or the machine; the message is for the log */
};

struct err {
    enum err_kind kind;
    const char *code;   /* stable API word, from errors.def: "task.closed" */
    const char *field;  /* JSON pointer into the request body: "/stage"; NULL if none */
    struct str message; /* for a person; no SQL, no file names, no secrets */
    struct str way_out; /* what the person can do now; may be empty */
    struct str page;    /* page of the manual whose rule refused: "workflow/closing"; may be empty */
    struct str reason;  /* the `> Why:` of that page; may be empty */
    int line, column;   /* place in the text that was read (page, expression, CSV), from 1; 0: none */
    struct err *next;   /* further findings of the same check; NULL at the end */
    const char *src_file;
    int src_line; /* where it was made; for the log only */
};

#define TRY(call) \
    do { \
        struct err *err_ = (call); \
        if (err_) \
            return err_; \
    } while (0)

struct err *err_make(struct arena *arena, const char *src_file, int src_line, enum err_kind kind,
                     const char *code, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));
#define FAIL(arena, kind, code, field, ...) \
    err_make((arena), __FILE__, __LINE__, (kind), (code), (field), __VA_ARGS__)

/* Appends e to the chain *head (either may be NULL). */
void err_add(struct err **head, struct err *e);
int err_http_status(enum err_kind kind);
/* A deep copy on another arena, for an error that has to outlive the one it was made on. */
struct err *err_copy(struct arena *arena, const struct err *e);
/* "page/name:12:5: message. Way out." for terminals and logs; one line per finding. */
struct str err_text(struct arena *arena, const struct err *e);
/* All codes, for OpenAPI; ends with NULL. */
extern const char *const err_codes[];
