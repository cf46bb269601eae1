#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/disk.h"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "/tmp/runnel-directory-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static const char *below(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

/* Whether another process can take the lock. */
static rn_err taken_elsewhere(const char *path)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct rn_lock *lock;

        _exit((int)rn_lock_take(path, &lock));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (rn_err)WEXITSTATUS(status);
}

static void a_lock_keeps_other_processes_out_until_released(void **state)
{
    struct rn_lock *lock, *again;

    (void)state;
    assert_int_equal(rn_lock_take(below("lock"), &lock), RN_OK);
    assert_int_equal(taken_elsewhere(below("lock")), RN_BUSY);
    assert_int_equal(rn_lock_take(below("lock"), &again), RN_BUSY);
    rn_lock_release(lock);
    assert_int_equal(taken_elsewhere(below("lock")), RN_OK);
    /* that process ended without releasing: the kernel did */
    assert_int_equal(rn_lock_take(below("lock"), &lock), RN_OK);
    rn_lock_release(lock);
    rn_lock_release(NULL);
}

static void a_lock_in_no_directory_is_not_found(void **state)
{
    struct rn_lock *lock = NULL;

    (void)state;
    assert_int_equal(rn_lock_take(below("no/lock"), &lock), RN_NOT_FOUND);
    assert_null(lock);
}

static void directories_are_made_with_their_parents(void **state)
{
    struct stat facts;

    (void)state;
    assert_int_equal(rn_dir_make(below("a/b//c/")), RN_OK);
    assert_int_equal(stat(below("a/b/c"), &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_int_equal(stat(below("a/b"), &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0755);
    assert_int_equal(rn_dir_make(below("a/b/c")), RN_OK);
    assert_int_equal(rn_dir_make("/"), RN_OK);
    assert_int_equal(rn_dir_make(""), RN_INVALID);
}

static void a_file_in_the_way_is_not_a_directory(void **state)
{
    struct rn_dir_facts facts;
    FILE *file = fopen(below("file"), "w");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rn_dir_make(below("file")), RN_EXISTS);
    assert_int_not_equal(rn_dir_make(below("file/below")), RN_OK);
    assert_int_equal(rn_dir_facts(below("file"), &facts), RN_EXISTS);
}

static void facts_tell_mode_owner_and_file_system(void **state)
{
    struct rn_dir_facts facts;

    (void)state;
    assert_int_equal(rn_dir_make(below("facts")), RN_OK);
    assert_int_equal(chmod(below("facts"), 0750), 0);
    assert_int_equal(rn_dir_facts(below("facts"), &facts), RN_OK);
    assert_int_equal(facts.mode, 0750);
    assert_true(facts.is_ours);
    assert_true(facts.fs_name[0]);
    assert_int_equal(rn_dir_facts(below("absent"), &facts), RN_NOT_FOUND);
    assert_int_equal(rn_dir_facts("/proc", &facts), RN_OK);
    assert_false(facts.is_network);
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_path_is_read_to_its_end_and_not_beyond_the_bound(void **state)
{
    char link[256], *bytes = NULL;
    size_t len = 0;

    (void)state;
    put_file(below("text"), "12345678");
    assert_int_equal(rn_path_read(below("text"), 8, &bytes, &len), RN_OK);
    assert_int_equal(len, 8);
    assert_string_equal(bytes, "12345678");
    free(bytes);
    assert_int_equal(rn_path_read(below("text"), 7, &bytes, &len), RN_TOO_LARGE);
    (void)snprintf(link, sizeof(link), "%s", below("link"));
    assert_int_equal(symlink("text", link), 0); /* as container orchestrators lay files out */
    assert_int_equal(rn_path_read(link, 100, &bytes, &len), RN_OK);
    assert_string_equal(bytes, "12345678");
    free(bytes);
    assert_int_equal(rn_path_read("/dev/null", 100, &bytes, &len), RN_OK);
    assert_int_equal(len, 0);
    free(bytes);
    assert_int_equal(rn_path_read("/dev/zero", 100, &bytes, &len), RN_TOO_LARGE);
    assert_int_equal(rn_path_read(below("absent"), 100, &bytes, &len), RN_NOT_FOUND);
    assert_int_equal(rn_path_read(root, 100, &bytes, &len), RN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_keeps_other_processes_out_until_released),
        cmocka_unit_test(a_lock_in_no_directory_is_not_found),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(a_file_in_the_way_is_not_a_directory),
        cmocka_unit_test(facts_tell_mode_owner_and_file_system),
        cmocka_unit_test(a_path_is_read_to_its_end_and_not_beyond_the_bound),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
