/* The root key: made once, kept, replaced only by the environment, and never open to others.
 * Method: a scratch directory of the real file system; a fixed source of randomness. */
#include "server/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[64];
static struct rn_disk *disk;

static void fill(struct rn_random *random, void *bytes, size_t len)
{
    static uint8_t next = 7;

    (void)random;
    for (size_t i = 0; i < len; i++) {
        next = (uint8_t)(next * 37 + 11);
        ((uint8_t *)bytes)[i] = next;
    }
}

static struct rn_random fixed = {fill};

static int setup(void **state)
{
    struct rn_reason reason;

    (void)state;
    (void)snprintf(directory, sizeof(directory), "/tmp/runnel-unit-XXXXXX");
    return mkdtemp(directory) && rn_disk_open(directory, &disk, &reason) == RN_OK ? 0 : -1;
}

static char *path_of_file(void)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/credentials", directory);
    return path;
}

static int teardown(void **state)
{
    (void)state;
    rn_disk_close(disk);
    (void)unlink(path_of_file());
    return rmdir(directory);
}

static rn_err open_key(const char *id, const char *secret, struct rn_root_key *key,
                       enum rn_root_key_origin *origin, struct rn_reason *reason)
{
    return rn_root_key_open(&(struct rn_root_key_inputs){.disk = disk,
                                                         .directory = directory,
                                                         .random = &fixed,
                                                         .given_id = id,
                                                         .given_secret = secret},
                            key, origin, reason);
}

static void a_key_is_made_once_and_kept(void **state)
{
    struct rn_root_key made, kept;
    enum rn_root_key_origin origin;
    struct rn_reason reason;
    struct stat st;

    (void)state;
    assert_int_equal(open_key(NULL, NULL, &made, &origin, &reason), RN_OK);
    assert_int_equal(origin, RN_ROOT_KEY_MADE);
    assert_int_equal(strlen(made.id), 20);
    assert_memory_equal(made.id, "AKIA", 4);
    assert_int_equal(strlen(made.secret), 40);
    assert_int_equal(stat(path_of_file(), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(open_key("", "", &kept, &origin, &reason), RN_OK);
    assert_int_equal(origin, RN_ROOT_KEY_KEPT);
    assert_string_equal(kept.id, made.id);
    assert_string_equal(kept.secret, made.secret);
}

static void a_given_key_replaces_the_stored_one(void **state)
{
    struct rn_root_key key;
    enum rn_root_key_origin origin;
    struct rn_reason reason;

    (void)state;
    assert_int_equal(open_key(NULL, NULL, &key, &origin, &reason), RN_OK);
    assert_int_equal(open_key("AKIDEXAMPLE", "secret/with+chars=", &key, &origin, &reason), RN_OK);
    assert_int_equal(origin, RN_ROOT_KEY_GIVEN);
    assert_int_equal(open_key("AKIDEXAMPLE", "secret/with+chars=", &key, &origin, &reason), RN_OK);
    assert_int_equal(origin, RN_ROOT_KEY_KEPT);
    assert_int_equal(open_key(NULL, NULL, &key, &origin, &reason), RN_OK);
    assert_string_equal(key.id, "AKIDEXAMPLE");
    assert_string_equal(key.secret, "secret/with+chars=");
}

static void half_a_key_or_a_bad_one_is_refused_without_telling_the_secret(void **state)
{
    static const char *const rows[][2] = {
        {"AKIDEXAMPLE", NULL},          {NULL, "longenough1"},           {"a", "longenough2"},
        {"has/slash", "longenough3"},   {"has space", "longenough4"},    {"AKIDEXAMPLE", "short5"},
        {"AKIDEXAMPLE", "has blank 6"}, {"AKIDEXAMPLE", "line\nbreak7"},
    };
    struct rn_root_key key;
    enum rn_root_key_origin origin;
    struct rn_reason reason;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(open_key(rows[i][0], rows[i][1], &key, &origin, &reason), RN_INVALID);
        assert_non_null(strstr(reason.text, "RUNNEL_ROOT_"));
        assert_true(!rows[i][1] || !strstr(reason.text, rows[i][1]));
    }
    assert_int_equal(access(path_of_file(), F_OK), -1);
}

static void a_file_open_to_others_is_refused_with_the_command_to_run(void **state)
{
    struct rn_root_key key;
    enum rn_root_key_origin origin;
    struct rn_reason reason;

    (void)state;
    assert_int_equal(open_key(NULL, NULL, &key, &origin, &reason), RN_OK);
    assert_int_equal(chmod(path_of_file(), 0640), 0);
    assert_int_equal(open_key(NULL, NULL, &key, &origin, &reason), RN_DENIED);
    assert_non_null(strstr(reason.text, "chmod 600 '"));
    assert_non_null(strstr(reason.text, path_of_file()));
}

static void only_the_default_section_counts(void **state)
{
    struct rn_root_key key;

    (void)state;
    assert_int_equal(
        rn_root_key_parse(
            RN_STR("# c\r\n[other]\naws_access_key_id=NO1\naws_secret_access_key=nononono\n"
                   "[default]\r\n; c\n aws_access_key_id = YES1\r\n\n"
                   "AWS_SECRET_ACCESS_KEY=a=b=c=d=e\nregion = x"),
            &key),
        RN_OK);
    assert_string_equal(key.id, "YES1");
    assert_string_equal(key.secret, "a=b=c=d=e");
    assert_int_equal(
        rn_root_key_parse(RN_STR("aws_access_key_id=NO1\naws_secret_access_key=nononono\n"), &key),
        RN_CORRUPT);
    assert_int_equal(rn_root_key_parse(RN_STR("[default]\naws_access_key_id = YES1\n"), &key),
                     RN_CORRUPT);
    assert_int_equal(rn_root_key_parse(RN_STR(""), &key), RN_CORRUPT);
}

static void the_lookup_knows_one_key_without_a_token(void **state)
{
    struct rn_root_key key = {"AKIDEXAMPLE", "thesecret"};
    struct rn_key_lookup lookup = rn_root_key_lookup(&key);
    struct rn_credential credential;

    (void)state;
    assert_true(lookup.find(lookup.arg, RN_STR("AKIDEXAMPLE"), RN_STR_NONE, &credential));
    assert_string_equal(credential.secret, "thesecret");
    assert_true(credential.active);
    assert_false(lookup.find(lookup.arg, RN_STR("AKIDEXAMPL"), RN_STR_NONE, &credential));
    assert_false(lookup.find(lookup.arg, RN_STR("AKIDEXAMPLEX"), RN_STR_NONE, &credential));
    assert_false(lookup.find(lookup.arg, RN_STR("AKIDEXAMPLE"), RN_STR("token"), &credential));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        T(a_key_is_made_once_and_kept),
        T(a_given_key_replaces_the_stored_one),
        T(half_a_key_or_a_bad_one_is_refused_without_telling_the_secret),
        T(a_file_open_to_others_is_refused_with_the_command_to_run),
        T(only_the_default_section_counts),
        T(the_lookup_knows_one_key_without_a_token),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
