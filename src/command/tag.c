/* tag.c - `runnel tag`: the tags of a stream, shown, set and removed. */
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "shape/kinesis.h"
#include "tool/connect.h"
#include "tool/exit.h"

enum { PAGE_TAGS = 50, KEY_BYTES_MAX = 4096 };

/* What the service says of them, page for page: "KEY=VALUE" on each line, as `set` takes them. */
static enum runnel_err list(struct runnel_client *client, const char *stream)
{
    struct rn_kinesis_list_tags_for_stream_request request = {.stream_name = rn_str_c(stream),
                                                              .limit = {PAGE_TAGS, true}};
    struct rn_kinesis_list_tags_for_stream_reply reply;
    struct rn_buf last;
    enum runnel_err err;

    rn_buf_init(&last, KEY_BYTES_MAX);
    do {
        err = rn_client_call(client, "ListTagsForStream",
                             &rn_kinesis_list_tags_for_stream_request_shape, &request,
                             &rn_kinesis_list_tags_for_stream_reply_shape, &reply);
        if (err) {
            break;
        }
        const struct rn_kinesis_tag *tags = reply.tags.data;

        for (size_t i = 0; i < reply.tags.count; i++) {
            (void)printf("%.*s=%.*s\n", RN_STR_ARG(tags[i].key), RN_STR_ARG(tags[i].value));
        }
        if (reply.has_more_tags.value && reply.tags.count) {
            rn_buf_clear(&last); /* the next call gives up what the last one brought */
            rn_buf_add_str(&last, tags[reply.tags.count - 1].key);
            request.exclusive_start_tag_key = rn_buf_str(&last);
        }
    } while (reply.has_more_tags.value && reply.tags.count);
    rn_buf_done(&last);
    return err;
}

static enum runnel_err set(struct runnel_client *client, const char *stream, struct rn_pair *pairs,
                           size_t count)
{
    struct rn_kinesis_add_tags_to_stream_request request = {
        .stream_name = rn_str_c(stream), .tags = {.data = pairs, .count = count, .set = true}};

    return rn_client_call(client, "AddTagsToStream", &rn_kinesis_add_tags_to_stream_request_shape,
                          &request, NULL, NULL);
}

static enum runnel_err take_off(struct runnel_client *client, const char *stream, rn_str *keys,
                                size_t count)
{
    struct rn_kinesis_remove_tags_from_stream_request request = {
        .stream_name = rn_str_c(stream), .tag_keys = {.data = keys, .count = count, .set = true}};

    return rn_client_call(client, "RemoveTagsFromStream",
                          &rn_kinesis_remove_tags_from_stream_request_shape, &request, NULL, NULL);
}

/* "KEY=VALUE" at the first '='; RN_GO_ON, or what is wrong was said. */
static int parse_pairs(const char *const *words, struct rn_pair *pairs, size_t *ret_count)
{
    size_t count = 0;

    for (; words[count]; count++) {
        rn_str word = rn_str_c(words[count]);
        size_t equals = rn_str_find(word, '=', 0);

        if (!equals || equals == word.len) {
            return rn_complain("tag", RN_EXIT_USAGE, "a tag is KEY=VALUE, not '%s'", words[count]);
        }
        pairs[count] = (struct rn_pair){rn_str_make(word.data, equals),
                                        rn_str_make(word.data + equals + 1, word.len - equals - 1)};
    }
    *ret_count = count;
    return RN_GO_ON;
}

int rn_command_tag(int argc, char **argv)
{
    enum { LIST, SET, REMOVE };
    static const struct rn_verb verbs[] = {
        [LIST] = {"list", "STREAM", 1, 1},
        [SET] = {"set", "STREAM KEY=VALUE...", 2, RN_ARGUMENTS_MAX},
        [REMOVE] = {"remove", "STREAM KEY...", 2, RN_ARGUMENTS_MAX}};
    struct rn_connect connect = {0};
    size_t verb = LIST, count = 0;
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {
        .command = "tag",
        .about = "Shows the tags of a stream, sets some, or removes some. A tag that is set again "
                 "takes the new value;\none that is not there is removed in peace.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .verbs = verbs,
        .verb_count = sizeof(verbs) / sizeof(verbs[0]),
        .verb = &verb,
    };
    const char *words[RN_ARGUMENTS_MAX];
    struct rn_pair pairs[RN_ARGUMENTS_MAX];
    rn_str keys[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_options_parse(&line, argc, argv, words, &count);

    if (code == RN_GO_ON && verb == SET) {
        code = parse_pairs(words + 1, pairs, &count);
    }
    code = code == RN_GO_ON ? rn_connect_client("tag", &connect, &client) : code;
    if (code != RN_GO_ON) {
        return code;
    }
    for (size_t i = 1; verb == REMOVE && i < count; i++) {
        keys[i - 1] = rn_str_c(words[i]);
    }
    return rn_connect_end("tag", client,
                          verb == LIST  ? list(client, words[0])
                          : verb == SET ? set(client, words[0], pairs, count)
                                        : take_off(client, words[0], keys, count - 1));
}
