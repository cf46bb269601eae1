/* Places to begin, as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/seqno.h"
#include "tool/since.h"

enum { NOW_S = 1700000000 };
#define NOW_MS ((int64_t)NOW_S * 1000)

static void every_form_is_understood(void **state)
{
    static const struct {
        const char *text;
        enum rn_since_kind kind;
        int64_t at_ms;
    } rows[] = {
        {"latest", RN_SINCE_LATEST, 0},
        {"oldest", RN_SINCE_OLDEST, 0},
        {"-15m", RN_SINCE_TIME, NOW_MS - 900000},
        {"-1s", RN_SINCE_TIME, NOW_MS - 1000},
        {"-2h", RN_SINCE_TIME, NOW_MS - 7200000},
        {"-1d", RN_SINCE_TIME, NOW_MS - 86400000},
        {"1700000000", RN_SINCE_TIME, NOW_MS},
        {"1700000000.25", RN_SINCE_TIME, NOW_MS + 250},
        {"2023-11-14T22:13:20Z", RN_SINCE_TIME, NOW_MS},
        {"2023-11-14T23:13:20.5+01:00", RN_SINCE_TIME, NOW_MS + 500},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rn_since since;

        assert_int_equal(rn_since_parse(rn_str_c(rows[i].text), NOW_MS, &since), RN_OK);
        assert_int_equal(since.kind, rows[i].kind);
        assert_int_equal(since.at_ms, rows[i].at_ms);
    }
}

static void a_sequence_number_names_its_shard(void **state)
{
    char text[RN_SEQNO_TEXT_BYTES];
    struct rn_since since;

    (void)state;
    rn_seqno_format_record(NOW_S, 37, 5, text);
    assert_int_equal(rn_since_parse(rn_str_c(text), NOW_MS, &since), RN_OK);
    assert_int_equal(since.kind, RN_SINCE_SEQUENCE);
    assert_int_equal(since.shard_index, 37);
}

static void anything_else_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "now",
                                      "-",
                                      "-m",
                                      "-15",
                                      "-15w",
                                      "15m",
                                      "1700000000.",
                                      "1700000000.x",
                                      "2023-11-14",
                                      "2023-13-14T22:13:20Z",
                                      "-99999999999d"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rn_since since;

        assert_int_equal(rn_since_parse(rn_str_c(bad[i]), NOW_MS, &since), RN_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_understood),
        cmocka_unit_test(a_sequence_number_names_its_shard),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
