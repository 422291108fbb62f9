#pragma once
/* Ids: 63 bits, made by the program, ordered by time, unique over all objects of an installation.
 * 41 bits milliseconds since 2020-01-01, 6 bits node, 16 bits sequence. Never 0. */
#include "base/str.h"

void id_set_node(int node); /* 0 to 63; one per process of an installation */
int64_t id_new(int64_t now_us); /* strictly growing within the process, also when now_us stands still or goes back */
bool id_parse(struct str s, int64_t *out); /* decimal text, 1 .. 2^63-1 */
