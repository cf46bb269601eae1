/* tags.c - rules for the tags of a stream; see tags.h. */
#include "service/tags.h"

static bool byte_allowed(unsigned char byte)
{
    if (byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
        (byte >= 'A' && byte <= 'Z')) {
        return true;
    }
    return byte && strchr(" _./=+-%@:", byte); /* ':' by today's documentation */
}

static bool text_allowed(rn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!byte_allowed((unsigned char)text.data[i])) {
            return false;
        }
    }
    return true;
}

static bool has_percent(rn_str text)
{
    return rn_str_find(text, '%', 0) < text.len;
}

bool rn_tags_check(struct rn_call *call, rn_str stream, const struct rn_pair *tags, size_t count)
{
    rn_str account = call->service->account;

    for (size_t i = 0; i < count; i++) {
        if (!text_allowed(tags[i].key) || !text_allowed(tags[i].value)) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "Some tags contain invalid characters. Valid characters: Unicode letters, "
                         "digits, white space, "
                         "_ . / = + - %% @.");
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (has_percent(tags[i].key) || has_percent(tags[i].value)) {
            rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                         "Failed to add tags to stream %.*s under account %.*s because some tags "
                         "contained illegal "
                         "characters. The allowed characters are Unicode letters, white-spaces, "
                         "'_',',','/','=','+','-','@'.",
                         RN_STR_ARG(stream), RN_STR_ARG(account));
            return false;
        }
    }
    if (count > RN_TAGS_PER_STREAM) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Failed to add tags to stream %.*s under account %.*s because a given stream "
                     "cannot have more than "
                     "%d tags associated with it.",
                     RN_STR_ARG(stream), RN_STR_ARG(account), RN_TAGS_PER_STREAM);
        return false;
    }
    return true;
}
