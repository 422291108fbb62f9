#include "work/work_impl.h"

void work_install(void)
{
    record_hooks.check = work_check_hook;
    record_hooks.on_change = work_change_hook;
    record_hooks.on_gone = work_gone_hook;
    manual_publish_hook = work_publish_hook;
    manual_plan_hook = work_plan_hook;
}
