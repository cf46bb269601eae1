/* load.c - a closed-loop load generator for the Kinesis wire: signed JSON over HTTP/1.1.
 *
 * Every request is built and signed afresh, its data is random and incompressible, its partition
 * keys are unique. Each connection has one request under way. Connections are spread over
 * --threads event loops. What is printed is one JSON object: rates over the measured time, latency
 * percentiles, records acknowledged in all (warm-up included), the generator's own CPU.
 *
 *   load --port N --key-id ID --secret S --stream NAME --shards N
 *        --mode put-records|put-record|get-records|count|echo
 *        [--records 500] [--bytes 1024] [--connections 8] [--threads 1] [--warmup 3] [--seconds 10]
 *
 * get-records reads at the tail cache: all connections start at --from-newest records before the end
 * and begin again there. count reads every shard from its oldest record, --records at a time, and counts
 * what comes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/sigv4.h"
#include "base/civil.h"
#include "codec/base64.h"
#include "crypto/crypto.h"
#include "sys/clock.h"
#include "sys/random.h"

enum {
    CONNECTIONS_MAX = 1024,
    REPLY_BYTES_MAX = 64 * 1024 * 1024,
    POOL_BYTES = 8 * 1024 * 1024, /* of random base64 text */
    SAMPLES_MAX = 4 * 1000 * 1000,
    SHARD_TEXT_MAX = 32,
};

enum mode { PUT_RECORDS, PUT_RECORD, GET_RECORDS, COUNT, ECHO };
static const char *const mode_names[] = {"put-records", "put-record", "get-records", "count",
                                         "echo"};

static struct {
    int port;
    const char *key_id, *secret, *stream;
    enum mode mode;
    unsigned shards, records, bytes, connections, threads;
    double warmup, seconds;
} options = {.key_id = "AKID",
             .secret = "secret",
             .stream = "bench",
             .shards = 64,
             .records = 500,
             .bytes = 1024,
             .connections = 8,
             .threads = 1,
             .warmup = 3,
             .seconds = 10};

static char *pool; /* random base64 text */
static int64_t measure_from_us, measure_to_us;

struct connection {
    int fd;
    struct worker *worker;
    uint64_t serial;
    unsigned shard;
    char iterator[1024];
    char first_iterator[1024];
    char *out; /* head and body */
    size_t out_len, out_at;
    char *in;
    size_t in_len, in_cap;
    int64_t sent_us;
    bool finished;
};

struct worker {
    pthread_t thread;
    unsigned first, count, running;
    int epoll;
    struct rn_arena *arena;
    uint64_t random;
    uint64_t requests, records, records_all, bytes, failed, throttled;
    uint32_t *samples;
    size_t sample_count;
};

static struct connection connections[CONNECTIONS_MAX];

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    return rn_clock_mono_us(rn_clock_real());
}

static uint64_t next_random(struct worker *worker)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return worker->random;
}

/* Base64 of `bytes` random bytes (a multiple of 3 less padding is fine for our sizes). */
static size_t add_data(struct worker *worker, char *at)
{
    size_t whole = (options.bytes / 3) * 4, rest = options.bytes % 3;
    size_t from = (size_t)(next_random(worker) % (POOL_BYTES - whole - 4)) & ~(size_t)3;

    memcpy(at, pool + from, whole);
    if (rest) {
        memcpy(at + whole, rest == 1 ? "AA==" : "AAA=", 4);
        whole += 4;
    }
    return whole;
}

static size_t add_record(struct connection *connection, char *at)
{
    char *begin = at;

    at += sprintf(at, "{\"Data\":\"");
    at += add_data(connection->worker, at);
    at += sprintf(at, "\",\"PartitionKey\":\"k%04x-%016llx\"", (unsigned)(connection - connections),
                  (unsigned long long)connection->serial++);
    return (size_t)(at - begin);
}

static size_t build_body(struct connection *connection, char *at)
{
    char *begin = at;

    switch (options.mode) {
    case PUT_RECORDS:
    case ECHO:
        at += sprintf(at, "{\"StreamName\":\"%s\",\"Records\":[", options.stream);
        for (unsigned i = 0; i < options.records; i++) {
            at += add_record(connection, at);
            at += sprintf(at, i + 1 < options.records ? "}," : "}");
        }
        at += sprintf(at, "]}");
        break;
    case PUT_RECORD:
        at += add_record(connection, at);
        at += sprintf(at, ",\"StreamName\":\"%s\"}", options.stream);
        break;
    case GET_RECORDS:
    case COUNT:
        if (!connection->iterator[0]) {
            at += sprintf(at,
                          "{\"StreamName\":\"%s\",\"ShardId\":\"shardId-%012u\","
                          "\"ShardIteratorType\":\"TRIM_HORIZON\"}",
                          options.stream, connection->shard);
        } else {
            at += sprintf(at, "{\"ShardIterator\":\"%s\",\"Limit\":%u}", connection->iterator,
                          options.records);
        }
        break;
    }
    return (size_t)(at - begin);
}

static const char *operation_of(const struct connection *connection)
{
    switch (options.mode) {
    case PUT_RECORDS:
    case ECHO:
        return "PutRecords";
    case PUT_RECORD:
        return "PutRecord";
    case GET_RECORDS:
    case COUNT:
        break;
    }
    return connection->iterator[0] ? "GetRecords" : "GetShardIterator";
}

enum { HEAD_ROOM = 2048 };

/* The body is built behind HEAD_ROOM; the head is then laid right before it. */
static void build_request(struct connection *connection)
{
    char *body = connection->out + HEAD_ROOM;
    size_t body_len = build_body(connection, body);
    char host[32], date[RN_CIVIL_TEXT_BYTES], target[64], head[HEAD_ROOM];
    uint8_t digest[RN_SHA256_BYTES];
    int64_t wall_ms = rn_clock_wall_ms(rn_clock_real());
    rn_str authorization;

    rn_sha256(rn_str_make(body, body_len), digest);
    snprintf(host, sizeof(host), "127.0.0.1:%d", options.port);
    snprintf(target, sizeof(target), "Kinesis_20131202.%s", operation_of(connection));
    rn_civil_basic(wall_ms, date);
    struct rn_sig_header headers[] = {
        {RN_STR_INIT("content-type"), RN_STR_INIT("application/x-amz-json-1.1")},
        {RN_STR_INIT("host"), rn_str_c(host)},
        {RN_STR_INIT("x-amz-date"), rn_str_c(date)},
        {RN_STR_INIT("x-amz-target"), rn_str_c(target)},
    };
    struct rn_sig_request request = {.method = RN_STR("POST"),
                                     .path = RN_STR("/"),
                                     .query = RN_STR(""),
                                     .headers = headers,
                                     .header_count = 4,
                                     .body_sha256 = digest};
    struct rn_signer signer = {.access_key_id = rn_str_c(options.key_id),
                               .secret = rn_str_c(options.secret),
                               .region = RN_STR("us-east-1"),
                               .service = RN_STR("kinesis")};

    rn_arena_reset(connection->worker->arena);
    if (rn_sig_sign(&signer, &request, wall_ms, connection->worker->arena, &authorization)) {
        die("sign");
    }
    int len = snprintf(head, sizeof(head),
                       "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: "
                       "application/x-amz-json-1.1\r\nX-Amz-Date: %s\r\n"
                       "X-Amz-Target: %s\r\nAuthorization: %.*s\r\nContent-Length: %zu\r\n\r\n",
                       host, date, target, RN_STR_ARG(authorization), body_len);

    connection->out_at = HEAD_ROOM - (size_t)len;
    memcpy(connection->out + connection->out_at, head, (size_t)len);
    connection->out_len = HEAD_ROOM + body_len;
}

static void wait_for(struct connection *connection, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    if (epoll_ctl(connection->worker->epoll, EPOLL_CTL_MOD, connection->fd, &event)) {
        die("epoll");
    }
}

static void send_more(struct connection *connection)
{
    while (connection->out_at < connection->out_len) {
        ssize_t n = send(connection->fd, connection->out + connection->out_at,
                         connection->out_len - connection->out_at, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            wait_for(connection, EPOLLOUT | EPOLLIN);
            return;
        }
        if (n < 0) {
            die("send");
        }
        connection->out_at += (size_t)n;
    }
    wait_for(connection, EPOLLIN);
}

static void begin_request(struct connection *connection)
{
    build_request(connection);
    connection->in_len = 0;
    connection->sent_us = now_us();
    send_more(connection);
}

static uint64_t count_of(const char *text, const char *end, const char *what)
{
    uint64_t count = 0;
    size_t len = strlen(what);

    while ((text = memmem(text, (size_t)(end - text), what, len))) {
        count++;
        text += len;
    }
    return count;
}

/* Copy the string after `name":"`; false when it is not there. */
static bool text_member(const char *body, const char *end, const char *name, char *out, size_t size)
{
    const char *at = memmem(body, (size_t)(end - body), name, strlen(name));

    if (!at) {
        return false;
    }
    at += strlen(name);
    const char *quote = memchr(at, '"', (size_t)(end - at));

    if (!quote || (size_t)(quote - at) >= size) {
        return false;
    }
    memcpy(out, at, (size_t)(quote - at));
    out[quote - at] = 0;
    return true;
}

static void finish(struct connection *connection)
{
    connection->finished = true;
    connection->worker->running--;
}

static void answered_get(struct connection *connection, const char *body, const char *end)
{
    struct worker *worker = connection->worker;

    if (!connection->iterator[0]) {
        if (!text_member(body, end, "\"ShardIterator\":\"", connection->iterator,
                         sizeof(connection->iterator))) {
            die("no iterator");
        }
        memcpy(connection->first_iterator, connection->iterator, sizeof(connection->iterator));
        return;
    }
    uint64_t count = count_of(body, end, "\"SequenceNumber\"");

    worker->records_all += count;
    if (!text_member(body, end, "\"NextShardIterator\":\"", connection->iterator,
                     sizeof(connection->iterator))) {
        die("no next iterator");
    }
    bool at_end = memmem(body, (size_t)(end - body), "\"MillisBehindLatest\":0", 22) &&
                  !memmem(body, (size_t)(end - body), "\"MillisBehindLatest\":0.", 23);

    if (options.mode == GET_RECORDS) {
        worker->records += count;
        worker->bytes += count * options.bytes;
        if (count == 0 || at_end) { /* around again, without leaving the cache */
            memcpy(connection->iterator, connection->first_iterator, sizeof(connection->iterator));
        }
    } else if (at_end) {
        connection->iterator[0] = 0;
        connection->shard += options.connections;
        if (connection->shard >= options.shards) {
            finish(connection);
        }
    }
}

static void answered(struct connection *connection, int status, const char *body, const char *end)
{
    struct worker *worker = connection->worker;
    int64_t now = now_us();
    bool measured = now >= measure_from_us && now < measure_to_us;
    uint64_t records_before = worker->records, bytes_before = worker->bytes;

    if (status != 200) {
        worker->failed++;
        fprintf(stderr, "load: status %d: %.*s\n", status,
                (int)(end - body > 300 ? 300 : end - body), body);
        if (worker->failed > 100) {
            exit(1);
        }
    } else if (options.mode == PUT_RECORDS) {
        uint64_t refused = count_of(body, end, "\"ErrorCode\":\"");

        worker->throttled += refused;
        worker->records_all += options.records - refused;
        worker->records += options.records - refused;
        worker->bytes += (uint64_t)(options.records - refused) * options.bytes;
    } else if (options.mode == PUT_RECORD || options.mode == ECHO) {
        worker->records_all++;
        worker->records += options.mode == ECHO ? options.records : 1;
        worker->bytes += (uint64_t)options.bytes * (options.mode == ECHO ? options.records : 1);
    } else {
        answered_get(connection, body, end);
    }
    if (measured) {
        worker->requests++;
        if (worker->sample_count < SAMPLES_MAX) {
            worker->samples[worker->sample_count++] = (uint32_t)(now - connection->sent_us);
        }
    } else {
        worker->records = records_before;
        worker->bytes = bytes_before;
    }
    if (connection->finished) {
        return;
    }
    if (options.mode != COUNT && now >= measure_to_us) {
        finish(connection);
        return;
    }
    begin_request(connection);
}

/* RN: one reply at a time, Content-Length always present. */
static void receive(struct connection *connection)
{
    for (;;) {
        if (connection->in_cap - connection->in_len < 65536) {
            connection->in_cap = connection->in_cap ? connection->in_cap * 2 : 262144;
            connection->in = realloc(connection->in, connection->in_cap);
            if (!connection->in || connection->in_cap > REPLY_BYTES_MAX) {
                die("reply too large");
            }
        }
        ssize_t n = recv(connection->fd, connection->in + connection->in_len,
                         connection->in_cap - connection->in_len, 0);

        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n <= 0) {
            die("recv");
        }
        connection->in_len += (size_t)n;
        char *head_end = memmem(connection->in, connection->in_len, "\r\n\r\n", 4);

        if (!head_end) {
            continue;
        }
        *head_end = 0;
        const char *length = strcasestr(connection->in, "\r\nContent-Length:");
        size_t body_len = length ? strtoul(length + 17, NULL, 10) : 0;
        const char *body = head_end + 4;

        *head_end = '\r';
        if (connection->in + connection->in_len < body + body_len) {
            continue;
        }
        answered(connection, atoi(connection->in + 9), body, body + body_len);
        return;
    }
}

static void open_connection(struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address))) {
        die("connect");
    }
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    connection->shard = (unsigned)(connection - connections) % options.shards;
    connection->serial = (uint64_t)now_us() << 16;
    connection->out =
        malloc(HEAD_ROOM + 4096 + (size_t)options.records * (options.bytes * 4 / 3 + 128));
    if (!connection->out ||
        epoll_ctl(connection->worker->epoll, EPOLL_CTL_ADD, connection->fd, &event)) {
        die("connection");
    }
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    struct epoll_event events[64];

    for (unsigned i = 0; i < worker->count; i++) {
        struct connection *connection = &connections[worker->first + i];

        if (options.mode == COUNT && worker->first + i >= options.shards) {
            worker->running--;
            continue;
        }
        connection->worker = worker;
        open_connection(connection);
        if (fcntl(connection->fd, F_SETFL, O_NONBLOCK)) {
            die("fcntl");
        }
        begin_request(connection);
    }
    while (worker->running) {
        int n = epoll_wait(worker->epoll, events, 64, 10000);

        if (n == 0 || (n < 0 && errno != EINTR)) {
            die("no answer for 10 s");
        }
        for (int i = 0; i < n; i++) {
            struct connection *connection = events[i].data.ptr;

            if (events[i].events & EPOLLOUT) {
                send_more(connection);
            }
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                receive(connection);
            }
        }
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void report(struct worker *workers, double elapsed)
{
    struct worker sum = {0};
    uint32_t *samples = malloc(sizeof(*samples) * SAMPLES_MAX * options.threads);
    struct rusage usage;
    size_t n = 0;

    for (unsigned i = 0; i < options.threads; i++) {
        sum.requests += workers[i].requests;
        sum.records += workers[i].records;
        sum.records_all += workers[i].records_all;
        sum.bytes += workers[i].bytes;
        sum.failed += workers[i].failed;
        sum.throttled += workers[i].throttled;
        memcpy(samples + n, workers[i].samples, workers[i].sample_count * sizeof(*samples));
        n += workers[i].sample_count;
    }
    qsort(samples, n, sizeof(*samples), by_value);
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    double seconds = options.mode == COUNT ? elapsed : options.seconds;

    printf("{\"mode\":\"%s\",\"connections\":%u,\"requests_per_s\":%.0f,\"records_per_s\":%.0f,"
           "\"MB_per_s\":%.1f,"
           "\"p50_us\":%u,\"p99_us\":%u,\"acknowledged\":%llu,\"failed\":%llu,\"throttled\":%llu,"
           "\"generator_cores\":%.2f}\n",
           mode_names[options.mode], options.connections, (double)sum.requests / seconds,
           (double)sum.records / seconds, (double)sum.bytes / seconds / 1e6, n ? samples[n / 2] : 0,
           n ? samples[n * 99 / 100] : 0, (unsigned long long)sum.records_all,
           (unsigned long long)sum.failed, (unsigned long long)sum.throttled, cpu / elapsed);
    free(samples);
}

static void parse(int argc, char **argv)
{
    static const struct option rows[] = {{"port", 1, 0, 'p'},
                                         {"key-id", 1, 0, 'k'},
                                         {"secret", 1, 0, 's'},
                                         {"stream", 1, 0, 'n'},
                                         {"shards", 1, 0, 'S'},
                                         {"mode", 1, 0, 'm'},
                                         {"records", 1, 0, 'r'},
                                         {"bytes", 1, 0, 'b'},
                                         {"connections", 1, 0, 'c'},
                                         {"threads", 1, 0, 't'},
                                         {"warmup", 1, 0, 'w'},
                                         {"seconds", 1, 0, 'd'},
                                         {0, 0, 0, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", rows, NULL)) != -1) {
        switch (option) {
        case 'p':
            options.port = atoi(optarg);
            break;
        case 'k':
            options.key_id = optarg;
            break;
        case 's':
            options.secret = optarg;
            break;
        case 'n':
            options.stream = optarg;
            break;
        case 'S':
            options.shards = (unsigned)atoi(optarg);
            break;
        case 'r':
            options.records = (unsigned)atoi(optarg);
            break;
        case 'b':
            options.bytes = (unsigned)atoi(optarg);
            break;
        case 'c':
            options.connections = (unsigned)atoi(optarg);
            break;
        case 't':
            options.threads = (unsigned)atoi(optarg);
            break;
        case 'w':
            options.warmup = atof(optarg);
            break;
        case 'd':
            options.seconds = atof(optarg);
            break;
        case 'm':
            for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
                if (strcmp(optarg, mode_names[i]) == 0) {
                    options.mode = (enum mode)i;
                }
            }
            break;
        default:
            exit(2);
        }
    }
    if (!options.port || !options.connections || options.connections > CONNECTIONS_MAX ||
        !options.threads || options.threads > options.connections || !options.shards ||
        !options.records) {
        fprintf(stderr, "load: see the top of bench/load.c for its options\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    char *random_bytes = malloc(POOL_BYTES / 4 * 3);
    struct worker *workers = calloc(options.threads, sizeof(*workers));

    pool = malloc(POOL_BYTES);
    if (!pool || !random_bytes || !workers) {
        die("memory");
    }
    rn_random_fill(rn_random_real(), random_bytes, POOL_BYTES / 4 * 3);
    rn_base64_encode(random_bytes, POOL_BYTES / 4 * 3, pool);
    int64_t begin = now_us();

    measure_from_us = begin + (int64_t)(options.warmup * 1e6);
    measure_to_us = measure_from_us + (int64_t)(options.seconds * 1e6);
    for (unsigned i = 0, first = 0; i < options.threads; i++) {
        struct worker *worker = &workers[i];

        worker->first = first;
        worker->count = worker->running = (options.connections - first) / (options.threads - i);
        first += worker->count;
        worker->epoll = epoll_create1(0);
        worker->arena = rn_arena_new(1 << 20);
        worker->samples = malloc(sizeof(uint32_t) * SAMPLES_MAX);
        rn_random_fill(rn_random_real(), &worker->random, sizeof(worker->random));
        if (worker->epoll < 0 || !worker->arena || !worker->samples ||
            pthread_create(&worker->thread, NULL, run, worker)) {
            die("worker");
        }
    }
    for (unsigned i = 0; i < options.threads; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    report(workers, (double)(now_us() - begin) / 1e6);
    return 0;
}
