#pragma once
#include "manual/compile_impl.h"

/* Reads one declared field into *f; its expressions are compiled later (compile_object_rules). */
void compile_field(struct compiler *c, const struct source *s, const struct node *name,
                   const struct node *node, const struct object *o, struct field *f);
