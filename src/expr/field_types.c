#include "expr/expr.h"

const struct field_type_info field_types[FT_COUNT] = {
#define FIELD_TYPE(id, word, et, store, doc) [FT_##id] = {word, et, store, doc},
#include "expr/field_types.def"
#undef FIELD_TYPE
};
