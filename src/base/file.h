#pragma once
/* Files: whole reads and atomic writes (temporary file, fsync, rename, fsync of the folder). */
#include "base/err.h"

MUST_USE struct err *file_read(struct arena *arena, const char *path, size_t bytes_max, struct str *out);
MUST_USE struct err *file_write(struct arena *arena, const char *path, struct str content);
bool file_exists(const char *path);
MUST_USE struct err *file_make_dirs(struct arena *arena, const char *path);
/* Names of all regular files below dir, relative, sorted bytewise; hidden ones left out. */
MUST_USE struct err *file_list(struct arena *arena, const char *dir, struct str **names, size_t *n);
/* 32 bytes BLAKE2b of s as 64 hex characters. */
struct str hash_hex(struct arena *arena, struct str s);
