/* show.h - pages of records on standard output, for the commands that tail. */
#ifndef RN_TOOL_SHOW_H
#define RN_TOOL_SHOW_H

#include "client/client.h"
#include "tool/print.h"

struct rn_show {
    const char *command;
    int64_t limit, shown; /* limit 0: none */
    bool raw, json;
    enum rn_print_form form;
    struct rn_buf out;
};

/* Rows of the options that choose how; to be put into a table of options. */
#define RN_SHOW_OPTIONS(show)                                                                      \
    {.name = "limit",                                                                              \
     .value = "N",                                                                                 \
     .help = "end after N records",                                                                \
     .number = &(show).limit,                                                                      \
     .number_min = 1,                                                                              \
     .number_max = INT64_MAX},                                                                     \
        {.name = "raw", .help = "the data as it is, no newline behind", .on = &(show).raw},        \
    {                                                                                              \
        .name = "json", .help = "a JSON object a line, with key, sequence number and base64 data", \
        .on = &(show).json                                                                         \
    }

/* The form follows from the options and from where standard output goes: RN_GO_ON, or what is wrong was said. Afterwards
 * the caller calls rn_show_done. */
int rn_show_init(struct rn_show *show, const char *command);
void rn_show_done(struct rn_show *show);

/* Up to the limit. *ret_last, if any was shown, is the sequence number of the last, valid as long as the page.
 * RN_GO_ON, or the end of the command: a closed pipe is a clean one. */
int rn_show_page(struct rn_show *show, const char *shard_id, const struct runnel_page *page,
                 const char **ret_last);
bool rn_show_is_over(const struct rn_show *show); /* the limit is reached */

#endif
