#include "record/phone_impl.h"
#include "test.h"

static struct str clean(struct arena *arena, const char *text, const char *country,
                        enum phone_state *how)
{
    struct str out;

    *how = phone_clean(arena, str_from(text), str_from(country), &out);
    return out;
}

/* Numbers as people of 24 countries write them at home. */
TEST(national_numbers_become_e164)
{
    static const char *const cases[][3] = {
        {"US", "(415) 555-2671", "+14155552671"},
        {"CA", "1-604-555-0199", "+16045550199"},
        {"GB", "020 7946 0018", "+442079460018"},
        {"DE", "030 / 901820", "+4930901820"},
        {"FR", "01 42 68 53 00", "+33142685300"},
        {"ES", "912 345 678", "+34912345678"},
        {"IT", "06 6982", "+39066982"},
        {"NL", "020 555 1111", "+31205551111"},
        {"BE", "02 555 12 12", "+3225551212"},
        {"CH", "044 668 18 00", "+41446681800"},
        {"AT", "01 58858", "+43158858"},
        {"PL", "22 123 45 67", "+48221234567"},
        {"SE", "08-505 505 05", "+46850550505"},
        {"DK", "32 12 34 56", "+4532123456"},
        {"NO", "22 12 34 56", "+4722123456"},
        {"BR", "(11) 96123-4567", "+5511961234567"},
        {"MX", "55 1234 5678", "+525512345678"},
        {"IN", "098765 43210", "+919876543210"},
        {"JP", "03-1234-5678", "+81312345678"},
        {"CN", "010 1234 5678", "+861012345678"},
        {"AU", "(02) 9374 4000", "+61293744000"},
        {"NZ", "04 472 0000", "+6444720000"},
        {"ZA", "011 978 5313", "+27119785313"},
        {"AR", "011 15-2345-6789", "+5491123456789"},
        {"RU", "8 (495) 123-45-67", "+74951234567"},
        {"PH", "(02) 8123 4567", "+63281234567"},
    };
    struct arena *arena = arena_new(0);
    enum phone_state how;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str out = clean(arena, cases[i][1], cases[i][0], &how);
        assert_str(out, cases[i][2]);
        assert_int_equal(how, PHONE_VALID);
        /* and what came out goes in unchanged, whatever the home country */
        assert_str(clean(arena, cases[i][2], "KR", &how), cases[i][2]);
        assert_int_equal(how, PHONE_VALID);
    }
    arena_free(arena);
}

TEST(foreign_and_odd_spellings)
{
    static const char *const cases[][3] = {
        {"DE", "0049 30 901820", "+4930901820"},
        {"DE", "+49 (0) 30 901820", "+4930901820"},
        {"US", "011 44 20 7946 0018", "+442079460018"},
        {"", "0033 1 42 68 53 00", "+33142685300"},
        {"US", "tel:+1-415-555-2671", "+14155552671"},
        {"US", "415.555.2671 ext. 12", "+14155552671;ext=12"},
        {"US", "415 555 2671 x7", "+14155552671;ext=7"},
        {"US", "\uff0b1 (415) 555\u20112671", "+14155552671"},
        {"US", "\uff14\uff11\uff15 555 2671", "+14155552671"},
    };
    struct arena *arena = arena_new(0);
    enum phone_state how;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_str(clean(arena, cases[i][1], cases[i][0], &how), cases[i][2]);
        assert_int_equal(how, PHONE_VALID);
    }
    arena_free(arena);
}

TEST(what_no_plan_knows_is_doubtful_and_what_is_no_number_is_refused)
{
    static const char *const bad[] = {
        "", "abc", "12", "call me", "+49 30 x", "1234567890123456789012345", "+", "415-CALL-NOW"};
    struct arena *arena = arena_new(0);
    enum phone_state how;

    (void)clean(arena, "+1 111 111 1111", "", &how);
    assert_int_equal(how, PHONE_DOUBTFUL);
    assert_str(clean(arena, "030 901820", "", &how), "030901820");
    assert_int_equal(how, PHONE_DOUBTFUL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)clean(arena, bad[i], "DE", &how);
        assert_int_equal(how, PHONE_BAD);
    }
    arena_free(arena);
}

/* The matcher against each plan's own pattern must end, whatever the digits. */
TEST(every_pattern_can_be_run)
{
    char digits[18];
    int hits = 0;

    srand(7);
    for (const struct phone_plan *p = phone_plans; p->country; p++)
        for (int n = 0; n < 200; n++) {
            size_t len = (size_t)(rand() % 17);
            for (size_t i = 0; i < len; i++)
                digits[i] = (char)('0' + rand() % 10);
            struct str s = {digits, len};
            hits += phone_match(p->pattern, s);
        }
    assert_true(hits > 100);
}

TEST_MAIN(national_numbers_become_e164, foreign_and_odd_spellings,
          what_no_plan_knows_is_doubtful_and_what_is_no_number_is_refused, every_pattern_can_be_run)
