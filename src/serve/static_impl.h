#pragma once
/* Pages for browsers: the embedded web client, and the few pages the server writes itself so that they work without
 * script (sign-in, about, errors). */
#include "serve/serve_impl.h"

/* Begins a page: head with the client's style sheet and the person's theme (cookie fairlead-theme), <body class=kind>. */
void page_begin(struct req *rq, struct str title, const char *kind);
void page_end(struct req *rq);
/* Text with <, >, & and " escaped. */
void page_text(struct buf *b, struct str s);
/* What a person sees instead of problem details. Takes rq->err away and sets status, body and headers; a page that
 * needs a session leads to the sign-in page instead. */
void page_of_error(struct req *rq);
/* Is the answer read by a person in a browser: a route of pages, or an address nobody knows asked for as HTML. */
bool page_wanted(const struct req *rq);
/* Answers with 303 to a path of ours. */
void page_go_to(struct req *rq, struct str path);
/* The mark of fairlead, as SVG. */
extern const char page_mark[];
