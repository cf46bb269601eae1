/* Settings: the order of sources, and what happens to values that are wrong.
 * Method: the reader runs on arguments, an environment and files made up here. */
#include "server/settings.h"

#include "server/settings_file.h"
#include "sys/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct rn_arena *arena;
static struct rn_settings settings;
static struct rn_settings_origin origin;
static struct rn_reason reason;

struct variable {
    const char *name, *value;
};

static const char *from_list(void *arg, const char *name)
{
    for (const struct variable *at = arg; at && at->name; at++) {
        if (strcmp(at->name, name) == 0) {
            return at->value;
        }
    }
    return NULL;
}

/* The one file there is; no path: none. */
static struct {
    const char *path, *text;
    rn_err err;
} the_file;

static rn_err file_from_memory(void *arg, const char *path, struct rn_arena *in, rn_str *ret_text)
{
    (void)arg;
    (void)in;
    if (!the_file.path || strcmp(path, the_file.path) != 0) {
        return RN_NOT_FOUND;
    }
    *ret_text = rn_str_c(the_file.text);
    return the_file.err;
}

/* `arguments` end with NULL. */
static rn_err read_as(char **arguments, struct variable *variables, bool is_root)
{
    struct rn_setting_inputs inputs = {.argv = arguments,
                                       .read_file = file_from_memory,
                                       .getenv = from_list,
                                       .getenv_arg = variables,
                                       .is_root = is_root,
                                       .cpus = 3};

    while (arguments[inputs.argc]) {
        inputs.argc++;
    }
    reason.text[0] = '\0';
    return rn_settings_read(&inputs, arena, &settings, &origin, &reason);
}

static char *no_arguments[] = {NULL};
static struct variable home[] = {{"HOME", "/home/u"}, {NULL, NULL}};

static int setup(void **state)
{
    (void)state;
    arena = rn_arena_new(16 * 1024 * 1024);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rn_arena_free(arena);
    return 0;
}

static size_t row_of(const char *name)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return i;
        }
    }
    fail_msg("no setting %s", name);
    return 0;
}

static void without_flags_and_variables_the_defaults_hold(void **state)
{
    (void)state;
    assert_int_equal(read_as(no_arguments, home, false), RN_OK);
    assert_int_equal(settings.listen.count, 2);
    assert_string_equal(settings.listen.items[0], "127.0.0.1:4567");
    assert_string_equal(settings.listen.items[1], "[::1]:4567");
    assert_true(settings.listen.is_default);
    assert_string_equal(settings.region, "us-east-1");
    assert_string_equal(settings.account, "000000000000");
    assert_string_equal(settings.data, "/home/u/.local/state/runnel");
    assert_true(settings.auth);
    assert_false(settings.allow_remote);
    assert_int_equal(settings.threads, 3);
    assert_int_equal(settings.cache_bytes, 64 << 20);
    assert_int_equal(settings.durability, RN_DURABILITY_SYNC);
    assert_int_equal(settings.log_level, RN_LOG_INFO);
    assert_null(settings.port_file);
    assert_int_equal(origin.source[row_of("region")], RN_SOURCE_DEFAULT);
}

static void the_data_directory_follows_the_user(void **state)
{
    struct variable state_home[] = {{"HOME", "/home/u"}, {"XDG_STATE_HOME", "/s"}, {NULL, NULL}};
    struct variable relative[] = {{"HOME", "/home/u"}, {"XDG_STATE_HOME", "s"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(read_as(no_arguments, home, true), RN_OK);
    assert_string_equal(settings.data, "/var/lib/runnel");
    assert_int_equal(read_as(no_arguments, state_home, false), RN_OK);
    assert_string_equal(settings.data, "/s/runnel");
    assert_int_equal(read_as(no_arguments, relative, false), RN_OK);
    assert_string_equal(settings.data, "/home/u/.local/state/runnel");
    assert_int_equal(read_as(no_arguments, NULL, false), RN_INVALID);
    assert_non_null(strstr(reason.text, "--data"));
}

static void a_variable_beats_the_default_and_a_flag_beats_both(void **state)
{
    char flag[] = "--region";
    char value[] = "eu-west-1";
    char *arguments[] = {flag, value, NULL};
    struct variable variables[] = {{"HOME", "/h"},
                                   {"RUNNEL_REGION", "ap-south-1"},
                                   {"RUNNEL_PORT_FILE", "/p"},
                                   {"RUNNEL_ACCOUNT", ""},
                                   {NULL, NULL}};

    (void)state;
    assert_int_equal(read_as(no_arguments, variables, false), RN_OK);
    assert_string_equal(settings.region, "ap-south-1");
    assert_string_equal(settings.port_file, "/p");
    assert_string_equal(settings.account, "000000000000"); /* empty counts as unset */
    assert_int_equal(origin.source[row_of("region")], RN_SOURCE_ENVIRONMENT);
    assert_int_equal(origin.source[row_of("account")], RN_SOURCE_DEFAULT);
    assert_int_equal(read_as(arguments, variables, false), RN_OK);
    assert_string_equal(settings.region, "eu-west-1");
    assert_int_equal(origin.source[row_of("region")], RN_SOURCE_FLAG);
}

static void a_list_is_replaced_by_the_next_source_and_grows_within_one(void **state)
{
    char one[] = "--listen=[::1]:0";
    char two[] = "--listen";
    char three[] = "10.0.0.1";
    char *arguments[] = {one, two, three, NULL};
    struct variable variables[] = {
        {"HOME", "/h"}, {"RUNNEL_LISTEN", "127.0.0.1:1, 127.0.0.1:2"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(read_as(no_arguments, variables, false), RN_OK);
    assert_int_equal(settings.listen.count, 2);
    assert_string_equal(settings.listen.items[1], "127.0.0.1:2");
    assert_false(settings.listen.is_default);
    assert_int_equal(read_as(arguments, variables, false), RN_OK);
    assert_int_equal(settings.listen.count, 2);
    assert_string_equal(settings.listen.items[0], "[::1]:0");
    assert_string_equal(settings.listen.items[1], "10.0.0.1");
}

static void a_switch_needs_no_value_but_takes_one(void **state)
{
    char alone[] = "--allow-remote";
    char off[] = "--allow-remote=off";
    char *arguments[] = {alone, NULL, NULL};
    struct variable variables[] = {{"HOME", "/h"}, {"RUNNEL_ALLOW_REMOTE", "on"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(read_as(arguments, home, false), RN_OK);
    assert_true(settings.allow_remote);
    assert_int_equal(read_as(no_arguments, variables, false), RN_OK);
    assert_true(settings.allow_remote);
    arguments[1] = off;
    assert_int_equal(read_as(arguments, variables, false), RN_OK);
    assert_false(settings.allow_remote);
}

static void sizes_and_times_are_read_with_their_units(void **state)
{
    static const struct {
        const char *argument;
        int64_t cache, delay;
    } rows[] = {
        {"--cache=1048576", 1 << 20, 0},      {"--cache=2048KiB", 2 << 20, 0},
        {"--cache=3MiB", 3 << 20, 0},         {"--cache=2GiB", INT64_C(2) << 30, 0},
        {"--transition-delay=500ms", 0, 500}, {"--transition-delay=2s", 0, 2000},
        {"--transition-delay=5m", 0, 300000}, {"--transition-delay=1h", 0, 3600000},
        {"--transition-delay=0", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char argument[64];
        char *arguments[] = {argument, NULL};

        (void)snprintf(argument, sizeof(argument), "%s", rows[i].argument);
        assert_int_equal(read_as(arguments, home, false), RN_OK);
        assert_int_equal(settings.cache_bytes, rows[i].cache ? rows[i].cache : 64 << 20);
        assert_int_equal(settings.transition_delay_ms, rows[i].delay);
    }
}

static void a_wrong_value_is_refused_by_name(void **state)
{
    static const struct {
        const char *argument, *named;
    } rows[] = {
        {"--cache=64", "64"},
        {"--cache=64MB", "\"64MB\""},
        {"--cache=-1", "\"-1\""},
        {"--cache=99999999999999999999", "99999999999999999999"},
        {"--cache=9223372036854775807KiB", "9223372036854775807KiB"},
        {"--cache=", "--cache"},
        {"--transition-delay=5", "\"5\""},
        {"--transition-delay=5 m", "\"5 m\""},
        {"--transition-delay=2h", "\"2h\" is not between 0 and 1h"},
        {"--cache=64KiB", "\"64KiB\" is not between 1MiB and 1TiB"},
        {"--threads=0", "\"0\""},
        {"--threads=129", "\"129\""},
        {"--threads=2x", "\"2x\""},
        {"--auth=yes", "\"yes\""},
        {"--durability=maybe", "sync, os"},
        {"--account=123", "12 digits"},
        {"--account=12345678901x", "12 digits"},
        {"--region=US EAST", "\"US EAST\""},
        {"--region=", "--region"},
        {"--listen=,", "--listen"},
        {"--listen=", "--listen"},
        {"--data=", "--data"},
        {"--colour=red", "\"--colour\""},
        {"--", "\"--\""},
        {"serve", "\"serve\""},
        {"--data", "--data needs a value: DIR"},
        {"--log-level=loud", "error, warn, info, debug"},
        {"--allow-remote=1", "\"1\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char argument[64];
        char *arguments[] = {argument, NULL};

        (void)snprintf(argument, sizeof(argument), "%s", rows[i].argument);
        assert_int_equal(read_as(arguments, home, false), RN_INVALID);
        if (!strstr(reason.text, rows[i].named)) {
            fail_msg("%s: \"%s\" does not name %s", argument, reason.text, rows[i].named);
        }
    }
}

static void a_wrong_variable_is_named_as_the_variable(void **state)
{
    struct variable variables[] = {{"HOME", "/h"}, {"RUNNEL_SEGMENT_SIZE", "big"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(read_as(no_arguments, variables, false), RN_INVALID);
    assert_string_equal(reason.text, "RUNNEL_SEGMENT_SIZE: \"big\" is not a size such as 64MiB");
}

static void a_flag_does_not_swallow_the_next_flag(void **state)
{
    char first[] = "--data";
    char second[] = "--region=x";
    char *arguments[] = {first, second, NULL};

    (void)state;
    assert_int_equal(read_as(arguments, home, false), RN_INVALID);
    assert_string_equal(reason.text, "--data needs a value: DIR");
}

static void too_many_items_are_refused(void **state)
{
    char item[] = "--listen=1.1.1.1";
    char *arguments[RN_SETTING_LIST_MAX + 2] = {NULL};

    (void)state;
    for (int i = 0; i < RN_SETTING_LIST_MAX; i++) {
        arguments[i] = item;
    }
    assert_int_equal(read_as(arguments, home, false), RN_OK);
    arguments[RN_SETTING_LIST_MAX] = item;
    assert_int_equal(read_as(arguments, home, false), RN_INVALID);
}

/* Method: print every value, feed it back as a flag, print again. */
static void a_printed_value_is_read_back_as_itself(void **state)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char argument[512];
        char *arguments[] = {argument, NULL};
        rn_str text;

        assert_int_equal(read_as(no_arguments, home, false), RN_OK);
        text = rn_setting_text(&table[i], &settings, arena);
        if (!text.data) {
            continue; /* not set */
        }
        (void)snprintf(argument, sizeof(argument), "--%s=%.*s", table[i].name, RN_STR_ARG(text));
        assert_int_equal(read_as(arguments, home, false), RN_OK);
        assert_true(rn_str_eq(rn_setting_text(&table[i], &settings, arena), text));
    }
}

static void every_setting_has_help_a_field_of_its_own_and_a_variable(void **state)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);
    char name[RN_SETTING_NAME_BYTES];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_non_null(table[i].help);
        assert_true(table[i].default_text || table[i].default_note);
        assert_true((table[i].type == RN_SETTING_SWITCH) == (table[i].value_name == NULL));
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(table[i].offset, table[j].offset);
            assert_string_not_equal(table[i].name, table[j].name);
        }
    }
    assert_string_equal(rn_setting_variable(&table[row_of("port-file")], name), "RUNNEL_PORT_FILE");
}

/* ---- the configuration file ---- */

static void have_file(const char *path, const char *text)
{
    the_file.path = path;
    the_file.text = text;
    the_file.err = RN_OK;
}

static rn_err read_file_text(const char *text)
{
    char flag[] = "--config=/c";
    char *arguments[] = {flag, NULL};
    rn_err err;

    have_file("/c", text);
    err = read_as(arguments, home, false);
    have_file(NULL, NULL);
    return err;
}

static void a_file_beats_the_default_and_variables_and_flags_beat_the_file(void **state)
{
    char config[] = "--config=/c";
    char flag[] = "--account=111111111111";
    char *arguments[] = {config, flag, NULL};
    struct variable variables[] = {{"HOME", "/h"}, {"RUNNEL_REGION", "eu-west-1"}, {NULL, NULL}};

    (void)state;
    have_file("/c", "region = eu-north-1\naccount = 222222222222\n\ncache = 1GiB\ndata = /d\n");
    assert_int_equal(read_as(arguments, variables, false), RN_OK);
    have_file(NULL, NULL);
    assert_string_equal(settings.config, "/c");
    assert_string_equal(settings.region, "eu-west-1");
    assert_string_equal(settings.account, "111111111111");
    assert_int_equal(settings.cache_bytes, 1 << 30);
    assert_string_equal(settings.data, "/d");
    assert_int_equal(origin.source[row_of("region")], RN_SOURCE_ENVIRONMENT);
    assert_int_equal(origin.source[row_of("account")], RN_SOURCE_FLAG);
    assert_int_equal(origin.source[row_of("cache")], RN_SOURCE_FILE);
    assert_int_equal(origin.line[row_of("cache")], 4);
    assert_int_equal(origin.source[row_of("threads")], RN_SOURCE_DEFAULT);
}

static void a_list_in_a_file_grows_by_lines_and_is_replaced_whole(void **state)
{
    char config[] = "--config=/c";
    char flag[] = "--listen=10.0.0.1";
    char *arguments[] = {config, NULL, NULL};

    (void)state;
    have_file("/c", "listen = 127.0.0.1:1, 127.0.0.1:2\nlisten = 127.0.0.1:3\n");
    assert_int_equal(read_as(arguments, home, false), RN_OK);
    assert_int_equal(settings.listen.count, 3);
    assert_string_equal(settings.listen.items[2], "127.0.0.1:3");
    assert_false(settings.listen.is_default);
    assert_int_equal(origin.line[row_of("listen")], 2);
    arguments[1] = flag;
    assert_int_equal(read_as(arguments, home, false), RN_OK);
    have_file(NULL, NULL);
    assert_int_equal(settings.listen.count, 1);
    assert_string_equal(settings.listen.items[0], "10.0.0.1");
}

static void the_file_is_looked_for_where_the_user_keeps_such_files(void **state)
{
    struct variable xdg[] = {{"HOME", "/home/u"}, {"XDG_CONFIG_HOME", "/x"}, {NULL, NULL}};
    struct variable service[] = {
        {"CONFIGURATION_DIRECTORY", "/etc/r"}, {"STATE_DIRECTORY", "/var/s"}, {NULL, NULL}};
    struct variable named[] = {{"HOME", "/home/u"}, {"RUNNEL_CONFIG", "/v"}, {NULL, NULL}};
    const struct {
        const char *path;
        struct variable *variables;
        bool is_root;
    } rows[] = {{"/etc/runnel/runnel.conf", home, true},
                {"/home/u/.config/runnel/runnel.conf", home, false},
                {"/x/runnel/runnel.conf", xdg, false},
                {"/etc/r/runnel.conf", service, false},
                {"/v", named, true}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        have_file(rows[i].path, "region = eu-north-1\n");
        assert_int_equal(read_as(no_arguments, rows[i].variables, rows[i].is_root), RN_OK);
        assert_string_equal(settings.region, "eu-north-1");
        assert_string_equal(settings.config, rows[i].path);
    }
    have_file("/elsewhere", "region = eu-north-1\n");
    assert_int_equal(read_as(no_arguments, service, true), RN_OK);
    assert_null(settings.config);
    assert_string_equal(settings.region, "us-east-1");
    assert_string_equal(settings.data, "/var/s");
    have_file(NULL, NULL);
}

static void a_file_that_is_named_must_be_readable_one_that_is_not_may_be_missing(void **state)
{
    struct variable named[] = {{"HOME", "/h"}, {"RUNNEL_CONFIG", "/gone"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(read_as(no_arguments, home, true), RN_OK);
    assert_int_equal(read_as(no_arguments, named, true), RN_INVALID);
    assert_non_null(strstr(reason.text, "/gone"));
    have_file("/etc/runnel/runnel.conf", "");
    the_file.err = RN_DENIED;
    assert_int_equal(read_as(no_arguments, home, true), RN_DENIED);
    assert_non_null(strstr(reason.text, "/etc/runnel/runnel.conf"));
    the_file.err = RN_TOO_LARGE;
    assert_int_equal(read_as(no_arguments, home, true), RN_INVALID);
    assert_non_null(strstr(reason.text, "65536"));
    have_file(NULL, NULL);
}

static void blanks_comments_and_line_ends_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(read_file_text(""), RN_OK);
    assert_int_equal(read_file_text("\n\n  \t\n# all = comment\n   # too"), RN_OK);
    assert_int_equal(read_file_text("\tregion=eu-west-1\r\ndata =  /a b=c#d \t # why\r\n"), RN_OK);
    assert_string_equal(settings.region, "eu-west-1");
    assert_string_equal(settings.data, "/a b=c#d");
}

static void a_wrong_line_is_refused_by_file_line_and_value(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"thread = 3\n", "/c:1: \"thread\" is no setting"},
        {"\n# c\n  thread = 3", "/c:3: \"thread\" is no setting"},
        {"cache = 64MB\n", "/c:1: cache: \"64MB\" is not a size such as 64MiB"},
        {"\ntransition-delay = 7d\n", "/c:2: transition-delay: \"7d\" is not between"},
        {"transition-delay = 5 m\n", "/c:1: transition-delay: \"5 m\" is not a time"},
        {"auth = yes\n", "/c:1: auth: \"yes\" is neither on nor off"},
        {"allow-remote\n", "/c:1: \"allow-remote\" is not of the form key = value"},
        {"= 3\n", "/c:1: \"= 3\" is not of the form"},
        {"[server]\n", "/c:1: \"[server]\" is not of the form"},
        {"region =\n", "/c:1: region: \"\""},
        {"port-file = # none\n", "/c:1: port-file: empty"},
        {"threads = 2\nthreads = 3\n", "/c:2: threads: \"3\": line 1 has set it already"},
        {"config = /other\n", "/c:1: config: \"/other\": a file cannot name another"},
        {"listen = a,,b\n", "/c:1: listen: \"a,,b\" has an empty item"},
        {"region = \x01\n", "/c:1: byte 10 of the line, 0x01, is no text"},
        {"region = eu\rwest\n", "/c:1: byte 12 of the line, 0x0d, is no text"},
        {"\xef\xbb\xbfregion = eu\n", "/c:1: \"\xef\xbb\xbfregion\" is no setting"},
        {"\"region\" = eu\n", "/c:1: \"\"region\"\" is no setting"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_file_text(rows[i].text), RN_INVALID);
        if (strncmp(reason.text, rows[i].said, strlen(rows[i].said)) != 0) {
            fail_msg("\"%s\" is not \"%s\"", reason.text, rows[i].said);
        }
    }
}

static void a_line_has_a_longest_length(void **state)
{
    static char text[RN_SETTINGS_LINE_BYTES_MAX + 2];

    (void)state;
    memset(text, '#', RN_SETTINGS_LINE_BYTES_MAX);
    assert_int_equal(read_file_text(text), RN_OK);
    text[RN_SETTINGS_LINE_BYTES_MAX] = '#';
    assert_int_equal(read_file_text(text), RN_INVALID);
    assert_string_equal(reason.text, "/c:1: the line has 4501 bytes, more than 4500");
}

static void the_value_is_named_however_long_the_path(void **state)
{
    static char path[4000];
    static char flag[4010];
    char *arguments[] = {flag, NULL};

    (void)state;
    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    (void)snprintf(flag, sizeof(flag), "--config=%s", path);
    have_file(path, "cache = 64MB\n");
    assert_int_equal(read_as(arguments, home, false), RN_INVALID);
    have_file(NULL, NULL);
    assert_non_null(strstr(reason.text, "p:1: cache: \"64MB\" is not a size"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_flags_and_variables_the_defaults_hold),
        cmocka_unit_test(the_data_directory_follows_the_user),
        cmocka_unit_test(a_variable_beats_the_default_and_a_flag_beats_both),
        cmocka_unit_test(a_list_is_replaced_by_the_next_source_and_grows_within_one),
        cmocka_unit_test(a_switch_needs_no_value_but_takes_one),
        cmocka_unit_test(sizes_and_times_are_read_with_their_units),
        cmocka_unit_test(a_wrong_value_is_refused_by_name),
        cmocka_unit_test(a_wrong_variable_is_named_as_the_variable),
        cmocka_unit_test(a_flag_does_not_swallow_the_next_flag),
        cmocka_unit_test(too_many_items_are_refused),
        cmocka_unit_test(a_printed_value_is_read_back_as_itself),
        cmocka_unit_test(a_file_beats_the_default_and_variables_and_flags_beat_the_file),
        cmocka_unit_test(a_list_in_a_file_grows_by_lines_and_is_replaced_whole),
        cmocka_unit_test(the_file_is_looked_for_where_the_user_keeps_such_files),
        cmocka_unit_test(a_file_that_is_named_must_be_readable_one_that_is_not_may_be_missing),
        cmocka_unit_test(blanks_comments_and_line_ends_do_not_count),
        cmocka_unit_test(a_wrong_line_is_refused_by_file_line_and_value),
        cmocka_unit_test(a_line_has_a_longest_length),
        cmocka_unit_test(the_value_is_named_however_long_the_path),
        cmocka_unit_test(every_setting_has_help_a_field_of_its_own_and_a_variable),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
