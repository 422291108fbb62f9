/* How deep the SQL of a tree is nested, in entries of SQLite's parser stack, which has 100. Each weight is what the
 * parser keeps while it reads that operand in the text sql.c and sql_value.c write; test_differential.c plays deep
 * expressions inside a statement that uses up the rest. */
#include "expr/expr_impl.h"

enum {
    W_CALL = 4,  /* name ( list */
    W_REAL = 3,  /* (CAST( */
    W_CASE = 4,  /* CASE WHEN ... ELSE */
    W_FLAG = 6,  /* CAST(CASE WHEN: a condition where a value is needed */
    W_RIGHT = 2, /* left operand and sign before the right one */
    W_ONCE = 11, /* (SELECT ... FROM (SELECT */
    W_ROWS = 11, /* (SELECT ... FROM ... WHERE ... AND */
};

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static bool is_time_sum(const struct node *n)
{
    return n->kind == NK_ARITH && n->type != ET_NUMBER && n->type != ET_TEXT;
}

static bool is_truth(const struct node *n)
{
    return n->type == ET_BOOL && n->kind != NK_FIELD && n->kind != NK_WAS && n->kind != NK_CALL &&
           !(n->kind == NK_AGGREGATE && n->op != AO_EXISTS);
}

static int stack_value(const struct expr_schema *schema, const struct node *n)
{
    return stack_node(schema, n) + (is_truth(n)                        ? W_FLAG
                                    : n->type == ET_NUMBER && n->exact ? W_REAL
                                                                       : 0);
}

static int stack_field(const struct expr_schema *schema, const struct node *n)
{
    const struct expr_field *f = path_field(schema, &n->path);
    int own =
        f && f->formula ? f->formula->stack + (f->value_type == ET_BOOL ? W_FLAG : 0) : W_CALL;

    return n->path.n_hops ? larger(W_ROWS, 4 + own) : own;
}

static int stack_arith(const struct expr_schema *schema, const struct node *n)
{
    int stack = 0;

    for (int i = 0; i < 2; i++) {
        int kid = stack_value(schema, n->kids[i]), extra = 1 + i * W_RIGHT;

        if (n->type == ET_TEXT)
            extra += 2 * W_CALL;
        else if (is_time_sum(n))
            extra += 1 + (is_time_sum(n->kids[i]) ? 0 : W_ONCE);
        else if (n->op == '/')
            extra += W_CALL + W_REAL;
        stack = larger(stack, kid + extra);
    }
    return stack;
}

static int stack_call(const struct expr_schema *schema, const struct node *n)
{
    int extra = n->op == CALL_ROUND    ? W_ONCE
                : n->op == CALL_LENGTH ? W_REAL + W_CALL
                : n->op == CALL_IF     ? W_CASE
                                       : W_CALL + 1;
    int stack = 0;

    for (size_t i = 0; i < n->n_kids; i++) {
        bool condition = n->op == CALL_IF && i == 0;

        stack = larger(stack, extra + (condition ? stack_node(schema, n->kids[i])
                                                 : stack_value(schema, n->kids[i])));
    }
    return stack;
}

static int stack_aggregate(const struct expr_schema *schema, const struct node *n)
{
    const struct node *where = n->kids[0], *value = n->kids[1];
    bool sum = n->op == AO_SUM || n->op == AO_AVG;
    int rows = W_ROWS + n->negated + (sum ? W_CALL + W_ONCE + (value->exact ? 0 : W_ONCE) : 0);
    int stack = rows + (n->path.n_hops ? W_RIGHT + W_ROWS : W_RIGHT);

    if (n->inner < 0) /* another SELECT on both sides of its WHERE */
        stack = W_RIGHT + W_ROWS + larger(stack, rows + W_CALL);
    if (where)
        stack = larger(stack, rows + stack_node(schema, where));
    if (value)
        stack = larger(stack, rows + stack_value(schema, value));
    return stack;
}

static int stack_test(const struct expr_schema *schema, const struct node *n)
{
    int stack = 0;

    for (size_t i = 0; i < n->n_kids; i++) {
        int extra = n->negated + (i ? W_RIGHT : 0);

        if (n->kind == NK_COMPARE && n->as == CA_SCALED)
            extra += W_ONCE + 2;
        else if (n->kind == NK_BETWEEN || (n->kind == NK_IN && n->n_kids > 2))
            extra += W_ONCE + 3 + (n->kind == NK_BETWEEN ? W_ONCE + 2 : 0);
        else if (n->kind == NK_CONTAINS || n->kind == NK_STARTS || n->kind == NK_ENDS)
            extra += 2 * W_CALL;
        stack = larger(stack, extra + stack_value(schema, n->kids[i]));
    }
    return stack;
}

int stack_node(const struct expr_schema *schema, const struct node *n)
{
    int stack = 0;

    if (n->constant)
        return W_REAL;
    switch (n->kind) {
    case NK_AND:
    case NK_OR:
        for (size_t i = 0; i < n->n_kids; i++)
            stack = larger(stack, 1 + W_RIGHT + stack_node(schema, n->kids[i]));
        return stack;
    case NK_NOT:
        return 1 + stack_node(schema, n->kids[0]);
    case NK_NEGATE:
        return 1 + W_RIGHT + (n->type == ET_DURATION ? W_ONCE : 0) +
               stack_value(schema, n->kids[0]);
    case NK_FIELD:
    case NK_WAS:
        return stack_field(schema, n);
    case NK_OPEN:
        return stack_node(schema, n->kids[0]) + (n->path.n_hops ? W_ROWS + W_CASE : 0);
    case NK_ARITH:
        return stack_arith(schema, n);
    case NK_CALL:
        return stack_call(schema, n);
    case NK_AGGREGATE:
        return stack_aggregate(schema, n);
    case NK_CHANGED:
        return 1;
    default:
        return stack_test(schema, n);
    }
}
