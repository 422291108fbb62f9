/* Exact comparisons of scaled integers, and the few double operations all back ends must do alike. */
#include "expr/expr_impl.h"

#include <math.h>

const int64_t pow10_i64[19] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

double pow10_real(int scale)
{
    return (double)pow10_i64[scale]; /* exact up to 10^22 */
}

/* b / 10^k as quotient and remainder (both towards zero) compares with a whole a as the pairs do. */
static int compare_parts(int64_t a, int64_t b, int64_t d)
{
    int64_t q = b / d, r = b % d;

    if (a != q)
        return a < q ? -1 : 1;
    return r > 0 ? -1 : r < 0 ? 1 : 0;
}

int compare_scaled(int64_t a, int a_scale, int64_t b, int b_scale)
{
    if (a_scale <= b_scale)
        return compare_parts(a, b, pow10_i64[b_scale - a_scale]);
    return -compare_parts(b, a, pow10_i64[a_scale - b_scale]);
}

bool rescale_floor(int64_t lit, int from, int to, int64_t *floor_out, bool *hit, bool *above)
{
    *above = lit > 0;
    *hit = true;
    if (from <= to) {
        int64_t f = pow10_i64[to - from];

        if (lit > INT64_MAX / f || lit < INT64_MIN / f)
            return false;
        *floor_out = lit * f;
        return true;
    }
    *floor_out = lit / pow10_i64[from - to];
    *hit = lit % pow10_i64[from - to] == 0;
    if (!*hit && lit < 0)
        (*floor_out)--;
    return true;
}

double sum_of_parts(int64_t high, int64_t low)
{
    return (double)high * 4294967296.0 + (double)low;
}

bool sum_fixed(double v, int64_t *out)
{
    if (!(v >= -(double)SUM_UNITS_MAX && v <= (double)SUM_UNITS_MAX))
        return false;
    *out = (int64_t)(v * 1000000.0 + (v < 0 ? -0.5 : 0.5));
    return true;
}

double round_half_away(double v, int digits)
{
    double scaled = v * pow10_real(digits);

    if (!(scaled > -4503599627370496.0 &&
          scaled < 4503599627370496.0)) /* 2^52: no fraction left to round */
        return v;
    return (double)(int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5)) / pow10_real(digits);
}
