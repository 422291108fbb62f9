#include "base/embedded.h"

const struct embedded_file *embedded_find(struct str path)
{
    const struct embedded_file *f = embedded_first(path);
    return f && str_eq(str_from(f->path), path) ? f : NULL;
}

const struct embedded_file *embedded_first(struct str prefix)
{
    for (const struct embedded_file *f = embedded_files; f->path; f++)
        if (str_starts(str_from(f->path), prefix))
            return f;
    return NULL;
}

struct str embedded_text(const struct embedded_file *file)
{
    return (struct str){file->data, file->len};
}
