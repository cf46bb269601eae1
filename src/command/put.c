/* put.c - `runnel put`: lines of files or of standard input become records.
 *
 * Bytes pass unchanged; a newline ends a record and is not part of it. One PutRecords is under way at
 * a time, so records arrive in the order of the lines but for those the service refused and that are sent again. When the
 * input pauses, what is queued is sent. Memory is bounded by one batch and one longest line.
 * Ctrl-C: what is queued is sent, the line to go on from is said, exit code 130. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/lines.h"
#include "tool/partition.h"

enum { RECORD_BYTES_DEFAULT = 1024 * 1024, IDLE_MS = 20, PROGRESS_US = 500 * 1000 };

struct put {
    const char *stream;
    struct rn_partition partition;
    const char *bad_key, *oversize;
    int64_t record_bytes_max, from_line;
    bool print, quiet;
    struct runnel_client *client;
    struct runnel_batch *batch;
    uint64_t first_line, last_line; /* of the batch */
    uint64_t acknowledged, bytes, failed, skipped;
    uint64_t lines_done; /* all up to this line are acknowledged, or skipped on purpose */
    uint64_t skipping,
        oversize_bytes; /* line whose pieces are thrown away, 0: none; bytes of it so far */
    int64_t begun_us, told_us;
    bool terminal;
};

static void progress(struct put *put, bool last)
{
    int64_t now = rn_clock_mono_us(rn_clock_real());
    double seconds = (double)(now - put->begun_us) / 1e6;

    if (!put->terminal || (!last && now - put->told_us < PROGRESS_US)) {
        return;
    }
    put->told_us = now;
    (void)fprintf(stderr, "\r%llu records, %.1f MB, %.0f records/s %s",
                  (unsigned long long)put->acknowledged, (double)put->bytes / 1e6,
                  seconds > 0 ? (double)put->acknowledged / seconds : 0.0, last ? "\n" : "");
}

static void count_batch(struct put *put)
{
    for (size_t i = 0; i < runnel_batch_count(put->batch); i++) {
        const char *number = runnel_batch_sequence_number(put->batch, i);

        put->acknowledged += number != NULL;
        if (number && put->print) {
            (void)printf("%s %s\n", runnel_batch_shard_id(put->batch, i), number);
        }
    }
}

/* Send what is queued. RN_GO_ON, or the exit code of a call that failed for good. */
static int flush(struct put *put)
{
    size_t failed = 0, count = runnel_batch_count(put->batch);
    enum runnel_err err;

    if (!count) {
        return RN_GO_ON;
    }
    err = runnel_put_records(put->client, put->stream, put->batch, &failed);
    count_batch(put);
    if (err) {
        runnel_batch_clear(put->batch); /* what it held begins behind lines_done */
        progress(put, true);
        return rn_connect_failed("put", put->client, err);
    }
    for (size_t i = 0; failed && i < count; i++) {
        if (runnel_batch_error(put->batch, i)) {
            (void)rn_complain("put", 0, "%zu of the records of lines %llu to %llu were refused: %s",
                              failed, (unsigned long long)put->first_line,
                              (unsigned long long)put->last_line,
                              runnel_batch_error(put->batch, i));
            break;
        }
    }
    put->failed += failed;
    if (!put->failed) {
        put->lines_done = put->last_line;
    }
    runnel_batch_clear(put->batch);
    progress(put, false);
    return RN_GO_ON;
}

/* Queue one record, sending first where it does not fit. */
static int add(struct put *put, rn_str key, rn_str data, uint64_t line)
{
    if (!runnel_batch_has_room(put->batch, key.len, data.len)) {
        int code = flush(put);

        if (code != RN_GO_ON) {
            return code;
        }
    }
    if (!runnel_batch_count(put->batch)) {
        put->first_line = line;
    }
    if (runnel_batch_add(put->batch, key.data, key.len, data.data, data.len)) {
        return rn_complain("put", RN_EXIT_BUG, "line %llu cannot be queued",
                           (unsigned long long)line);
    }
    put->last_line = line;
    put->bytes += data.len;
    return RN_GO_ON;
}

static void skip_line(struct put *put, uint64_t line)
{
    put->skipped++;
    put->last_line = line;
    if (!runnel_batch_count(put->batch) && !put->failed) {
        put->lines_done = line;
    }
}

static int refuse_oversize(struct put *put, uint64_t line, uint64_t bytes)
{
    return rn_complain("put", RN_EXIT_BAD_DATA,
                       "line %llu has %llu bytes, with its key more than a record may have (%lld); "
                       "--oversize skip or split lets it pass",
                       (unsigned long long)line, (unsigned long long)bytes,
                       (long long)put->record_bytes_max);
}

/* The key of a piece, by the rules of --bad-key. RN_GO_ON with *ret_skip, or an exit code. */
static int key_of(struct put *put, const struct rn_line_piece *piece, char *room, rn_str *ret_key,
                  bool *ret_skip)
{
    *ret_skip = false;
    if (rn_partition_key(&put->partition, piece->bytes, room, ret_key) == RN_OK) {
        return RN_GO_ON;
    }
    if (strcmp(put->bad_key, "skip") == 0) {
        *ret_skip = true;
        return RN_GO_ON;
    }
    if (strcmp(put->bad_key, "hash") == 0) {
        *ret_key = rn_partition_hash(ret_key->len ? *ret_key : piece->bytes, room);
        return RN_GO_ON;
    }
    return rn_complain("put", RN_EXIT_BAD_DATA,
                       "line %llu: its field %lld is no partition key (%zu bytes; a key is UTF-8 "
                       "of 1 to 256 characters); --bad-key skip or hash lets it pass",
                       (unsigned long long)piece->number, (long long)put->partition.field,
                       ret_key->len);
}

/* A piece of a line that is too long, under --oversize fail or skip. */
static int drop_piece(struct put *put, const struct rn_line_piece *piece)
{
    put->skipping = piece->number;
    put->oversize_bytes += piece->bytes.len;
    if (piece->more) {
        return RN_GO_ON;
    }
    uint64_t bytes = put->oversize_bytes;

    put->skipping = put->oversize_bytes = 0;
    if (strcmp(put->oversize, "fail") == 0) {
        return refuse_oversize(put, piece->number, bytes);
    }
    skip_line(put, piece->number);
    return RN_GO_ON;
}

/* Under --oversize split: pieces that fit beside their key, all under the same key. */
static int add_split(struct put *put, rn_str key, const struct rn_line_piece *piece)
{
    size_t room = (size_t)put->record_bytes_max - key.len, at = 0;

    do {
        size_t len = piece->bytes.len - at < room ? piece->bytes.len - at : room;
        int code = add(put, key, rn_str_make(piece->bytes.data + at, len), piece->number);

        if (code != RN_GO_ON) {
            return code;
        }
        at += len;
    } while (at < piece->bytes.len);
    return RN_GO_ON;
}

/* The key of a split line is that of its first piece. */
struct split_key {
    char bytes[RN_KEY_BYTES_MAX];
    size_t len;
    bool set;
};

static int put_piece(struct put *put, const struct rn_line_piece *piece, struct split_key *split)
{
    bool splits = strcmp(put->oversize, "split") == 0, skip;
    char room[RN_KEY_BYTES_MAX];
    rn_str key;

    if (piece->number < (uint64_t)put->from_line) {
        return RN_GO_ON;
    }
    if ((!splits && piece->more) || put->skipping) {
        return drop_piece(put, piece);
    }
    if (split->set) {
        key = rn_str_make(split->bytes, split->len);
    } else {
        int code = key_of(put, piece, room, &key, &skip);

        if (code != RN_GO_ON) {
            return code;
        }
        if (skip && piece->more) {
            return drop_piece(put, piece);
        }
        if (skip) {
            skip_line(put, piece->number);
            return RN_GO_ON;
        }
    }
    if (piece->more && !split->set) {
        memcpy(split->bytes, key.data, key.len);
        split->len = key.len;
    }
    split->set = piece->more;
    if (piece->bytes.len + key.len <= (size_t)put->record_bytes_max) {
        return add(put, key, piece->bytes, piece->number);
    }
    return splits ? add_split(put, key, piece) : drop_piece(put, piece);
}

/* One file to its end. *number: of the line that comes next. */
static int put_file(struct put *put, int fd, uint64_t *number)
{
    struct rn_lines *lines = rn_lines_new(fd, (size_t)put->record_bytes_max, *number);
    struct split_key split = {.set = false};
    int code = RN_GO_ON;

    if (!lines) {
        return rn_complain("put", RN_EXIT_BUG, "out of memory");
    }
    while (code == RN_GO_ON && !rn_interrupted()) {
        struct rn_line_piece piece;
        rn_err err = rn_lines_next(lines, runnel_batch_count(put->batch) ? IDLE_MS : -1, &piece);

        if (err == RN_CLOSED) {
            break;
        }
        if (err == RN_WAIT) {
            code = flush(put);
        } else if (err) {
            code = rn_complain("put", RN_EXIT_BAD_DATA, "cannot read the input after line %llu: %s",
                               (unsigned long long)*number, strerror(errno));
        } else {
            *number = piece.number + !piece.more;
            code = put_piece(put, &piece, &split);
        }
    }
    rn_lines_free(lines);
    return code;
}

static int put_files(struct put *put, const char *const *files, size_t count)
{
    uint64_t number = 1;

    if (!count) {
        return put_file(put, STDIN_FILENO, &number);
    }
    for (size_t i = 0; i < count && !rn_interrupted(); i++) {
        bool standard = strcmp(files[i], "-") == 0;
        int fd = standard ? STDIN_FILENO : open(files[i], O_RDONLY | O_CLOEXEC);
        int code;

        if (fd < 0) {
            return rn_complain("put", RN_EXIT_UNAVAILABLE, "cannot open %s: %s", files[i],
                               strerror(errno));
        }
        code = put_file(put, fd, &number);
        if (!standard) {
            (void)close(fd); /* was only read */
        }
        if (code != RN_GO_ON) {
            return code;
        }
    }
    return RN_GO_ON;
}

/* What was done, on standard error; the exit code. `code`: RN_GO_ON, or why it ended early. */
static int conclude(struct put *put, int code)
{
    int last = flush(put); /* what is queued is sent also after an error in the input */

    progress(put, true);
    code = code == RN_GO_ON ? last : code;
    if (code == RN_GO_ON) {
        code = rn_interrupted() ? RN_EXIT_INTERRUPTED : put->failed ? RN_EXIT_PARTLY : RN_EXIT_OK;
    }
    if (code != RN_EXIT_OK || !put->quiet) {
        (void)fprintf(stderr, "runnel put: %llu records acknowledged",
                      (unsigned long long)put->acknowledged);
        if (put->failed) {
            (void)fprintf(stderr, ", %llu refused", (unsigned long long)put->failed);
        }
        if (put->skipped) {
            (void)fprintf(stderr, ", %llu lines skipped", (unsigned long long)put->skipped);
        }
        if (code != RN_EXIT_OK) {
            (void)fprintf(stderr, "; to go on from there: --from-line %llu",
                          (unsigned long long)put->lines_done + 1);
        }
        (void)fputc('\n', stderr);
    }
    return code;
}

static int run(struct put *put, const struct rn_connect *connect, const char *const *arguments,
               size_t count)
{
    int code;

    if (put->partition.constant && !rn_partition_valid(rn_str_c(put->partition.constant))) {
        return rn_complain("put", RN_EXIT_USAGE,
                           "--key '%s' is no partition key: UTF-8 of 1 to 256 characters",
                           put->partition.constant);
    }
    if (put->partition.delimiter && strlen(put->partition.delimiter) != 1) {
        return rn_complain("put", RN_EXIT_USAGE, "--delimiter must be one byte, not '%s'",
                           put->partition.delimiter);
    }
    code = rn_connect_client("put", connect, &put->client);
    if (code != RN_GO_ON) {
        return code;
    }
    put->stream = arguments[0];
    put->batch = runnel_batch_new();
    put->begun_us = rn_clock_mono_us(rn_clock_real());
    put->terminal = isatty(STDERR_FILENO) && !put->quiet;
    put->lines_done = (uint64_t)put->from_line - 1;
    rn_interrupt_watch(put->client, false);
    code = put->batch ? conclude(put, put_files(put, arguments + 1, count - 1))
                      : rn_complain("put", RN_EXIT_BUG, "out of memory");
    runnel_batch_free(put->batch);
    runnel_client_free(put->client);
    return fflush(stdout) && code == RN_EXIT_OK ? RN_EXIT_PARTLY : code;
}

int rn_command_put(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct put put = {.bad_key = "fail",
                      .oversize = "fail",
                      .record_bytes_max = RECORD_BYTES_DEFAULT,
                      .from_line = 1};
    const struct rn_option options[] = {
        {.name = "key",
         .value = "KEY",
         .help = "one partition key for all records",
         .text = &put.partition.constant},
        {.name = "key-field",
         .value = "N",
         .help = "the line's N-th field is its key; else each line gets a random one",
         .number = &put.partition.field,
         .number_min = 1,
         .number_max = 100000},
        {.name = "delimiter",
         .value = "C",
         .help = "byte between fields; else runs of blanks",
         .text = &put.partition.delimiter},
        {.name = "bad-key",
         .value = "WHAT",
         .help = "when the field is no partition key",
         .text = &put.bad_key,
         .choices = "fail|skip|hash"},
        {.name = "oversize",
         .value = "WHAT",
         .help = "when a line is too long for a record",
         .text = &put.oversize,
         .choices = "fail|skip|split"},
        {.name = "record-bytes",
         .value = "N",
         .help = "largest record, key included, as the stream is set",
         .number = &put.record_bytes_max,
         .number_min = 2048,
         .number_max = 10 * 1024 * 1024},
        {.name = "from-line",
         .value = "N",
         .help = "leave out the lines before",
         .number = &put.from_line,
         .number_min = 1,
         .number_max = INT64_MAX},
        {.name = "print",
         .help = "print shard and sequence number of each record",
         .on = &put.print},
        {.name = "quiet", .help = "say nothing when all went well", .on = &put.quiet},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "put",
        .arguments = "STREAM [FILE...]",
        .about = "Puts each line of the files, or of standard "
                 "input, as a record; bytes pass unchanged.\n"
                 "Ctrl-C sends what is queued, then says how many "
                 "records were acknowledged and the line to "
                 "go on from.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = RN_ARGUMENTS_MAX - 1,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    return code == RN_GO_ON ? run(&put, &connect, arguments, count) : code;
}
