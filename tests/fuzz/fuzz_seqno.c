/* The model's small texts: sequence numbers, shard ids, hash keys, ARNs.
 *
 * HOLDS      What parses formats, and parses again to the same. */
#include <assert.h>
#include <stdio.h>

#include "model/arn.h"
#include "model/seqno.h"
#include "model/shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct rn_seqno *a, const struct rn_seqno *b)
{
    return a->shard_created_s == b->shard_created_s && a->ix == b->ix && a->time_s == b->time_s &&
           a->shard_index == b->shard_index && a->version == b->version;
}

static void check_seqno(rn_str text)
{
    struct rn_seqno seqno, again;
    char formatted[RN_SEQNO_TEXT_BYTES], twice[RN_SEQNO_TEXT_BYTES];
    size_t len;

    if (rn_seqno_parse(text, &seqno)) {
        return;
    }
    assert(seqno.version >= 0 && seqno.version <= 2 && seqno.shard_created_s >= 0 &&
           seqno.ix <= RN_SEQNO_IX_MAX);
    if (seqno.version != 2) {
        return;
    }
    len = rn_seqno_format(&seqno, formatted);
    assert(len == strlen(formatted) &&
           rn_seqno_parse(rn_str_make(formatted, len), &again) == RN_OK);
    assert(same(&seqno, &again));
    rn_seqno_format(&again, twice);
    assert(strcmp(formatted, twice) == 0);
}

static void check_shard(rn_str text)
{
    uint32_t index, again;
    char formatted[RN_SHARD_ID_TEXT_BYTES];
    size_t len;

    if (rn_shard_id_parse(text, &index)) {
        return;
    }
    len = rn_shard_id_format(index, formatted);
    assert(rn_shard_id_parse(rn_str_make(formatted, len), &again) == RN_OK && again == index);
}

static void check_hash_key(rn_str text)
{
    rn_u128 key, again;
    char formatted[RN_HASH_KEY_TEXT_BYTES];
    size_t len;

    if (rn_hash_key_parse(text, &key)) {
        return;
    }
    len = rn_hash_key_format(key, formatted);
    assert(rn_hash_key_parse(rn_str_make(formatted, len), &again) == RN_OK && again == key);
}

static void check_arn(rn_str text)
{
    struct rn_arn arn, again;
    char formatted[RN_STREAM_ARN_BYTES_MAX];
    size_t len;

    if (rn_arn_parse(text, &arn)) {
        return;
    }
    len = rn_stream_arn_format(arn.region, arn.account, arn.stream, formatted);
    assert(rn_arn_parse(rn_str_make(formatted, len), &again) == RN_OK);
    assert(rn_str_eq(arn.stream, again.stream) && rn_str_eq(arn.account, again.account));
    assert(rn_str_eq(arn.region, again.region) && !again.consumer.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rn_str text = rn_str_make(data, size);

    check_seqno(text);
    check_shard(text);
    check_hash_key(text);
    check_arn(text);
    (void)rn_hash_key_of(text);
    return 0;
}
