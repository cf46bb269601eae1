/* The AWS tools' files: what counts, what is skipped, what is refused and how it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "client/ini.h"

static struct rn_ini *parsed(const char *text)
{
    struct rn_ini *ini = NULL;

    assert_int_equal(rn_ini_parse(rn_str_c(text), "file", &ini, NULL), RN_OK);
    return ini;
}

static void values_belong_to_their_section(void **state)
{
    struct rn_ini *ini = parsed("[a]\nx = 1\n[ b c ]\r\n x\t=  2 \r\ny==3\n");

    (void)state;
    assert_string_equal(rn_ini_get(ini, "a", "x"), "1");
    assert_null(rn_ini_get(ini, "b c", "x")); /* indented: nested under the section's key */
    assert_string_equal(rn_ini_get(ini, "b c", "y"), "=3");
    assert_null(rn_ini_get(ini, "a", "y"));
    assert_true(rn_ini_has(ini, "b c"));
    assert_false(rn_ini_has(ini, "d"));
    rn_ini_free(ini);
}

static void the_last_of_two_counts(void **state)
{
    struct rn_ini *ini = parsed("[a]\nx=1\nx=2");

    (void)state;
    assert_string_equal(rn_ini_get(ini, "a", "x"), "2");
    rn_ini_free(ini);
}

static void comments_blank_and_nested_lines_are_skipped(void **state)
{
    struct rn_ini *ini = parsed("# c\n; c\n\n[a]\ns3 =\n  x = nested\n#x=2\n");

    (void)state;
    assert_null(rn_ini_get(ini, "a", "x"));
    assert_string_equal(rn_ini_get(ini, "a", "s3"), "");
    rn_ini_free(ini);
}

static void a_line_that_is_neither_is_named(void **state)
{
    static const char *const bad[] = {"[a]\nnonsense\n", "x=1\n[a]", "[a]\n[b\n"};
    static const char *const where[] = {"file:2:", "file:1:", "file:2:"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rn_ini *ini = NULL;
        struct rn_reason reason = {""};

        assert_int_equal(rn_ini_parse(rn_str_c(bad[i]), "file", &ini, &reason), RN_INVALID);
        assert_memory_equal(reason.text, where[i], strlen(where[i]));
        assert_null(ini);
    }
}

static void a_missing_file_is_not_an_error_of_the_text(void **state)
{
    struct rn_ini *ini = NULL;

    (void)state;
    assert_int_equal(rn_ini_read("/no/such/file", &ini, NULL), RN_NOT_FOUND);
    assert_int_equal(rn_ini_read("", &ini, NULL), RN_NOT_FOUND);
    assert_int_equal(rn_ini_read("/dev/zero", &ini, NULL), RN_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_belong_to_their_section),
        cmocka_unit_test(the_last_of_two_counts),
        cmocka_unit_test(comments_blank_and_nested_lines_are_skipped),
        cmocka_unit_test(a_line_that_is_neither_is_named),
        cmocka_unit_test(a_missing_file_is_not_an_error_of_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
