#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc32.h"

static void the_published_check_values_come_out(void **state)
{
    static const unsigned char zeros[32];

    (void)state;
    assert_int_equal(rn_crc32(0, "", 0), 0);
    assert_int_equal(rn_crc32(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(rn_crc32(0, "The quick brown fox jumps over the lazy dog", 43), 0x414FA339);
    assert_int_equal(rn_crc32(0, zeros, 32), 0x190A55AD);
}

static void a_sum_goes_on_from_any_cut(void **state)
{
    static const char text[] = "a run of bytes that is longer than eight of them, and no multiple";
    size_t len = sizeof(text) - 1;

    (void)state;
    for (size_t cut = 0; cut <= len; cut++) {
        assert_int_equal(rn_crc32(rn_crc32(0, text, cut), text + cut, len - cut),
                         rn_crc32(0, text, len));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_check_values_come_out),
        cmocka_unit_test(a_sum_goes_on_from_any_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
