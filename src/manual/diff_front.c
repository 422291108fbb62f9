/* What changed in the front matter of a page, as sentences: every key has words of its own, and a step, a stage or a
 * field is named, so that "due" of a step reads "Deadline of "First reply" in "New"". */
#include "manual/diff_impl.h"

#define VALUE_BYTES_MAX 160 /* of a value inside a sentence */

/* What keys are called. A key of its own list wins over the same key elsewhere (list NULL). Words that end with a blank go
 * on with the name of the thing, the others with "of". */
static const struct {
    const char *list, *key, *words;
    bool flag; /* yes or no: the thing "is now optional" */
} key_words[] = {
    {"steps", "due", "Deadline", false},
    {"steps", "due_on", "The day it is due", false},
    {"steps", "role", "Role responsible", false},
    {"stages", "needs", "Fields needed to leave ", false},
    {"ends", "needs", "Fields needed for ", false},
    {"steps", "needs", "Fields needed to finish ", false},
    {"stages", "when", "Condition", false},
    {"ends", "when", "Condition", false},
    {"ends", "then", "What follows", false},
    {"asks", "then", "What follows", false},
    {"asks", "set", "Fields set by ", false},
    {"asks", "activity", "Activity logged by ", false},
    {"levels", "after", "Waiting time", false},
    {"levels", "who", "Who is called", false},
    {"levels", "how", "How they are told", false},
    {"fields", "to", "Object referred to", false},
    {"fields", "back", "Relation back", false},
    {"fields", "min", "Least value", false},
    {"fields", "max", "Greatest value", false},
    {"seasons", "from", "First day", false},
    {"seasons", "to", "Last day", false},
    {"avoid", "instead", "What to say instead", false},
    {NULL, "label", "Name", false},
    {NULL, "owner", "Role that keeps the page", false},
    {NULL, "review", "Day of the next review", false},
    {NULL, "for", "Records it is about", false},
    {NULL, "object", "Records it is about", false},
    {NULL, "when", "Condition", false},
    {NULL, "must", "What must hold", false},
    {NULL, "within", "Time allowed", false},
    {NULL, "of", "What it is counted from", false},
    {NULL, "every", "Period", false},
    {NULL, "at_least", "Number expected", false},
    {NULL, "owed_by", "Who owes it", false},
    {NULL, "remind_before", "Time of the reminder", false},
    {NULL, "on_breach", "What happens on a breach", false},
    {NULL, "except", "Exception", false},
    {NULL, "mode", "Mode", false},
    {NULL, "starts_when", "Condition to start", false},
    {NULL, "enter_when", "Condition to enter", false},
    {NULL, "leave_when", "Condition to leave", false},
    {NULL, "required_when", "Condition for being required", false},
    {NULL, "visible_when", "Condition for being shown", false},
    {NULL, "readonly_when", "Condition for being read-only", false},
    {NULL, "done_when", "Condition for being done", false},
    {NULL, "idle_after", "Time after which it counts as idle", false},
    {NULL, "asks", "Answers", false},
    {NULL, "default", "Value of a new record", false},
    {NULL, "back", "Relation back", false},
    {NULL, "personal", "Passages to rewrite for each reader", false},
    {NULL, "reports_to", "Superior role", false},
    {NULL, "can", "Rights", false},
    {NULL, "optional", "optional", true},
    {NULL, "required", "required", true},
    {NULL, "unique", "unique", true},
    {NULL, "hidden", "hidden", true},
    {NULL, "search", "searchable", true},
    {NULL, "index", "indexed", true},
    {"fields", "personal", "personal", true},
    {"passages", "personal", "personal", true},
};

/* Keys that hold named things, and what one of those is called. */
static const struct {
    const char *key, *one, *many;
} things[] = {
    {"stages", "Stage", "stages"},     {"steps", "Step", "steps"},
    {"ends", "End", "ends"},           {"asks", "Answer", "answers"},
    {"fields", "Field", "fields"},     {"options", "Option", "options"},
    {"levels", "Level", "levels"},     {"passages", "Passage", "passages"},
    {"avoid", "Wording", "wordings"},  {"relations", "Relation", "relations"},
};

/* Where a value stands: in which named thing, under which keys. */
struct place {
    const struct place *up; /* the thing around; NULL: the page itself */
    struct str list;        /* key of the list it stands in: "steps" */
    struct str name;        /* "First reply" */
};
static const struct place page_itself;

static struct str quoted(struct arena *arena, struct str text)
{
    return str_fmt(arena, "\"%.*s\"", STR_ARG(text));
}

static int thing_of(struct str key)
{
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++)
        if (str_eq(key, str_from(things[i].key)))
            return (int)i;
    return -1;
}

static struct str capital(struct arena *arena, struct str key)
{
    struct str words = str_dup(arena, key);
    struct buf b = buf_new(arena, words.len + 1);

    for (size_t i = 0; i < words.len; i++) {
        char c = words.ptr[i] == '_' || words.ptr[i] == '-' ? ' ' : words.ptr[i];

        buf_add_char(&b, i == 0 && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
    return buf_str(&b);
}

static struct str words_of(struct arena *arena, struct str list, struct str key, bool *flag)
{
    *flag = false;
    for (int own = 1; own >= 0; own--)
        for (size_t i = 0; i < sizeof key_words / sizeof key_words[0]; i++) {
            if ((key_words[i].list != NULL) != own ||
                (own && !str_eq(list, str_from(key_words[i].list))))
                continue;
            if (!str_eq(key, str_from(key_words[i].key)))
                continue;
            *flag = key_words[i].flag;
            return str_from(key_words[i].words);
        }
    return capital(arena, key);
}

/* "Deadline of "First reply" in "New"", or the words alone for the page itself. */
static struct str with_place(struct arena *arena, struct str words, const struct place *at)
{
    struct buf b = buf_new(arena, 64);
    bool bare = str_ends(words, STR(" "));

    buf_add(&b, str_trim(words));
    for (const struct place *p = at; p != &page_itself; p = p->up)
        buf_fmt(&b, "%s \"%.*s\"", p != at ? " in" : bare ? "" : " of", STR_ARG(p->name));
    return buf_str(&b);
}

static void add_value(struct buf *b, const struct node *node, int depth)
{
    if (node->kind == NODE_TEXT) {
        buf_add(b, node->text.len ? node->text : STR("nothing"));
        return;
    }
    if (node->n == 0)
        buf_add(b, STR("nothing"));
    for (size_t i = 0; i < node->n && b->len < VALUE_BYTES_MAX; i++) {
        bool nested = depth > 0 && node->kind == NODE_MAP;

        if (i)
            buf_add(b, STR(", "));
        if (nested && i == 0)
            buf_add_char(b, '(');
        if (node->kind == NODE_MAP)
            buf_fmt(b, "%.*s: ", STR_ARG(node->keys[i]->text));
        add_value(b, node->items[i], depth + 1);
        if (nested && i + 1 == node->n)
            buf_add_char(b, ')');
    }
}

static struct str value_text(struct arena *arena, const struct node *node)
{
    struct buf b = buf_new(arena, 64);
    struct str text;

    add_value(&b, node, 0);
    text = buf_str(&b);
    if (text.len <= VALUE_BYTES_MAX)
        return text;
    size_t end = VALUE_BYTES_MAX;
    while (end > 0 && ((unsigned char)text.ptr[end] & 0xC0) == 0x80) /* whole code points only */
        end--;
    return str_fmt(arena, "%.*s…", (int)end, text.ptr);
}

static bool node_same(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == NODE_TEXT)
        return str_eq(a->text, b->text);
    for (size_t i = 0; i < a->n; i++)
        if ((a->kind == NODE_MAP && !str_eq(a->keys[i]->text, b->keys[i]->text)) ||
            !node_same(a->items[i], b->items[i]))
            return false;
    return true;
}

static void say(struct diff_sentences *out, const struct node *a, const struct node *b,
                struct str text)
{
    VEC_PUSH(out->arena, out->list) = (struct diff_sentence){
        .text = text, .line_before = a ? a->line : 0, .line = b ? b->line : 0};
}

static bool is_yes(const struct node *node)
{
    return node && node->kind == NODE_TEXT &&
           (str_eq(node->text, STR("true")) || str_eq(node->text, STR("yes")));
}

static struct str thing_text(struct arena *arena, const struct place *at)
{
    int thing = thing_of(at->list);

    return at == &page_itself ? STR("It")
                              : str_fmt(arena, "%s %.*s%.*s", thing < 0 ? "Entry" : things[thing].one,
                                        STR_ARG(quoted(arena, at->name)),
                                        STR_ARG(at->up == &page_itself
                                                    ? STR_NONE
                                                    : str_fmt(arena, " in \"%.*s\"",
                                                              STR_ARG(at->up->name))));
}

/* One key changed its value; a or b NULL: it was not there, or is not there now. */
static void say_value(struct diff_sentences *out, const struct place *at, struct str key,
                      const struct node *a, const struct node *b)
{
    struct arena *arena = out->arena;
    bool flag;
    struct str words = words_of(arena, at->list, key, &flag);

    if (flag && is_yes(a) != is_yes(b)) {
        say(out, a, b, str_fmt(arena, "%.*s is %s %.*s.", STR_ARG(thing_text(arena, at)),
                               is_yes(b) ? "now" : "no longer", STR_ARG(words)));
        return;
    }
    words = with_place(arena, capital(arena, words), at);
    if (!a)
        say(out, a, b, str_fmt(arena, "%.*s was set to %.*s.", STR_ARG(words), STR_ARG(value_text(arena, b))));
    else if (!b)
        say(out, a, b, str_fmt(arena, "%.*s was taken away; it was %.*s.", STR_ARG(words), STR_ARG(value_text(arena, a))));
    else
        say(out, a, b, str_fmt(arena, "%.*s changed from %.*s to %.*s.", STR_ARG(words), STR_ARG(value_text(arena, a)),
                               STR_ARG(value_text(arena, b))));
}

/* What an item of a list is called: so that a moved step is still that step. */
static struct str item_name(const struct node *item)
{
    static const char *const keys[] = {"name", "label", "say", NULL};

    if (item->kind == NODE_TEXT)
        return item->text;
    for (int i = 0; keys[i]; i++) {
        const struct node *node = node_get(item, keys[i]);

        if (node && node->kind == NODE_TEXT)
            return node->text;
    }
    return STR_NONE;
}

static bool all_named(const struct node *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i]->kind != NODE_MAP || !item_name(list->items[i]).len)
            return false;
    return true;
}

static long item_at(const struct node *list, struct str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(item_name(list->items[i]), name))
            return (long)i;
    return -1;
}

static void compare_maps(struct diff_sentences *out, const struct node *a, const struct node *b,
                         const struct place *at);

static void say_thing(struct diff_sentences *out, const struct place *at, const struct node *a,
                      const struct node *b)
{
    say(out, a, b, str_fmt(out->arena, "%.*s was %s.", STR_ARG(thing_text(out->arena, at)),
                           a ? "removed" : "added"));
}

/* Whether items that both lists have stand in another order. */
static bool order_changed(const struct node *a, const struct node *b)
{
    long last = -1;

    for (size_t i = 0; i < a->n; i++) {
        long here = item_at(b, item_name(a->items[i]));

        if (here < 0)
            continue;
        if (here < last)
            return true;
        last = here;
    }
    return false;
}

static void compare_named(struct diff_sentences *out, const struct node *a, const struct node *b,
                          const struct place *at, struct str key)
{
    int thing = thing_of(key);

    for (size_t i = 0; i < a->n; i++) {
        struct place here = {at, key, item_name(a->items[i])};
        long other = item_at(b, here.name);

        if (other < 0)
            say_thing(out, &here, a->items[i], NULL);
        else
            compare_maps(out, a->items[i], b->items[other], &here);
    }
    for (size_t i = 0; i < b->n; i++) {
        struct place here = {at, key, item_name(b->items[i])};

        if (item_at(a, here.name) < 0)
            say_thing(out, &here, NULL, b->items[i]);
    }
    if (order_changed(a, b))
        say(out, a, b,
            str_fmt(out->arena, "The %.*s stand in another order.",
                    STR_ARG(with_place(out->arena, str_from(thing < 0 ? "entries" : things[thing].many), at))));
}

static bool holds(const struct node *list, const struct node *item)
{
    for (size_t i = 0; i < list->n; i++)
        if (node_same(list->items[i], item))
            return true;
    return false;
}

static size_t add_others(struct buf *b, const struct node *from, const struct node *without)
{
    struct arena *arena = b->arena;
    size_t n = 0;

    for (size_t i = 0; i < from->n; i++)
        if (!holds(without, from->items[i]))
            buf_fmt(b, "%s%.*s", n++ ? ", " : "", STR_ARG(quoted(arena, value_text(arena, from->items[i]))));
    return n;
}

/* Lists of plain values: what came and what went. */
static void compare_values(struct diff_sentences *out, const struct node *a, const struct node *b,
                           const struct place *at, struct str key)
{
    struct arena *arena = out->arena;
    struct buf gone = buf_new(arena, 64), come = buf_new(arena, 64);
    size_t n_gone = add_others(&gone, a, b), n_come = add_others(&come, b, a);
    bool flag;
    struct str words = words_of(arena, at->list, key, &flag);

    words = with_place(arena, capital(arena, words), at);
    if (n_gone && n_come)
        say(out, a, b, str_fmt(arena, "%.*s: %.*s removed, %.*s added.", STR_ARG(words), STR_ARG(buf_str(&gone)), STR_ARG(buf_str(&come))));
    else if (n_gone || n_come)
        say(out, a, b, str_fmt(arena, "%.*s: %.*s %s.", STR_ARG(words), STR_ARG(buf_str(n_gone ? &gone : &come)), n_gone ? "removed" : "added"));
    else
        say(out, a, b, str_fmt(arena, "%.*s: the order changed.", STR_ARG(words)));
}

static void compare_key(struct diff_sentences *out, const struct node *a, const struct node *b,
                        const struct place *at, struct str key)
{
    if (a && b && node_same(a, b))
        return;
    if (a && b && a->kind == NODE_LIST && b->kind == NODE_LIST) {
        if (all_named(a) && all_named(b))
            compare_named(out, a, b, at, key);
        else
            compare_values(out, a, b, at, key);
    } else if (a && b && a->kind == NODE_MAP && b->kind == NODE_MAP) {
        struct place here = {at, key, capital(out->arena, key)};

        compare_maps(out, a, b, &here);
    } else {
        say_value(out, at, key, a, b);
    }
}

/* Maps whose keys are names of things, as the fields of an object. */
static void compare_things(struct diff_sentences *out, const struct node *a, const struct node *b,
                           const struct place *at, struct str key)
{
    for (size_t i = 0; i < a->n; i++) {
        struct place here = {at, key, a->keys[i]->text};
        const struct node *other = node_get_str(b, here.name);

        if (!other)
            say_thing(out, &here, a->keys[i], NULL);
        else if (a->items[i]->kind == NODE_MAP && other->kind == NODE_MAP)
            compare_maps(out, a->items[i], other, &here);
        else
            compare_key(out, a->items[i], other, at, here.name);
    }
    for (size_t i = 0; i < b->n; i++) {
        struct place here = {at, key, b->keys[i]->text};

        if (!node_get_str(a, here.name))
            say_thing(out, &here, NULL, b->keys[i]);
    }
}

static void compare_maps(struct diff_sentences *out, const struct node *a, const struct node *b,
                         const struct place *at)
{
    for (size_t i = 0; i < a->n; i++) {
        struct str key = a->keys[i]->text;
        const struct node *now = node_get_str(b, key);

        if (now && a->items[i]->kind == NODE_MAP && now->kind == NODE_MAP && thing_of(key) >= 0)
            compare_things(out, a->items[i], now, at, key);
        else
            compare_key(out, a->items[i], now, at, key);
    }
    for (size_t i = 0; i < b->n; i++)
        if (!node_get_str(a, b->keys[i]->text))
            compare_key(out, NULL, b->items[i], at, b->keys[i]->text);
}

static struct node *front_matter(struct arena *arena, struct str text)
{
    struct page_parts parts;
    struct node *root;

    if (page_split(arena, text, &parts) ||
        yaml_read(arena, text, parts.yaml_from, parts.yaml_to, &root))
        return NULL; /* a page that cannot be read has no words, only lines */
    return root;
}

void diff_front(struct diff_sentences *out, struct str before, struct str after)
{
    struct node *a = front_matter(out->arena, before), *b = front_matter(out->arena, after);

    if (a && b && a->kind == NODE_MAP && b->kind == NODE_MAP)
        compare_maps(out, a, b, &page_itself);
}
