/* Method: the manager's end is a datagram socket of this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/notify.h"

/* A socket bound to `text`, "@name" meaning the abstract namespace. */
static int manager_at(const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(text);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    memcpy(address.sun_path, text, len);
    if (text[0] == '@') {
        address.sun_path[0] = '\0';
    }
    assert_int_equal(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    return fd;
}

static void sends_to(const char *address)
{
    int manager = manager_at(address);
    struct rn_notify *notify = NULL;
    char got[64] = "";

    assert_int_equal(rn_notify_open(address, &notify), RN_OK);
    assert_int_equal(rn_notify_send(notify, "READY=1\nSTATUS=here"), RN_OK);
    assert_int_equal(recv(manager, got, sizeof(got) - 1, MSG_DONTWAIT), 19);
    assert_string_equal(got, "READY=1\nSTATUS=here");
    rn_notify_close(notify);
    assert_int_equal(close(manager), 0);
}

static void a_datagram_reaches_a_path_and_an_abstract_name(void **state)
{
    char root[] = "/tmp/runnel-notify-XXXXXX";
    char path[64], name[64];

    (void)state;
    assert_non_null(mkdtemp(root));
    (void)snprintf(path, sizeof(path), "%s/socket", root);
    sends_to(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(root), 0);
    (void)snprintf(name, sizeof(name), "@runnel-notify-%ld", (long)getpid());
    sends_to(name);
}

static void what_is_no_address_is_refused(void **state)
{
    static char longer[200];
    const char *addresses[] = {"", "/", "@", "relative", "vsock:2:1", longer};
    struct rn_notify *notify = NULL;

    (void)state;
    memset(longer, '/', sizeof(longer) - 1);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        assert_int_equal(rn_notify_open(addresses[i], &notify), RN_INVALID);
    }
    assert_null(notify);
}

static void an_address_nobody_has_is_not_found(void **state)
{
    struct rn_notify *notify = NULL;

    (void)state;
    assert_int_equal(rn_notify_open("@runnel-nobody-is-here", &notify), RN_OK);
    assert_int_equal(rn_notify_send(notify, "READY=1"), RN_NOT_FOUND);
    rn_notify_close(notify);
    rn_notify_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_reaches_a_path_and_an_abstract_name),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(an_address_nobody_has_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
