/* sample.h - a shape that has every kind of member, for the tests of this room. */
#ifndef TESTS_CODEC_SAMPLE_H
#define TESTS_CODEC_SAMPLE_H

#include "codec/shape.h"

struct sample_inner {
    rn_str mode;
    struct rn_number when;
};

struct sample_entry {
    rn_str key, hash, data;
};

struct sample {
    struct rn_number count, big, flag, when;
    rn_str name, token, kind, data;
    struct sample_inner *inner;
    struct rn_items entries; /* struct sample_entry */
    struct rn_items words;   /* rn_str */
    struct rn_items numbers; /* struct rn_number */
    struct rn_items tags;    /* struct rn_pair */
};

/* As the pattern [a-z]+ */
static inline bool sample_is_lower(rn_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < 'a' || value.data[i] > 'z') {
            return false;
        }
    }
    return value.len > 0;
}

#define SAMPLE_BOUNDS(least, most) .has_min = true, .has_max = true, .min = least, .max = most

static const char *const sample_kinds[] = {"ONE", "TWO", NULL};

static const struct rn_shape sample_count = {.kind = RN_INTEGER, SAMPLE_BOUNDS(1, 100)};
static const struct rn_shape sample_big = {.kind = RN_LONG, .has_max = true, .max = 1LL << 40};
static const struct rn_shape sample_flag = {.kind = RN_BOOLEAN};
static const struct rn_shape sample_when = {.kind = RN_TIMESTAMP};
static const struct rn_shape sample_name = {
    .kind = RN_STRING, SAMPLE_BOUNDS(1, 8), .pattern = "[a-z]+", .matches = sample_is_lower};
static const struct rn_shape sample_token = {.kind = RN_STRING, SAMPLE_BOUNDS(2, 4)};
static const struct rn_shape sample_kind = {.kind = RN_STRING, .enum_values = sample_kinds};
static const struct rn_shape sample_data = {.kind = RN_BLOB, SAMPLE_BOUNDS(0, 1000)};
static const struct rn_shape sample_text = {.kind = RN_STRING};
static const struct rn_shape sample_number = {.kind = RN_INTEGER};
static const struct rn_shape sample_word = {
    .kind = RN_STRING, SAMPLE_BOUNDS(1, 4), .pattern = "[a-z]+", .matches = sample_is_lower};
static const struct rn_shape sample_words = {
    .kind = RN_LIST, .item = &sample_word, SAMPLE_BOUNDS(1, 3)};
static const struct rn_shape sample_numbers = {.kind = RN_LIST, .item = &sample_number};
static const struct rn_shape sample_tag_key = {.kind = RN_STRING, SAMPLE_BOUNDS(1, 4)};
static const struct rn_shape sample_tag_value = {.kind = RN_STRING, SAMPLE_BOUNDS(0, 4)};
static const struct rn_shape sample_tags = {
    .kind = RN_MAP, .key = &sample_tag_key, .value = &sample_tag_value, SAMPLE_BOUNDS(1, 3)};

static const struct rn_member sample_inner_members[] = {
    RN_MEMBER(sample_inner, mode, "Mode", sample_kind, true),
    RN_MEMBER(sample_inner, when, "When", sample_when, false),
};
static const struct rn_shape sample_inner_shape =
    RN_STRUCT_SHAPE(sample_inner, "Inner", sample_inner_members);

static const struct rn_member sample_entry_members[] = {
    RN_MEMBER(sample_entry, key, "Key", sample_token, true),
    RN_MEMBER(sample_entry, hash, "Hash", sample_name, false),
    RN_MEMBER(sample_entry, data, "Data", sample_data, true),
};
static const struct rn_shape sample_entry_shape =
    RN_STRUCT_SHAPE(sample_entry, "Entry", sample_entry_members);
static const struct rn_shape sample_entries = {
    .kind = RN_LIST, .item = &sample_entry_shape, SAMPLE_BOUNDS(1, 3)};

static const struct rn_member sample_members[] = {
    RN_MEMBER(sample, count, "Count", sample_count, false),
    RN_MEMBER(sample, name, "StreamName", sample_name, false),
    RN_MEMBER(sample, big, "Big", sample_big, false),
    RN_MEMBER(sample, flag, "Flag", sample_flag, false),
    RN_MEMBER(sample, when, "When", sample_when, false),
    RN_MEMBER(sample, token, "Token", sample_token, false),
    RN_MEMBER(sample, kind, "Kind", sample_kind, false),
    RN_MEMBER(sample, data, "Data", sample_data, false),
    RN_MEMBER(sample, inner, "Inner", sample_inner_shape, false),
    RN_MEMBER(sample, entries, "Entries", sample_entries, false),
    RN_MEMBER(sample, words, "Words", sample_words, false),
    RN_MEMBER(sample, numbers, "Numbers", sample_numbers, false),
    RN_MEMBER(sample, tags, "Tags", sample_tags, false),
};
static const struct rn_shape sample_shape = RN_STRUCT_SHAPE(sample, "Sample", sample_members);

#endif
