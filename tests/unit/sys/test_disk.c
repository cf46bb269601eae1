/* The kernel's disk, in a scratch directory of the file system the tests run on. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/disk.h"

static char root[64];
static struct rn_disk *disk;

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "/tmp/runnel-disk-XXXXXX");
    return mkdtemp(root) && rn_disk_open(root, &disk, NULL) == RN_OK ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    rn_disk_close(disk);
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static void a_missing_directory_is_named(void **state)
{
    struct rn_disk *none = NULL;
    struct rn_reason reason;

    (void)state;
    assert_int_equal(rn_disk_open("/nonexistent/data", &none, &reason), RN_NOT_FOUND);
    assert_non_null(strstr(reason.text, "/nonexistent/data"));
    assert_null(none);
}

static void bytes_written_are_read_back_anywhere_in_the_file(void **state)
{
    struct rn_file *file;
    char bytes[16] = {0};
    uint64_t size;
    size_t len;

    (void)state;
    assert_int_equal(rn_file_open(disk, "plain", RN_FILE_CREATE | RN_FILE_EXCL, &file), RN_OK);
    assert_false(file->is_direct);
    assert_int_equal(file->align, 1);
    assert_int_equal(rn_file_write(file, 5, "hello", 5), RN_OK);
    assert_int_equal(rn_file_write(file, 0, "01234", 5), RN_OK);
    assert_int_equal(rn_file_sync(file), RN_OK);
    assert_int_equal(file->ops->size(file, &size), RN_OK);
    assert_int_equal(size, 10);
    assert_int_equal(rn_file_read(file, 3, bytes, sizeof(bytes), &len), RN_OK);
    assert_int_equal(len, 7); /* short only at the end */
    assert_memory_equal(bytes, "34hello", 7);
    assert_int_equal(rn_file_read(file, 10, bytes, sizeof(bytes), &len), RN_OK);
    assert_int_equal(len, 0);
    assert_int_equal(file->ops->truncate(file, 3), RN_OK);
    assert_int_equal(rn_file_read(file, 0, bytes, sizeof(bytes), &len), RN_OK);
    assert_int_equal(len, 3);
    rn_file_close(file);
}

static void opening_says_what_is_wrong(void **state)
{
    struct rn_file *file = NULL;
    char bytes[1];

    (void)state;
    assert_int_equal(rn_file_open(disk, "absent", 0, &file), RN_NOT_FOUND);
    assert_int_equal(rn_file_open(disk, "absent", RN_FILE_READ, &file), RN_NOT_FOUND);
    assert_int_equal(rn_file_open(disk, "no/where", RN_FILE_CREATE, &file), RN_NOT_FOUND);
    assert_null(file);
    assert_int_equal(rn_disk_write_whole(disk, "there", "x", 1), RN_OK);
    assert_int_equal(rn_file_open(disk, "there", RN_FILE_CREATE | RN_FILE_EXCL, &file), RN_EXISTS);
    assert_int_equal(
        rn_file_open(disk, "there", RN_FILE_CREATE | RN_FILE_EXCL | RN_FILE_DIRECT, &file),
        RN_EXISTS);
    assert_null(file);
    assert_int_equal(rn_file_open(disk, "there", RN_FILE_READ, &file), RN_OK);
    assert_int_equal(rn_file_write(file, 0, bytes, 1), RN_IO); /* opened for reading */
    rn_file_close(file);
    rn_file_close(NULL);
}

static void new_files_are_for_their_owner_only(void **state)
{
    struct rn_file *file;
    struct stat facts;
    char path[96];

    (void)state;
    assert_int_equal(rn_file_open(disk, "private", RN_FILE_CREATE, &file), RN_OK);
    rn_file_close(file);
    (void)snprintf(path, sizeof(path), "%s/private", root);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(disk->ops->mkdir(disk, "dir"), RN_OK);
    (void)snprintf(path, sizeof(path), "%s/dir", root);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
}

/* Method: whatever this file system can do, aligned blocks go in and come out, and the end is exact. */
static void direct_files_work_or_fall_back(void **state)
{
    struct rn_file *file;
    char *block = rn_disk_alloc(3 * 4096), *back = rn_disk_alloc(4 * 4096);
    uint64_t size;
    size_t len;

    (void)state;
    assert_int_equal((uintptr_t)block % 4096, 0);
    assert_int_equal(
        rn_file_open(disk, "direct", RN_FILE_CREATE | RN_FILE_EXCL | RN_FILE_DIRECT, &file), RN_OK);
    assert_true(file->is_direct ? file->align > 1 && file->align <= 4096 : file->align == 1);
    assert_int_equal(4096 % file->align, 0);
    memset(block, 'a', 4096);
    memset(block + 4096, 'b', 4096);
    memset(block + 8192, 'c', 4096);
    assert_int_equal(rn_file_write(file, 0, block, 3 * 4096), RN_OK);
    assert_int_equal(rn_file_write(file, 4096, block + 8192, 4096), RN_OK);
    assert_int_equal(rn_file_sync(file), RN_OK);
    assert_int_equal(file->ops->size(file, &size), RN_OK);
    assert_int_equal(size, 3 * 4096);
    assert_int_equal(rn_file_read(file, 0, back, 4 * 4096, &len), RN_OK);
    assert_int_equal(len, 3 * 4096);
    assert_int_equal(back[0], 'a');
    assert_int_equal(back[4096], 'c');
    assert_int_equal(back[8192], 'c');
    assert_int_equal(file->ops->truncate(file, 4096 + 100), RN_OK);
    assert_int_equal(rn_file_read(file, 4096, back, 4096, &len), RN_OK);
    assert_int_equal(len, 100);
    rn_file_close(file);
    free(block);
    free(back);
}

/* Where direct I/O is refused (a RAM file system of some kernels), opening must still work. */
static void a_ram_file_system_is_served_too(void **state)
{
    char path[] = "/dev/shm/runnel-disk-XXXXXX";
    struct rn_disk *ram;
    struct rn_file *file;
    char *block = rn_disk_alloc(4096);

    (void)state;
    if (!mkdtemp(path)) {
        free(block);
        skip();
    }
    assert_int_equal(rn_disk_open(path, &ram, NULL), RN_OK);
    memset(block, 'x', 4096);
    assert_int_equal(rn_file_open(ram, "f", RN_FILE_CREATE | RN_FILE_EXCL | RN_FILE_DIRECT, &file),
                     RN_OK);
    assert_int_equal(rn_file_write(file, 0, block, 4096), RN_OK);
    rn_file_close(file);
    assert_int_equal(ram->ops->unlink(ram, "f"), RN_OK);
    rn_disk_close(ram);
    assert_int_equal(rmdir(path), 0);
    free(block);
}

static rn_err gather(void *arg, const char *name)
{
    char *all = arg; /* 64 bytes */
    size_t len = strlen(all);

    (void)snprintf(all + len, 64 - len, "%s", name);
    return RN_OK;
}

static rn_err refuse(void *arg, const char *name)
{
    (void)name;
    (*(int *)arg)++;
    return RN_TOO_LARGE;
}

static void names_are_made_moved_listed_and_removed(void **state)
{
    char all[64] = "";
    int calls = 0;

    (void)state;
    assert_int_equal(disk->ops->mkdir(disk, "names"), RN_OK);
    assert_int_equal(disk->ops->mkdir(disk, "names"), RN_OK); /* existing is fine */
    assert_int_equal(disk->ops->mkdir(disk, "names/inner"), RN_OK);
    assert_int_equal(rn_disk_write_whole(disk, "names/a", "1", 1), RN_OK);
    assert_int_equal(rn_disk_write_whole(disk, "names/inner/b", "22", 2), RN_OK);
    assert_int_equal(disk->ops->list(disk, "names", gather, all), RN_OK);
    assert_string_equal(all, "a"); /* plain files only */
    assert_int_equal(disk->ops->rename(disk, "names/inner/b", "names/a"), RN_OK);
    assert_int_equal(disk->ops->sync_dir(disk, "names"), RN_OK);
    assert_int_equal(disk->ops->sync_dir(disk, ""), RN_OK);
    assert_int_equal(disk->ops->sync_dir(disk, "nowhere"), RN_NOT_FOUND);
    assert_int_equal(disk->ops->list(disk, "names", refuse, &calls), RN_TOO_LARGE);
    assert_int_equal(calls, 1);
    assert_int_equal(disk->ops->unlink(disk, "names/a"), RN_OK);
    assert_int_equal(disk->ops->unlink(disk, "names/a"), RN_NOT_FOUND);
    assert_int_equal(disk->ops->list(disk, "nowhere", gather, all), RN_NOT_FOUND);
}

static void whole_files_are_replaced_in_one_step(void **state)
{
    char *bytes = NULL;
    size_t len = 0;

    (void)state;
    assert_int_equal(rn_disk_read_whole(disk, "whole", 100, &bytes, &len), RN_NOT_FOUND);
    assert_int_equal(rn_disk_write_whole(disk, "whole", "first one", 9), RN_OK);
    assert_int_equal(rn_disk_write_whole(disk, "whole.new", "left by a crash, and longer", 27),
                     RN_OK);
    assert_int_equal(rn_disk_write_whole(disk, "whole", "two", 3), RN_OK);
    assert_int_equal(rn_disk_read_whole(disk, "whole", 3, &bytes, &len), RN_OK);
    assert_int_equal(len, 3);
    assert_string_equal(bytes, "two");
    free(bytes);
    bytes = NULL;
    assert_int_equal(rn_disk_read_whole(disk, "whole", 2, &bytes, &len), RN_TOO_LARGE);
    assert_null(bytes);
    assert_int_equal(rn_disk_read_whole(disk, "whole.new", 100, &bytes, &len), RN_NOT_FOUND);
    assert_int_equal(rn_disk_write_whole(disk, "whole", "", 0), RN_OK);
    assert_int_equal(rn_disk_read_whole(disk, "whole", 0, &bytes, &len), RN_OK);
    assert_int_equal(len, 0);
    free(bytes);
}

/* Method: a limit on file sizes makes the kernel refuse mid-write, after a first part went through. */
static void a_write_that_stops_half_way_is_an_error(void **state)
{
    struct rlimit before, limit;
    struct rn_file *file;
    char bytes[3000];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1000;
    assert_int_equal(rn_file_open(disk, "limited", RN_FILE_CREATE, &file), RN_OK);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_not_equal(rn_file_write(file, 0, bytes, sizeof(bytes)), RN_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rn_file_write(file, 0, bytes, sizeof(bytes)), RN_OK);
    rn_file_close(file);
}

static void a_full_device_says_so(void **state)
{
    struct rn_disk *dev;
    struct rn_file *file;

    (void)state;
    assert_int_equal(rn_disk_open("/dev", &dev, NULL), RN_OK);
    if (rn_file_open(dev, "full", 0, &file) != RN_OK) {
        rn_disk_close(dev);
        skip();
    }
    assert_int_equal(rn_file_write(file, 0, "x", 1), RN_FULL);
    rn_file_close(file);
    rn_disk_close(dev);
}

static void free_room_is_told(void **state)
{
    uint64_t bytes = 0;

    (void)state;
    assert_int_equal(disk->ops->free_bytes(disk, &bytes), RN_OK);
    assert_true(bytes > 0);
}

static void a_symbolic_link_is_not_followed(void **state)
{
    struct rn_file *file = NULL;
    char path[96];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/link", root);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_not_equal(rn_file_open(disk, "link", RN_FILE_READ, &file), RN_OK);
    assert_null(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_directory_is_named),
        cmocka_unit_test(bytes_written_are_read_back_anywhere_in_the_file),
        cmocka_unit_test(opening_says_what_is_wrong),
        cmocka_unit_test(new_files_are_for_their_owner_only),
        cmocka_unit_test(direct_files_work_or_fall_back),
        cmocka_unit_test(a_ram_file_system_is_served_too),
        cmocka_unit_test(names_are_made_moved_listed_and_removed),
        cmocka_unit_test(whole_files_are_replaced_in_one_step),
        cmocka_unit_test(a_write_that_stops_half_way_is_an_error),
        cmocka_unit_test(a_full_device_says_so),
        cmocka_unit_test(free_room_is_told),
        cmocka_unit_test(a_symbolic_link_is_not_followed),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
