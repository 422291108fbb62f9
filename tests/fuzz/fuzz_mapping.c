/* Any bytes as a mapping file, a line "===", and the first line of a CSV: refused with a place and a sentence, or every
 * column knows where it goes. Dates are read by whatever pattern came through. */
#include "fuzz/starter.h"
#include "record/import_impl.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_errors(const struct err *e)
{
    for (; e; e = e->next)
        check(e->message.len > 0 && e->line >= 1, "an error without a sentence or a line");
}

static void use(struct arena *arena, struct mapping *map, struct str header)
{
    struct csv_reader *csv = csv_reader_text(arena, header, map->delimiter);
    struct str *cells;
    int64_t day;
    size_t n;
    struct err *e = csv_next(csv, &cells, &n);

    if (!e && n)
        check_errors(mapping_bind(arena, map, cells, n));
    for (size_t i = 0; i < map->n_columns; i++) {
        const struct column_map *c = &map->columns[i];

        check(c->ignore == !c->field, "a column that goes nowhere");
        if (c->date.len && date_by_pattern(header, c->date, &day))
            check(day >= civil_days(1, 1, 1) && day <= civil_days(9999, 12, 31), "a day that does not exist");
    }
    for (size_t i = 0; i < map->n_constants; i++)
        check(map->constants[i].n_pieces > 0 && map->constants[i].field, "a constant of nothing");
    check(!map->key == (map->key_column < 0), "a key without its column");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct str text = {(const char *)data, size}, header = STR_NONE;
    size_t cut = str_find(text, STR("\n===\n"), 0);
    struct mapping *map;
    struct err *e;

    if (cut != SIZE_MAX) {
        header = str_sub(text, cut + 5, SIZE_MAX);
        text = str_sub(text, 0, cut + 1);
    }
    e = mapping_parse(arena, manual(), "fuzz", text, &map);
    check_errors(e);
    if (!e)
        use(arena, map, header);
    arena_free(arena);
    return 0;
}
