/* The data directory: made private, refused when open, held by one, and understood before it is touched.
 * Method: scratch directories of the real file system. */
#include "server/directory.h"

#include "sys/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char scratch[64];
static char path[96];
static struct rn_reason reason;

static const char *in_path(const char *name)
{
    static char text[160];

    (void)snprintf(text, sizeof(text), "%s/%s", path, name);
    return text;
}

static int setup(void **state)
{
    (void)state;
    rn_log_setup(RN_LOG_ERROR, false);
    (void)snprintf(scratch, sizeof(scratch), "/tmp/runnel-unit-XXXXXX");
    if (!mkdtemp(scratch)) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/a/data", scratch);
    return 0;
}

static int teardown(void **state)
{
    char parent[96];

    (void)state;
    (void)unlink(in_path("FORMAT"));
    (void)unlink(in_path("LOCK"));
    (void)unlink(in_path("letter.txt"));
    (void)rmdir(path);
    (void)snprintf(parent, sizeof(parent), "%s/a", scratch);
    (void)rmdir(parent);
    return rmdir(scratch);
}

static void make_directory(void)
{
    assert_int_equal(rn_dir_make(path), RN_OK);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_path(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void the_first_start_makes_a_private_directory_with_its_format(void **state)
{
    struct rn_directory directory;
    struct stat st;
    char *format;
    size_t len;

    (void)state;
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(rn_disk_read_whole(directory.disk, "FORMAT", 100, &format, &len), RN_OK);
    assert_true(rn_str_eq(rn_str_make(format, len), RN_STR("runnel-data 1\n")));
    free(format);
    rn_directory_close(&directory);
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_OK);
    rn_directory_close(&directory);
}

static void a_directory_open_to_others_is_refused_with_the_command_to_run(void **state)
{
    struct rn_directory directory;

    (void)state;
    make_directory();
    assert_int_equal(chmod(path, 0750), 0);
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_DENIED);
    assert_non_null(strstr(reason.text, "chmod 700 '"));
    assert_non_null(strstr(reason.text, path));
    assert_int_equal(access(in_path("LOCK"), F_OK), -1);
}

static void a_second_server_is_kept_out(void **state)
{
    struct rn_directory directory, second;

    (void)state;
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_OK);
    assert_int_equal(rn_directory_open(path, &second, &reason), RN_BUSY);
    assert_non_null(strstr(reason.text, path));
    rn_directory_close(&directory);
    assert_int_equal(rn_directory_open(path, &second, &reason), RN_OK);
    rn_directory_close(&second);
}

static void a_newer_format_is_left_alone_and_both_are_named(void **state)
{
    struct rn_directory directory;

    (void)state;
    make_directory();
    write_file("FORMAT", "runnel-data 17\nmore that we cannot know\n");
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_NEWER);
    assert_non_null(strstr(reason.text, "format 17"));
    assert_non_null(strstr(reason.text, "up to 1"));
}

static void a_directory_of_somebody_else_is_not_written_to(void **state)
{
    struct rn_directory directory;

    (void)state;
    make_directory();
    write_file("letter.txt", "dear");
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_INVALID);
    assert_non_null(strstr(reason.text, "letter.txt"));
    assert_int_equal(access(in_path("FORMAT"), F_OK), -1);
}

static void a_first_start_cut_short_can_be_repeated(void **state)
{
    struct rn_directory directory;

    (void)state;
    make_directory();
    write_file("LOCK", "");
    assert_int_equal(rn_directory_open(path, &directory, &reason), RN_OK);
    rn_directory_close(&directory);
}

static void a_path_that_cannot_be_made_is_named(void **state)
{
    struct rn_directory directory;

    (void)state;
    assert_int_equal(rn_directory_open("/proc/runnel/data", &directory, &reason), RN_IO);
    assert_non_null(strstr(reason.text, "/proc/runnel/data"));
    assert_int_equal(rn_directory_open("/dev/null", &directory, &reason), RN_IO);
}

static void format_files_are_read_strictly(void **state)
{
    static const char *const damaged[] = {"",
                                          "runnel-data 1",
                                          "runnel-data \n",
                                          "runnel-data 0\n",
                                          "runnel-data -1\n",
                                          "runnel-data 1x\n",
                                          "other 1\n",
                                          "runnel-data 99999999999999999999\n"};
    uint64_t format = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        assert_int_equal(rn_directory_read_format(rn_str_c(damaged[i]), &format), RN_CORRUPT);
    }
    assert_int_equal(rn_directory_read_format(RN_STR("runnel-data 1\n"), &format), RN_OK);
    assert_int_equal(format, 1);
    assert_int_equal(rn_directory_read_format(RN_STR("runnel-data 2\n"), &format), RN_NEWER);
    assert_int_equal(format, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        T(the_first_start_makes_a_private_directory_with_its_format),
        T(a_directory_open_to_others_is_refused_with_the_command_to_run),
        T(a_second_server_is_kept_out),
        T(a_newer_format_is_left_alone_and_both_are_named),
        T(a_directory_of_somebody_else_is_not_written_to),
        T(a_first_start_cut_short_can_be_repeated),
        T(a_path_that_cannot_be_made_is_named),
        T(format_files_are_read_strictly),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
