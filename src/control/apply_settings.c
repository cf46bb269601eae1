/* apply_settings.c - the commands that change settings of a stream, and of the account.
 *
 *   ACTIVE ──SET_SETTING──▶ UPDATING ──STREAM_READY──▶ ACTIVE
 *
 * A setting counts from SET_SETTING on; UPDATING keeps other changes away until STREAM_READY, which has
 * nothing left to do but to say so (and that the warm throughput is reached). One that changes nothing
 * leaves the stream ACTIVE and is not counted among those of the day. */
#include "control/apply.h"

#include <assert.h>

#include "model/key_id.h"

/* What the draft becomes; OK, or why not. numbers: the value before, and the new one. */
typedef enum rn_verdict change_fn(const struct rn_set_setting *set, struct rn_stream *draft,
                                  struct rn_change *change);

static void tell(struct rn_change *change, uint64_t before, uint64_t after)
{
    change->numbers[0] = before;
    change->numbers[1] = after;
}

static enum rn_verdict set_metrics(uint8_t metrics, struct rn_stream *draft,
                                   struct rn_change *change)
{
    tell(change, draft->metrics, metrics);
    draft->metrics = metrics;
    return RN_VERDICT_OK;
}

static enum rn_verdict metrics_on(const struct rn_set_setting *set, struct rn_stream *draft,
                                  struct rn_change *change)
{
    return set_metrics((uint8_t)(draft->metrics | set->number), draft, change);
}

static enum rn_verdict metrics_off(const struct rn_set_setting *set, struct rn_stream *draft,
                                   struct rn_change *change)
{
    return set_metrics((uint8_t)(draft->metrics & ~set->number), draft, change);
}

/* With another key than before it stays encrypted since when it was. */
static enum rn_verdict encrypt(const struct rn_set_setting *set, struct rn_stream *draft,
                               struct rn_change *change)
{
    if (draft->key_id.len == 0) {
        draft->encrypted_ms = change->time_ms;
    }
    draft->key_id = set->key_id;
    return RN_VERDICT_OK;
}

static enum rn_verdict decrypt(const struct rn_set_setting *set, struct rn_stream *draft,
                               struct rn_change *change)
{
    if (draft->key_id.len == 0 || !rn_key_id_same(draft->key_id, set->key_id)) {
        change->numbers[0] = draft->key_id.len > 0;
        return RN_VERDICT_KEY;
    }
    draft->key_id = RN_STR("");
    draft->encrypted_ms = 0;
    return RN_VERDICT_OK;
}

static enum rn_verdict set_record_kib(const struct rn_set_setting *set, struct rn_stream *draft,
                                      struct rn_change *change)
{
    tell(change, draft->record_kib_max, set->number);
    draft->record_kib_max = set->number;
    return RN_VERDICT_OK;
}

static enum rn_verdict set_warm(const struct rn_set_setting *set, struct rn_stream *draft,
                                struct rn_change *change)
{
    if (draft->mode != RN_STREAM_ON_DEMAND) {
        return RN_VERDICT_PROVISIONED;
    }
    tell(change, draft->warm_now_mib, set->number);
    draft->warm_mib = set->number;
    return RN_VERDICT_OK;
}

/* The shards stay. A provisioned stream has no warm throughput. */
static enum rn_verdict set_mode(const struct rn_set_setting *set, struct rn_stream *draft,
                                struct rn_change *change)
{
    bool stays = set->number == (uint32_t)draft->mode;

    tell(change, draft->mode, set->number);
    draft->mode = (enum rn_stream_mode)set->number;
    if (!stays || set->warm_mib > 0) {
        draft->warm_mib = set->warm_mib;
    }
    if (draft->mode == RN_STREAM_PROVISIONED) {
        draft->warm_now_mib = 0;
    }
    return RN_VERDICT_OK;
}

static const struct kind {
    uint32_t least, most; /* of `number` */
    bool has_key;
    enum rn_daily daily;
    change_fn *change;
} kinds[RN_SET_COUNT] = {
    [RN_SET_METRICS_ON] = {1, RN_METRICS_ALL, false, RN_DAILY_NONE, metrics_on},
    [RN_SET_METRICS_OFF] = {1, RN_METRICS_ALL, false, RN_DAILY_NONE, metrics_off},
    [RN_SET_ENCRYPT] = {0, 0, true, RN_DAILY_ENCRYPT, encrypt},
    [RN_SET_DECRYPT] = {0, 0, true, RN_DAILY_DECRYPT, decrypt},
    [RN_SET_RECORD_KIB] = {RN_RECORD_KIB_MIN, RN_RECORD_KIB_MAX, false, RN_DAILY_NONE,
                           set_record_kib},
    [RN_SET_MODE] = {RN_STREAM_PROVISIONED, RN_STREAM_ON_DEMAND, false, RN_DAILY_MODE, set_mode},
    [RN_SET_WARM] = {0, RN_WARM_MIB_MAX, false, RN_DAILY_NONE, set_warm},
};

bool rn_setting_valid(const struct rn_set_setting *set)
{
    const struct kind *kind;

    if (set->uid == 0 || (unsigned)set->which >= RN_SET_COUNT || !kinds[set->which].change) {
        return false;
    }
    kind = &kinds[set->which];
    return set->number >= kind->least && set->number <= kind->most &&
           (kind->has_key ? set->key_id.len >= 1 && set->key_id.len <= RN_KEY_ID_BYTES_MAX
                          : set->key_id.len == 0) &&
           (set->daily_max == 0 ||
            (kind->daily != RN_DAILY_NONE && set->daily_max <= RN_DAILY_MAX)) &&
           (set->warm_mib == 0 ||
            (set->which == RN_SET_MODE && set->number == RN_STREAM_ON_DEMAND &&
             set->warm_mib <= RN_WARM_MIB_MAX));
}

static bool same_settings(const struct rn_stream *a, const struct rn_stream *b)
{
    return a->metrics == b->metrics && rn_str_eq(a->key_id, b->key_id) &&
           a->record_kib_max == b->record_kib_max && a->mode == b->mode &&
           a->warm_mib == b->warm_mib;
}

/* A mode that stays is no switch, whatever else the command brought. */
static enum rn_daily counted_as(const struct rn_set_setting *set, const struct rn_stream *before,
                                const struct rn_stream *draft)
{
    return set->which == RN_SET_MODE && before->mode == draft->mode ? RN_DAILY_NONE
                                                                    : kinds[set->which].daily;
}

rn_err rn_apply_set_setting(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change)
{
    const struct rn_set_setting *set = &command->as.set_setting;
    struct rn_slot *slot = rn_change_active_slot(change, state, set->uid);
    struct rn_daily_mark room[RN_DAILY_MARKS_MAX];
    const struct rn_stream *before;
    struct rn_stream draft;
    enum rn_verdict verdict;
    enum rn_daily daily;

    if (!slot) {
        return RN_OK;
    }
    before = &rn_slot_version(slot)->stream;
    draft = *before;
    verdict = kinds[set->which].change(set, &draft, change);
    if (verdict != RN_VERDICT_OK || same_settings(before, &draft)) {
        return rn_change_decide(change, verdict);
    }
    daily = counted_as(set, before, &draft);
    if (daily != RN_DAILY_NONE) {
        if (!rn_daily_fits(&before->daily, daily, set->daily_max, change->time_ms)) {
            change->numbers[1] = set->daily_max;
            return rn_change_decide(change, RN_VERDICT_DAILY_LIMIT);
        }
        rn_daily_add(&draft.daily, daily, change->time_ms, room);
    }
    draft.status = RN_STREAM_UPDATING;
    return rn_change_become(change, slot, &draft);
}

/* A STREAM_READY that comes late, of an earlier change, ends this one's UPDATING early: nothing but the
 * status depends on it. */
rn_err rn_apply_settled(struct rn_slot *slot, struct rn_change *change)
{
    struct rn_stream draft = rn_slot_version(slot)->stream;

    if (!rn_stream_settles(&draft)) {
        return rn_change_decide(change, RN_VERDICT_OK);
    }
    draft.status = RN_STREAM_ACTIVE;
    draft.warm_now_mib = draft.warm_mib;
    return rn_change_become(change, slot, &draft);
}

/* On: from now, or on with one that was to end. Off: from now, or when it has held for a day. */
rn_err rn_apply_set_commitment(const struct rn_state *state, const struct rn_command *command,
                               struct rn_change *change)
{
    struct rn_commitment commitment = rn_state_commitment(state);
    bool holds = rn_commitment_holds(&commitment, change->time_ms);
    int64_t earliest_ms = commitment.started_ms + RN_COMMITMENT_MIN_MS;

    if (command->as.set_commitment.on) {
        commitment.started_ms = holds ? commitment.started_ms : change->time_ms;
        commitment.ends_ms = 0;
    } else if (holds && commitment.ends_ms == 0) {
        commitment.ends_ms = earliest_ms > change->time_ms ? earliest_ms : change->time_ms;
    }
    change->kind = RN_CHANGE_COMMITMENT;
    change->commitment = commitment;
    return rn_change_decide(change, RN_VERDICT_OK);
}
