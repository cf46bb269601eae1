/* Method: standard error is a pipe while one call is made; what arrives is the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <cmocka.h>

#include "base/civil.h"
#include "sys/log.h"

static char line[65536];

/* The bytes that one rn_log call sends, NUL behind them. */
static const char *logged(enum rn_log_level level, const char *message)
{
    int ends[2], kept = dup(STDERR_FILENO);
    ssize_t len;

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    assert_int_equal(close(ends[1]), 0);
    rn_log(level, "local", "%s", message);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(close(kept), 0);
    len = read(ends[0], line, sizeof(line) - 1); /* one write is one read */
    assert_true(len >= 0);
    line[len] = '\0';
    assert_int_equal(read(ends[0], line + len, 1), 0);
    assert_int_equal(close(ends[0]), 0);
    return line;
}

static void a_text_line_has_time_level_room_and_message(void **state)
{
    int64_t ms;
    const char *text;

    (void)state;
    rn_log_setup(RN_LOG_INFO, false);
    text = logged(RN_LOG_WARN, "the disk is nearly full");
    assert_int_equal(rn_civil_parse_rfc3339(rn_str_make(text, 24), &ms), RN_OK);
    assert_string_equal(text + 24, " warn  local: the disk is nearly full\n");
}

static void a_line_below_the_level_is_not_written(void **state)
{
    (void)state;
    rn_log_setup(RN_LOG_WARN, false);
    assert_true(rn_log_on(RN_LOG_ERROR));
    assert_false(rn_log_on(RN_LOG_INFO));
    assert_string_equal(logged(RN_LOG_INFO, "quiet"), "");
    assert_int_not_equal(strlen(logged(RN_LOG_ERROR, "loud")), 0);
    rn_log_setup(RN_LOG_DEBUG, false);
    assert_int_not_equal(strlen(logged(RN_LOG_DEBUG, "chatty")), 0);
}

static void a_message_cannot_forge_a_second_line(void **state)
{
    (void)state;
    rn_log_setup(RN_LOG_INFO, false);
    assert_non_null(strstr(logged(RN_LOG_INFO, "a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void json_survives_every_byte(void **state)
{
    char message[256];
    json_t *parsed;
    json_error_t error;

    (void)state;
    for (int i = 1; i < 256; i++) {
        message[i - 1] = (char)i;
    }
    message[255] = '\0';
    rn_log_setup(RN_LOG_INFO, true);
    parsed = json_loads(logged(RN_LOG_INFO, message), 0, &error);
    assert_non_null(parsed);
    assert_string_equal(json_string_value(json_object_get(parsed, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(parsed, "room")), "local");
    assert_memory_equal(json_string_value(json_object_get(parsed, "message")), message, 127);
    assert_non_null(strstr(json_string_value(json_object_get(parsed, "message")), "\xef\xbf\xbd"));
    json_decref(parsed);
    parsed = json_loads(logged(RN_LOG_INFO, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x99\x82"), 0, &error);
    assert_non_null(parsed);
    assert_string_equal(json_string_value(json_object_get(parsed, "message")),
                        "gr\xc3\xbc\xc3\x9f \xf0\x9f\x99\x82");
    json_decref(parsed);
}

static void a_long_message_is_cut_and_the_line_still_ends(void **state)
{
    static char message[10000];
    json_t *parsed;
    json_error_t error;

    (void)state;
    memset(message, '\x01', sizeof(message) - 1); /* six bytes each in JSON */
    rn_log_setup(RN_LOG_INFO, true);
    parsed = json_loads(logged(RN_LOG_INFO, message), 0, &error);
    assert_non_null(parsed);
    assert_int_equal(json_string_length(json_object_get(parsed, "message")), 2047);
    json_decref(parsed);
    assert_int_equal(line[strlen(line) - 1], '\n');
}

static void what_clients_can_repeat_is_said_once_a_span_and_counted(void **state)
{
    struct rn_log_pace pace = {0};
    uint64_t held_back = 99;

    (void)state;
    assert_true(rn_log_may(&pace, 5, 1000, &held_back));
    assert_int_equal(held_back, 0);
    for (int64_t us = 6; us < 1000005; us += 250000) {
        assert_false(rn_log_may(&pace, us, 1000, &held_back));
    }
    assert_true(rn_log_may(&pace, 1000005, 1000, &held_back));
    assert_int_equal(held_back, 4);
    assert_false(rn_log_may(&pace, 2000004, 1000, &held_back));
    assert_true(rn_log_may(&pace, 9000000, 1000, &held_back));
    assert_int_equal(held_back, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_line_has_time_level_room_and_message),
        cmocka_unit_test(a_line_below_the_level_is_not_written),
        cmocka_unit_test(a_message_cannot_forge_a_second_line),
        cmocka_unit_test(json_survives_every_byte),
        cmocka_unit_test(a_long_message_is_cut_and_the_line_still_ends),
        cmocka_unit_test(what_clients_can_repeat_is_said_once_a_span_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
