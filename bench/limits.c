/* limits.c - what this machine allows: the figures that stand beside every benchmark of Runnel.
 *
 *   limits disk DIR [seconds]   synced appends with O_DIRECT over blocks written before: 4 KiB and 1 MiB
 *   limits sha256 [seconds]     SHA-256 of one core over a 712 KB body
 *   limits echo PORT BYTES      an HTTP server that reads a request to its end and answers 200 with
 *                               BYTES bytes, until killed: one thread, epoll, nothing else
 * Each prints one JSON object (echo prints nothing). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "sys/clock.h"

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "limits: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    return rn_clock_mono_us(rn_clock_real());
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

enum { FILE_BYTES = 512 * 1024 * 1024, ROUNDS_MAX = 1000 * 1000 };

static void disk_at(int fd, char *block, size_t size, double seconds, const char *name, bool last)
{
    int64_t *times = malloc(sizeof(*times) * ROUNDS_MAX), begin = now_us(),
            end = begin + (int64_t)(seconds * 1e6), now = begin;
    size_t rounds = 0;
    off_t at = 0;

    if (!times) {
        die("memory");
    }
    while (now < end && rounds < ROUNDS_MAX) {
        if (pwrite(fd, block, size, at) != (ssize_t)size || fdatasync(fd)) {
            die("write");
        }
        int64_t done = now_us();

        times[rounds++] = done - now;
        now = done;
        at = at + (off_t)size >= FILE_BYTES ? 0 : at + (off_t)size;
    }
    qsort(times, rounds, sizeof(*times), by_value);
    printf("\"%s_MB_per_s\":%.1f,\"%s_per_s\":%.0f,\"%s_p50_us\":%lld%s", name,
           (double)rounds * (double)size / (double)(now - begin), name,
           (double)rounds * 1e6 / (double)(now - begin), name, (long long)times[rounds / 2],
           last ? "}\n" : ",");
    free(times);
}

static int disk(const char *dir, double seconds)
{
    char path[4096];
    char *block = NULL;

    snprintf(path, sizeof(path), "%s/limits.tmp", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);

    if (fd < 0 || posix_memalign((void **)&block, 4096, 1 << 20)) {
        die(path);
    }
    memset(block, 0x5a, 1 << 20);
    for (off_t at = 0; at < FILE_BYTES; at += 1 << 20) {
        if (pwrite(fd, block, 1 << 20, at) != 1 << 20) {
            die("fill");
        }
    }
    if (fsync(fd)) {
        die("sync");
    }
    printf("{");
    disk_at(fd, block, 4096, seconds, "sync4k", false);
    disk_at(fd, block, 1 << 20, seconds, "sync1m", true);
    close(fd);
    unlink(path);
    return 0;
}

static int sha256(double seconds)
{
    enum { BODY = 712 * 1000 };
    char *body = malloc(BODY);
    uint8_t digest[RN_SHA256_BYTES];
    int64_t begin = now_us(), end = begin + (int64_t)(seconds * 1e6);
    size_t rounds = 0;

    if (!body) {
        die("memory");
    }
    memset(body, 'x', BODY);
    while (now_us() < end) {
        rn_sha256(rn_str_make(body, BODY), digest);
        body[rounds++ % BODY] ^= (char)digest[0];
    }
    printf("{\"sha256_MB_per_s\":%.0f}\n", (double)rounds * BODY / (double)(now_us() - begin));
    free(body);
    return 0;
}

struct peer {
    int fd;
    size_t len, want; /* of the request: bytes so far; 0: head not complete */
    char head[65536];
};

static void serve(struct peer *peer, char *scratch, size_t scratch_len, const char *reply,
                  size_t reply_len)
{
    char *into = peer->want ? scratch : peer->head + peer->len;
    size_t room = peer->want ? scratch_len : sizeof(peer->head) - 1 - peer->len;
    ssize_t n = recv(peer->fd, into, room, 0);

    if (n <= 0) {
        close(peer->fd);
        free(peer);
        return;
    }
    peer->len += (size_t)n;
    if (!peer->want) {
        peer->head[peer->len] = 0;
        char *end = strstr(peer->head, "\r\n\r\n"),
             *length = strcasestr(peer->head, "\r\nContent-Length:");

        if (!end) {
            return;
        }
        peer->want = (size_t)(end + 4 - peer->head) + (length ? strtoul(length + 17, NULL, 10) : 0);
    }
    if (peer->len >= peer->want) {
        peer->len = peer->want = 0;
        for (size_t at = 0; at < reply_len;) {
            ssize_t sent = send(peer->fd, reply + at, reply_len - at, MSG_NOSIGNAL);

            if (sent <= 0) {
                break;
            }
            at += (size_t)sent;
        }
    }
}

static int echo(int port, size_t bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0), one = 1;
    struct epoll_event events[64], event = {.events = EPOLLIN};
    size_t scratch_len = 1 << 20, reply_len;
    char *scratch = malloc(scratch_len), *reply = calloc(1, bytes + 256);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!scratch || !reply || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
        listen(listener, 128) || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event)) {
        die("listen");
    }
    reply_len = (size_t)sprintf(reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", bytes);
    memset(reply + reply_len, 'x', bytes);
    reply_len += bytes;
    for (;;) {
        int n = epoll_wait(poll, events, 64, -1);

        for (int i = 0; i < n; i++) {
            struct peer *peer = events[i].data.ptr;

            if (peer) {
                serve(peer, scratch, scratch_len, reply, reply_len);
                continue;
            }
            peer = calloc(1, sizeof(*peer));
            if (!peer || (peer->fd = accept(listener, NULL, NULL)) < 0) {
                die("accept");
            }
            setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
            event = (struct epoll_event){.events = EPOLLIN, .data.ptr = peer};
            if (epoll_ctl(poll, EPOLL_CTL_ADD, peer->fd, &event)) {
                die("epoll");
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "disk") == 0) {
        return disk(argv[2], argc > 3 ? atof(argv[3]) : 3);
    }
    if (argc >= 2 && strcmp(argv[1], "sha256") == 0) {
        return sha256(argc > 2 ? atof(argv[2]) : 2);
    }
    if (argc == 4 && strcmp(argv[1], "echo") == 0) {
        return echo(atoi(argv[2]), strtoul(argv[3], NULL, 10));
    }
    fprintf(stderr, "limits: see the top of bench/limits.c\n");
    return 2;
}
