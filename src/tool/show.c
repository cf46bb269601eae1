/* show.c - a page is printed into memory and leaves in one write. */
#include "tool/show.h"

#include <errno.h>
#include <unistd.h>

#include "tool/exit.h"
#include "tool/options.h"

enum { OUT_BYTES_MAX = 64 * 1024 * 1024 };

int rn_show_init(struct rn_show *show, const char *command)
{
    show->command = command;
    rn_buf_init(&show->out, OUT_BYTES_MAX);
    if (show->raw && show->json) {
        return rn_complain(command, RN_EXIT_USAGE, "--raw and --json exclude each other");
    }
    show->form = show->raw               ? RN_PRINT_RAW
                 : show->json            ? RN_PRINT_JSON
                 : isatty(STDOUT_FILENO) ? RN_PRINT_ESCAPED
                                         : RN_PRINT_LINES;
    return RN_GO_ON;
}

void rn_show_done(struct rn_show *show)
{
    rn_buf_done(&show->out);
}

bool rn_show_is_over(const struct rn_show *show)
{
    return show->limit && show->shown >= show->limit;
}

static int write_out(struct rn_show *show)
{
    size_t at = 0;

    if (show->out.failed) {
        return rn_complain(show->command, RN_EXIT_BUG, "out of memory");
    }
    while (at < show->out.len) {
        ssize_t n = write(STDOUT_FILENO, show->out.data + at, show->out.len - at);

        if (n < 0 && errno == EPIPE) {
            return RN_EXIT_OK;
        }
        if (n < 0 && errno != EINTR) {
            return rn_complain(show->command, RN_EXIT_CANNOT_CREATE, "cannot write: %s",
                               strerror(errno));
        }
        at += n > 0 ? (size_t)n : 0;
    }
    rn_buf_clear(&show->out);
    return RN_GO_ON;
}

int rn_show_page(struct rn_show *show, const char *shard_id, const struct runnel_page *page,
                 const char **ret_last)
{
    size_t count = runnel_page_count(page);
    struct rn_print_record record = {.shard_id = shard_id};

    for (size_t i = 0; i < count && !rn_show_is_over(show); i++) {
        const void *data;
        size_t len;

        runnel_page_record(page, i, &data, &len, &record.partition_key, &record.sequence_number,
                           &record.arrival_ms);
        record.data = rn_str_make(data, len);
        rn_print_record(show->form, &record, &show->out);
        show->shown++;
        *ret_last = record.sequence_number;
    }
    return write_out(show);
}
