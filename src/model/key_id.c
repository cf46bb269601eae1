/* key_id.c - names of keys of KMS; see key_id.h. */
#include "model/key_id.h"

#include "model/arn.h"

enum { UUID_BYTES = 36, MULTI_REGION_BYTES = 36, ALIAS_BYTES_MAX = 256 };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool all_hex(rn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_hex(text.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_uuid(rn_str text)
{
    if (text.len != UUID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text.data[i] != '-' : !is_hex(text.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_plain(rn_str text)
{
    return is_uuid(text) ||
           (text.len == MULTI_REGION_BYTES && rn_str_starts(text, RN_STR("mrk-")) &&
            all_hex(rn_str_make(text.data + 4, text.len - 4)));
}

static bool is_alias(rn_str text)
{
    size_t start = RN_STR("alias/").len;

    if (!rn_str_starts(text, RN_STR("alias/")) || text.len <= start || text.len > ALIAS_BYTES_MAX) {
        return false;
    }
    for (size_t i = start; i < text.len; i++) {
        char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '/' || c == '_' || c == '-' || c == ':')) {
            return false;
        }
    }
    return true;
}

/* The part of `text` up to the next ':', which is then behind it. */
static rn_str next_part(rn_str *text)
{
    size_t colon = rn_str_find(*text, ':', 0);
    rn_str part = rn_str_make(text->data, colon);

    *text = colon < text->len ? rn_str_make(text->data + colon + 1, text->len - colon - 1)
                              : rn_str_make(text->data + colon, 0);
    return part;
}

/* What stands behind arn:PARTITION:kms:REGION:ACCOUNT:, or absent. */
static rn_str resource_of(rn_str text)
{
    bool arn = rn_str_eq(next_part(&text), RN_STR("arn"));
    bool partition = rn_str_starts(next_part(&text), RN_STR("aws"));
    bool service = rn_str_eq(next_part(&text), RN_STR("kms"));
    bool region = rn_region_valid(next_part(&text));
    bool account = rn_account_valid(next_part(&text));

    return arn && partition && service && region && account ? text : RN_STR_NONE;
}

/* "alias/NAME", or an id without "key/". */
static rn_str bare(rn_str key_id)
{
    rn_str resource = resource_of(key_id);

    if (!resource.data) {
        return key_id;
    }
    return rn_str_starts(resource, RN_STR("key/"))
               ? rn_str_make(resource.data + 4, resource.len - 4)
               : resource;
}

bool rn_key_id_valid(rn_str key_id)
{
    rn_str resource = resource_of(key_id);

    if (!resource.data) {
        return is_plain(key_id) || is_alias(key_id);
    }
    return is_alias(resource) || (rn_str_starts(resource, RN_STR("key/")) &&
                                  is_plain(rn_str_make(resource.data + 4, resource.len - 4)));
}

bool rn_key_id_same(rn_str a, rn_str b)
{
    return rn_str_eq(bare(a), bare(b));
}
