/* Where plain text ends: every way of this CPU says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/scan.h"

enum { WAYS_MAX = 8, LEN_MAX = 200 };

static bool is_special(unsigned char c)
{
    return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

/* One special byte at each place of texts of each length, in memory that ends where the text does. */
static void the_first_special_byte_is_found_at_every_place(void **state)
{
    struct rn_scan_way ways[WAYS_MAX];
    size_t count = rn_scan_ways(ways, WAYS_MAX);

    (void)state;
    assert_true(count >= 1 && count <= WAYS_MAX);
    for (size_t len = 0; len <= LEN_MAX; len++) {
        char *text = malloc(len ? len : 1);

        assert_non_null(text);
        memset(text, 'a', len);
        for (size_t w = 0; w < count; w++) {
            assert_ptr_equal(ways[w].scan(text, text + len), text + len);
            for (size_t place = 0; place < len; place++) {
                text[place] = '"';
                assert_ptr_equal(ways[w].scan(text, text + len), text + place);
                text[len - 1] = '\\'; /* one more behind it changes nothing */
                assert_ptr_equal(ways[w].scan(text, text + len), text + place);
                text[len - 1] = text[place] = 'a';
            }
        }
        free(text);
    }
}

static void each_byte_is_special_or_not_as_json_has_it(void **state)
{
    struct rn_scan_way ways[WAYS_MAX];
    size_t count = rn_scan_ways(ways, WAYS_MAX);
    char text[100];

    (void)state;
    for (size_t w = 0; w < count; w++) {
        for (size_t place = 0; place < sizeof(text); place++) {
            for (unsigned c = 0; c < 256; c++) {
                memset(text, ' ', sizeof(text));
                text[place] = (char)c;
                assert_ptr_equal(ways[w].scan(text, text + sizeof(text)),
                                 text + (is_special((unsigned char)c) ? place : sizeof(text)));
            }
        }
    }
}

static void the_way_that_is_taken_is_one_of_them(void **state)
{
    char text[] = "plain text of some length, then a quote\" and the rest of it";

    (void)state;
    assert_ptr_equal(rn_scan_text(text, text + strlen(text)), strchr(text, '"'));
}

static void no_more_ways_are_told_than_there_is_room_for(void **state)
{
    struct rn_scan_way way = {NULL, NULL};

    (void)state;
    assert_int_equal(rn_scan_ways(&way, 0), 0);
    assert_null(way.scan);
    assert_int_equal(rn_scan_ways(&way, 1), 1);
    assert_string_equal(way.name, "scalar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_special_byte_is_found_at_every_place),
        cmocka_unit_test(each_byte_is_special_or_not_as_json_has_it),
        cmocka_unit_test(the_way_that_is_taken_is_one_of_them),
        cmocka_unit_test(no_more_ways_are_told_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
