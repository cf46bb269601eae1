/* position.c - see position.h. */
#include "service/position.h"

#include <inttypes.h>

#include "model/seqno.h"

enum kind { AT_NUMBER, AFTER_NUMBER, AT_TIMESTAMP, TRIM_HORIZON, LATEST };

/* What is being asked for, and by whom. */
struct search {
    struct rn_call *call;
    const struct rn_wish *wish;
    enum kind kind;
};

static enum kind kind_of(rn_str type)
{
    if (rn_str_eq(type, RN_STR("AT_SEQUENCE_NUMBER"))) {
        return AT_NUMBER;
    }
    if (rn_str_eq(type, RN_STR("AFTER_SEQUENCE_NUMBER"))) {
        return AFTER_NUMBER;
    }
    if (rn_str_eq(type, RN_STR("AT_TIMESTAMP"))) {
        return AT_TIMESTAMP;
    }
    return rn_str_eq(type, RN_STR("LATEST")) ? LATEST
                                             : TRIM_HORIZON; /* the shape lets nothing else pass */
}

static void fail_choice(struct search *search, const char *what)
{
    rn_call_fail(
        search->call, RN_FAULT_INVALID_ARGUMENT,
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) "
        "TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %.*s and %s "
        "StartingSequenceNumber.",
        RN_STR_ARG(search->wish->type), what);
}

static void fail_number(struct search *search, const char *why)
{
    char shard[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(search->wish->shard->index, shard);
    rn_call_fail(search->call, RN_FAULT_INVALID_ARGUMENT,
                 "StartingSequenceNumber %.*s used in %s on shard %s in stream %.*s "
                 "under account %.*s is "
                 "invalid%s",
                 RN_STR_ARG(search->wish->number), search->wish->operation, shard,
                 RN_STR_ARG(rn_stream_name(search->wish->stream)),
                 RN_STR_ARG(search->call->service->account), why);
}

/* The index may read as negative, which prints as "shardId--00000000001". */
static void fail_other_shard(struct search *search, int64_t index)
{
    char shard[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(search->wish->shard->index, shard);
    rn_call_fail(search->call, RN_FAULT_INVALID_ARGUMENT,
                 "Invalid StartingSequenceNumber. It encodes shardId-%012" PRId64
                 ", while it was used in a call to a shard with %s",
                 index, shard);
}

static bool is_ending_number(const struct rn_shard *shard, const struct rn_seqno *seqno)
{
    return shard->closed_ms != 0 && seqno->ix == RN_SEQNO_IX_MAX;
}

static bool number_fits(struct search *search, struct rn_seqno *ret_seqno)
{
    const struct rn_shard *shard = search->wish->shard;

    if (rn_seqno_parse(search->wish->number, ret_seqno)) {
        fail_number(search, ".");
        return false;
    }
    if (ret_seqno->shard_index != (int64_t)shard->index) {
        fail_other_shard(search, ret_seqno->shard_index);
        return false;
    }
    if (ret_seqno->version != 2 || ret_seqno->shard_created_s != shard->created_s) {
        if (ret_seqno->version == 0) {
            rn_fail_internal(search->call); /* recorded, odd as it is */
        } else {
            fail_number(search, " because it did not come from this stream.");
        }
        return false;
    }
    if (search->kind == AFTER_NUMBER && is_ending_number(shard, ret_seqno)) {
        rn_call_fail(search->call, RN_FAULT_INVALID_ARGUMENT,
                     "Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, "
                     "SequenceNumber has reached max "
                     "possible value for the shard.");
        return false;
    }
    return true;
}

/* With AT_TIMESTAMP a number is checked, and then not used. */
static bool take_number(struct search *search, struct rn_position *position)
{
    bool given = search->wish->number.data != NULL;
    struct rn_seqno seqno;

    if (given && (search->kind == TRIM_HORIZON || search->kind == LATEST)) {
        fail_choice(search, "also a");
        return false;
    }
    if (given && !number_fits(search, &seqno)) {
        return false;
    }
    if (search->kind != AT_NUMBER && search->kind != AFTER_NUMBER) {
        return true;
    }
    if (!given) {
        fail_choice(search, "no");
        return false;
    }
    position->kind = RN_ITERATOR_AT_OFFSET;
    position->offset =
        seqno.ix; /* the record behind: a record's ix is its offset + 1, the shard's start is 0 */
    if (search->kind == AT_NUMBER && seqno.ix > 0) {
        position->offset = seqno.ix - 1;
    }
    return true;
}

static bool take_timestamp(struct search *search, struct rn_position *position)
{
    struct rn_number timestamp = search->wish->timestamp;
    int64_t now_ms = rn_call_now_ms(search->call);

    if (search->kind != AT_TIMESTAMP) {
        return true;
    }
    if (!timestamp.set) {
        rn_call_fail(search->call, RN_FAULT_INVALID_ARGUMENT,
                     "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                     "Current request has no "
                     "timestamp parameter.");
        return false;
    }
    if (timestamp.value > now_ms) {
        rn_call_fail(
            search->call, RN_FAULT_INVALID_ARGUMENT,
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            "timestampInMillis: %" PRId64 ", currentTimestampInMillis: %" PRId64,
            timestamp.value, now_ms);
        return false;
    }
    position->kind = RN_ITERATOR_AT_TIME;
    position->timestamp_ms = timestamp.value;
    return true;
}

bool rn_position_find(struct rn_call *call, const struct rn_wish *wish,
                      struct rn_position *ret_position)
{
    struct search search = {.call = call, .wish = wish, .kind = kind_of(wish->type)};

    *ret_position = (struct rn_position){
        .kind = RN_ITERATOR_TRIM_HORIZON,
        .is_latest = search.kind == LATEST,
    };
    return take_number(&search, ret_position) && take_timestamp(&search, ret_position);
}
