#pragma once
/* Between the files that make the OpenAPI document: openapi.c (the whole), openapi_objects.c (schemas of the installation's
 * objects), openapi_paths.c (operations from the route table), openapi_schemas.c (schemas that are always the same). */
#include "serve/serve_impl.h"

struct json_writer;

/* "line_item" -> "LineItem": the word of an object in schema names. */
struct str openapi_object_word(struct arena *arena, const struct object *o);
/* pattern with the first word in it replaced by by. */
struct str openapi_replaced(struct arena *arena, const char *pattern, const char *word, struct str by);
/* Does this object have paths and schemas of its own? */
bool openapi_lists(const struct object *o);
/* {"$ref": ...} to a schema, and as the member of a header to a component. */
void openapi_schema_ref(struct json_writer *w, struct str name);
/* Every object's schemas: read, write, list. */
void openapi_objects(struct json_writer *w, const struct manual *m, const struct object *o);
void openapi_header_ref(struct json_writer *w, const char *header, const char *component);
/* Every operation, from the route table. */
void openapi_paths(struct json_writer *w, const struct manual *m);
/* The answers that are problems, as components. */
void openapi_problems(struct json_writer *w);
