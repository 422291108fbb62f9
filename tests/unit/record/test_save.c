#include "world.h"

TEST(a_record_is_kept_and_read_back)
{
    struct world *w = *state;
    struct save_result out;
    struct str json;

    assert_ok(world_save(w, w->rep, "lead", 0,
                         "{\"name\":\"  maria   LOPEZ \",\"email\":\"Maria@EXAMPLE.com\",\"phone\":\"030 901820\",\"sector\":\"technolgy\","
                         "\"website\":\"Example.com/\"}",
                         &out));
    assert_ok(world_get(w, w->rep, "lead", out.record.id, false, &json));
    fprintf(stderr, "%.*s\n", STR_ARG(json));
}

TEST_MAIN_WITH(world_setup, world_teardown, a_record_is_kept_and_read_back)
