#pragma once
/* Ids: 63 bits, made by the program, ordered by time, unique over all objects of an installation.
 * 41 bits milliseconds since 2020-01-01, 6 bits node, 16 bits sequence. Never 0. */
#include "base/str.h"

void id_set_node(int node); /* 0 to 63; one per process of an installation */
int64_t id_new(int64_t now_us); /* strictly growing within the process, also when now_us stands still or goes back */
/* Ids made from now on are greater than this one: the newest of the installation, read when it is opened. A clock that was set
 * back, or a process that starts within the same moment, then repeats none. */
#define ID_MOMENT (1LL << 22) /* as much as an id grows in a millisecond */
void id_after(int64_t id);
int64_t id_floor(int64_t us); /* no id made at us or later is smaller */
int64_t id_moment(int64_t id); /* when it was made: us, whole milliseconds */
bool id_parse(struct str s, int64_t *out); /* decimal text, 1 .. 2^63-1 */
