#include "work/work_impl.h"

/* Met once for this start of the clock is met; a rule without a field to start at begins anew each time it stops holding. */
static bool begins_anew(const struct policy *p, int64_t clock_us, int64_t on_us, const struct value *of)
{
    if (!of || p->clock != PC_WITHIN)
        return true;
    return !of->empty && clock_start(of, on_us, 0) != clock_us;
}

enum clock_turn clock_turn(const struct policy *p, enum clock_state state, int64_t clock_us, int64_t on_us, bool in_scope,
                           bool holds, const struct value *of)
{
    if (!in_scope)
        return state == CLOCK_NONE ? TURN_STAY : TURN_LEAVE;
    switch (state) {
    case CLOCK_NONE:
        return TURN_BEGIN;
    case CLOCK_RUNNING:
        return holds ? TURN_MET : TURN_GO_ON;
    case CLOCK_BREACHED:
        return holds ? TURN_MET : TURN_STILL_BROKEN;
    case CLOCK_MET:
        return !holds && begins_anew(p, clock_us, on_us, of) ? TURN_BEGIN : TURN_STAY;
    }
    return TURN_STAY;
}

int64_t clock_start(const struct value *of, int64_t on_us, int64_t now_us)
{
    int64_t start = of && !of->empty ? of->i : now_us;

    return start < on_us ? on_us : start;
}

int64_t clock_due(const struct policy *p, const struct worktime *wt, int64_t clock_us)
{
    int64_t due = worktime_due(wt, clock_us, p->within);

    return due == DATE_NONE ? 0 : due;
}

int64_t clock_remind(const struct policy *p, const struct worktime *wt, int64_t due_us)
{
    struct duration back = p->remind_before;

    if (!due_us || !(back.us || back.business_us || back.business_days))
        return 0;
    if (back.business_days)
        return worktime_add_days(wt, due_us, -back.business_days);
    return due_us - back.us - back.business_us;
}

bool clock_is_swept(struct arena *arena, const struct manual *m, const struct policy *p)
{
    struct work w = {.arena = arena, .m = m};

    if (p->clock == PC_EVERY)
        return false;
    return rule_is_swept(&w, &p->when) || rule_is_swept(&w, &p->must) || rule_is_swept(&w, &p->except);
}

struct err *due_worktime(struct tx *tx, const struct manual *m, int64_t user, const struct worktime **out)
{
    struct work w = work_at(tx, m, 0);

    return who_worktime(&w, user, out);
}

struct err *due_owed_by(struct tx *tx, const struct manual *m, const struct policy *p, const struct record *r, int64_t now_us,
                        int64_t *user)
{
    struct work w = work_at(tx, m, now_us);
    struct str role;

    return who_resolve(&w, &p->owed_by, r, p->page->owner, user, &role);
}
