/* Snapshots: the bytes of a state, and the files that hold them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "control/wire.h"
#include "crypto/crypto.h"
#include "tests/unit/control/commands.h"
#include "tests/unit/control/scratch.h"

static struct rn_buf snapshot_of(const struct rn_state *state)
{
    struct rn_buf buf;

    rn_buf_init(&buf, RN_SNAPSHOT_BYTES_MAX);
    assert_int_equal(rn_snapshot_encode(state, &buf), RN_OK);
    return buf;
}

/* Make both sums fit again after the bytes were changed. */
static void reseal(struct rn_buf *buf)
{
    size_t body = buf->len - RN_SHA256_BYTES - 4;

    rn_sha256(rn_str_make(buf->data, body), (uint8_t *)buf->data + body);
    rn_put_be32(buf->data + buf->len - 4, rn_crc32c(0, buf->data, buf->len - 4));
}

static void set_setting(struct rn_state *state, const struct rn_set_setting *set)
{
    struct rn_command command = {.type = RN_COMMAND_SET_SETTING};
    struct rn_change change;

    command.as.set_setting = *set;
    assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                     RN_VERDICT_OK);
    report_stream(state, RN_COMMAND_STREAM_READY, set->uid, &change);
}

/* Every setting of the first stream, and the commitment. */
static void set_settings(struct rn_state *state)
{
    struct rn_command command = {.type = RN_COMMAND_SET_COMMITMENT};
    struct rn_change change;

    set_setting(state,
                &(struct rn_set_setting){
                    .uid = 1, .which = RN_SET_METRICS_ON, .number = 5, .key_id = RN_STR("")});
    set_setting(state, &(struct rn_set_setting){.uid = 1,
                                                .which = RN_SET_MODE,
                                                .number = RN_STREAM_ON_DEMAND,
                                                .warm_mib = 77,
                                                .key_id = RN_STR("")});
    set_setting(state, &(struct rn_set_setting){
                           .uid = 1, .which = RN_SET_ENCRYPT, .key_id = RN_STR("alias/k")});
    set_setting(state,
                &(struct rn_set_setting){
                    .uid = 1, .which = RN_SET_RECORD_KIB, .number = 4096, .key_id = RN_STR("")});
    command.as.set_commitment.on = true;
    apply_and_commit(state, &command, state->next, state->time_ms, &change);
    command.as.set_commitment.on = false;
    apply_and_commit(state, &command, state->next, state->time_ms, &change);
}

/* A retention, limits, and consumers. */
static void set_some(struct rn_state *state)
{
    struct rn_command command = {.type = RN_COMMAND_SET_RETENTION};
    struct rn_change change;

    command.as.set_retention = (struct rn_set_retention){.uid = 1, .hours = 48};
    assert_int_equal(apply_and_commit(state, &command, 4, state->time_ms, &change), RN_VERDICT_OK);
    command.type = RN_COMMAND_SET_LIMITS;
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        command.as.set_limits.value[i] = RN_LIMIT_KEEP;
    }
    command.as.set_limits.value[RN_LIMIT_STREAM_TAGS] = 60;
    command.as.set_limits.value[RN_LIMIT_CALLS_LIST_SHARDS] = RN_LIMIT_OFF;
    assert_int_equal(apply_and_commit(state, &command, 5, state->time_ms, &change), RN_VERDICT_OK);
    assert_int_equal(register_consumer(state, 1, "reader", 0, &change), RN_VERDICT_OK);
    change_consumer(state, RN_COMMAND_CONSUMER_READY, 1, change.consumer_uid, &change);
    assert_int_equal(register_consumer(state, 1, "other", 0, &change), RN_VERDICT_OK);
    set_policy(state, 1, 6, "{\"of\":\"reader\"}", &change);
    set_policy(state, 1, 0, "{\"of\":\"zebra\"}", &change);
}

static struct rn_state *some_state(void)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};

    create_stream(state, "zebra", 2, &change);
    report_stream(state, RN_COMMAND_STREAM_READY, 1, &change);
    command.tags[0] = (struct rn_pair_text){RN_STR("team"), RN_STR("blue")};
    command.tags[1] = (struct rn_pair_text){RN_STR("z"), RN_STR("")};
    command.as.create_stream = (struct rn_create_stream){.name = RN_STR("apple"),
                                                         .shard_count = 3,
                                                         .mode = RN_STREAM_ON_DEMAND,
                                                         .tags = command.tags,
                                                         .tag_count = 2};
    apply_and_commit(state, &command, 3, state->time_ms, &change);
    set_some(state);
    set_settings(state);
    return state;
}

static rn_err decode(rn_str bytes, struct rn_reason *reason)
{
    struct rn_state *state = rn_state_new(NULL);
    rn_err err = rn_snapshot_decode(bytes, state, reason);

    if (!err) { /* whatever is accepted has these bytes and no others */
        struct rn_buf again = snapshot_of(state);

        assert_int_equal(again.len, bytes.len);
        assert_memory_equal(again.data, bytes.data, bytes.len);
        rn_buf_done(&again);
    }
    rn_state_free(state);
    return err;
}

static void what_is_written_is_read_back(void **unused)
{
    struct rn_state *state = some_state(), *back = rn_state_new(NULL);
    struct rn_buf bytes = snapshot_of(state);
    const struct rn_consumer *reader;
    const struct rn_stream *apple;
    struct rn_reason reason;

    (void)unused;
    assert_int_equal(rn_snapshot_decode(rn_buf_str(&bytes), back, &reason), RN_OK);
    assert_int_equal(back->next, state->next);
    assert_int_equal(back->time_ms, state->time_ms);
    assert_memory_equal(back->secret, state->secret, sizeof(back->secret));
    assert_string_equal(back->region, "eu-central-1");
    assert_int_equal(rn_state_stream_count(back), 2);
    assert_int_equal(rn_state_open_shard_count(back), 5);
    assert_int_equal(back->in_transition, 1);
    reader = rn_stream_consumer(rn_state_find(back, RN_STR("zebra")), RN_STR("reader"));
    assert_int_equal(reader->uid, 6);
    assert_int_equal(reader->status, RN_CONSUMER_ACTIVE);
    assert_true(rn_str_eq(reader->tags[0].value, RN_STR("reader")));
    assert_true(rn_str_eq(reader->policy, RN_STR("{\"of\":\"reader\"}")));
    assert_true(
        rn_str_eq(rn_state_find(back, RN_STR("zebra"))->policy, RN_STR("{\"of\":\"zebra\"}")));
    apple = rn_state_find(back, RN_STR("apple"));
    assert_int_equal(apple->uid, 3);
    assert_int_equal(apple->mode, RN_STREAM_ON_DEMAND);
    assert_int_equal(apple->tag_count, 2);
    assert_true(rn_str_eq(apple->tags[0].value, RN_STR("blue")));
    assert_int_equal(rn_state_find(back, RN_STR("zebra"))->status, RN_STREAM_ACTIVE);
    assert_int_equal(rn_state_find(back, RN_STR("zebra"))->retention_hours, 48);
    assert_int_equal(rn_state_find(back, RN_STR("zebra"))->trimmed_ms,
                     rn_state_find(state, RN_STR("zebra"))->trimmed_ms);
    assert_true(rn_state_find(back, RN_STR("zebra"))->trimmed_ms > 0);
    assert_int_equal(rn_state_on_demand_count(back), 2);
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        assert_int_equal(rn_state_limit(back, (enum rn_limit)i), i == RN_LIMIT_STREAM_TAGS ? 60
                                                                 : i == RN_LIMIT_CALLS_LIST_SHARDS
                                                                     ? RN_LIMIT_OFF
                                                                     : RN_LIMIT_UNSET);
    }
    rn_buf_done(&bytes);
    rn_state_free(state);
    rn_state_free(back);
}

static void settings_and_marks_survive(void **unused)
{
    struct rn_state *state = some_state(), *back = rn_state_new(NULL);
    struct rn_buf bytes = snapshot_of(state);
    struct rn_commitment commitment;
    const struct rn_stream *zebra;
    struct rn_reason reason;

    (void)unused;
    assert_int_equal(rn_snapshot_decode(rn_buf_str(&bytes), back, &reason), RN_OK);
    zebra = rn_state_find(back, RN_STR("zebra"));
    assert_int_equal(zebra->metrics, 5);
    assert_true(rn_str_eq(zebra->key_id, RN_STR("alias/k")));
    assert_int_equal(zebra->encrypted_ms, rn_state_find(state, RN_STR("zebra"))->encrypted_ms);
    assert_true(zebra->encrypted_ms > 0);
    assert_int_equal(zebra->record_kib_max, 4096);
    assert_int_equal(zebra->warm_mib, 77);
    assert_int_equal(zebra->warm_now_mib, 77);
    assert_int_equal(zebra->daily.count, 2);
    assert_int_equal(zebra->daily.marks[0].what, RN_DAILY_MODE);
    assert_int_equal(zebra->daily.marks[1].what, RN_DAILY_ENCRYPT);
    assert_int_equal(zebra->daily.marks[1].at_ms, zebra->encrypted_ms);
    commitment = rn_state_commitment(back);
    assert_true(commitment.started_ms > 0);
    assert_int_equal(commitment.ends_ms - commitment.started_ms, RN_COMMITMENT_MIN_MS);
    rn_buf_done(&bytes);
    rn_state_free(state);
    rn_state_free(back);
}

/* What a program of version 1 or 2 wrote of one stream with one tag and two shards. */
static struct rn_buf old_snapshot(unsigned version)
{
    struct rn_buf bytes;

    rn_buf_init(&bytes, 65536);
    rn_buf_add(&bytes, "RNCS", 4);
    rn_wire_put_u16(&bytes, (uint16_t)version);
    rn_wire_put_u16(&bytes, 1);
    rn_wire_put_u64(&bytes, 8);
    rn_wire_put_u64(&bytes, 1700000000000);
    for (int i = 0; i < RN_CLUSTER_ID_BYTES + RN_CLUSTER_SECRET_BYTES; i++) {
        rn_wire_put_u8(&bytes, (uint8_t)i);
    }
    rn_wire_put_str(&bytes, RN_STR("eu-central-1"));
    rn_wire_put_str(&bytes, RN_STR("123456789012"));
    rn_wire_put_u32(&bytes, 1);
    rn_wire_put_u64(&bytes, 5); /* uid */
    rn_wire_put_str(&bytes, RN_STR("old"));
    rn_wire_put_u8(&bytes, RN_STREAM_ACTIVE);
    rn_wire_put_u8(&bytes, RN_STREAM_PROVISIONED);
    rn_wire_put_u64(&bytes, 1699999990000);
    rn_wire_put_u64(&bytes, 1699999991000);
    rn_wire_put_u32(&bytes, 24);
    if (version >= 2) {
        rn_wire_put_u64(&bytes, 1699999000000); /* trimmed */
    }
    rn_wire_put_u32(&bytes, 1024);
    rn_wire_put_u16(&bytes, 1);
    rn_wire_put_str(&bytes, RN_STR("k"));
    rn_wire_put_str(&bytes, RN_STR("v"));
    rn_wire_put_u32(&bytes, 2);
    for (uint32_t i = 0; i < 2; i++) {
        rn_wire_put_u32(&bytes, i);
        rn_wire_put_u32(&bytes, RN_SHARD_NONE);
        rn_wire_put_u32(&bytes, RN_SHARD_NONE);
        rn_wire_put_u128(&bytes, rn_hash_range_initial(i, 2).start);
        rn_wire_put_u128(&bytes, rn_hash_range_initial(i, 2).end);
        rn_wire_put_u64(&bytes, 1699999990);
        rn_wire_put_u64(&bytes, 1699999991000);
        rn_wire_put_u64(&bytes, 0);
        rn_wire_put_u32(&bytes, i);
        rn_wire_put_u64(&bytes, 0);
        rn_wire_put_u64(&bytes, RN_SHARD_OPEN_END);
    }
    if (version >= 2) {
        rn_wire_put_u16(&bytes, 0);
    }
    for (int i = 0; i < RN_SHA256_BYTES + 4; i++) {
        rn_wire_put_u8(&bytes, 0);
    }
    reseal(&bytes);
    return bytes;
}

static void snapshots_of_older_versions_are_read(void **unused)
{
    (void)unused;
    for (unsigned version = 1; version < RN_SNAPSHOT_VERSION && version <= 2; version++) {
        struct rn_state *back = rn_state_new(NULL);
        struct rn_buf bytes = old_snapshot(version);
        const struct rn_stream *stream;
        struct rn_reason reason;

        assert_int_equal(rn_snapshot_decode(rn_buf_str(&bytes), back, &reason), RN_OK);
        stream = rn_state_find(back, RN_STR("old"));
        assert_non_null(stream);
        assert_int_equal(stream->trimmed_ms, version == 1 ? 0 : 1699999000000);
        assert_true(rn_str_eq(stream->tags[0].value, RN_STR("v")));
        assert_int_equal(stream->open_count, 2);
        assert_int_equal(stream->lanes, 2);
        assert_int_equal(stream->reshard.kind, RN_RESHARD_NONE);
        assert_int_equal(stream->consumer_count, 0);
        assert_int_equal(stream->metrics + stream->key_id.len + stream->daily.count, 0);
        assert_int_equal(rn_state_commitment(back).started_ms, 0);
        rn_buf_done(&bytes);
        rn_state_free(back);
    }
}

static void a_snapshot_with_a_limit_not_known_here_is_newer(void **unused)
{
    struct rn_state *state = some_state();
    struct rn_buf bytes = snapshot_of(state);
    char *name = memmem(bytes.data, bytes.len, "stream-tags", 11);
    struct rn_reason reason;

    (void)unused;
    assert_non_null(name);
    *name = 'z';
    reseal(&bytes);
    assert_int_equal(decode(rn_buf_str(&bytes), &reason), RN_NEWER);
    assert_string_equal(reason.text, "the snapshot sets a limit that this program does not know");
    rn_buf_done(&bytes);
    rn_state_free(state);
}

static void every_truncation_is_refused(void **unused)
{
    struct rn_state *state = some_state();
    struct rn_buf bytes = snapshot_of(state);

    (void)unused;
    for (size_t len = 0; len < bytes.len; len++) {
        char *cut = malloc(len + 1);

        memcpy(cut, bytes.data, len);
        assert_int_equal(decode(rn_str_make(cut, len), NULL), RN_CORRUPT);
        free(cut);
    }
    rn_buf_done(&bytes);
    rn_state_free(state);
}

static void every_flipped_bit_is_refused(void **unused)
{
    struct rn_state *state = some_state();
    struct rn_buf bytes = snapshot_of(state);

    (void)unused;
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(decode(rn_buf_str(&bytes), NULL), RN_CORRUPT);
        bytes.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    rn_buf_done(&bytes);
    rn_state_free(state);
}

/* With sums that fit: a changed byte is refused or taken for exactly what it says, and never crashes. */
static void there_is_one_encoding_of_a_state(void **unused)
{
    struct rn_state *state = some_state();
    struct rn_buf bytes = snapshot_of(state);
    struct seeded_random random;
    size_t accepted = 0, refused = 0;

    (void)unused;
    seeded_random_init(&random, 5);
    for (size_t at = 8; at < bytes.len - RN_SHA256_BYTES - 4; at++) {
        char kept = bytes.data[at];

        for (int i = 0; i < 4; i++) {
            rn_err err;

            bytes.data[at] = (char)seeded_random_next(&random);
            reseal(&bytes);
            err = decode(rn_buf_str(&bytes), NULL);
            accepted += !err;
            refused += err == RN_CORRUPT;
            assert_true(!err || err == RN_CORRUPT || err == RN_NEWER); /* a limit's name */
        }
        bytes.data[at] = kept;
    }
    assert_true(accepted > 0 && refused > 0);
    rn_buf_done(&bytes);
    rn_state_free(state);
}

static void a_newer_snapshot_is_told_from_a_damaged_one(void **unused)
{
    struct rn_state *state = some_state();
    struct rn_buf bytes = snapshot_of(state);
    struct rn_reason reason;

    (void)unused;
    rn_put_be16(bytes.data + 4, RN_SNAPSHOT_VERSION + 1);
    reseal(&bytes);
    assert_int_equal(decode(rn_buf_str(&bytes), &reason), RN_NEWER);
    assert_string_equal(
        reason.text,
        "the snapshot has version 4 and level 1, this program knows versions up to 3 and "
        "levels up to 1");
    rn_put_be16(bytes.data + 4, RN_SNAPSHOT_VERSION);
    rn_put_be16(bytes.data + 6, RN_CONTROL_LEVEL + 1);
    reseal(&bytes);
    assert_int_equal(decode(rn_buf_str(&bytes), &reason), RN_NEWER);
    rn_buf_done(&bytes);
    rn_state_free(state);
}

/* ---- files ---- */

static size_t warnings;

static void count_warning(void *arg, const struct rn_reason *reason)
{
    (void)arg;
    assert_true(reason->text[0] != '\0');
    warnings++;
}

static struct rn_snapshots files_of(const struct scratch *scratch)
{
    warnings = 0;
    return (struct rn_snapshots){.disk = scratch->disk, .warn = count_warning};
}

static struct rn_state *load(const struct scratch *scratch, rn_err expected,
                             struct rn_snapshots *ret_files)
{
    struct rn_state *state = rn_state_new(NULL);
    struct rn_reason reason = {.text = ""};

    *ret_files = files_of(scratch);
    assert_int_equal(rn_snapshots_load(ret_files, state, &reason), expected);
    assert_true(!expected || reason.text[0]);
    return state;
}

static void the_newest_two_are_kept(void **unused)
{
    struct scratch scratch = scratch_open();
    struct rn_snapshots files = files_of(&scratch), loaded;
    struct rn_state *state = new_state(NULL), *back;
    struct rn_change change;

    (void)unused;
    rn_state_free(load(&scratch, RN_OK, &files)); /* an empty directory gives an empty state */
    assert_false(files.have_newest);
    for (int i = 0; i < 4; i++) {
        char name[] = "s0";

        name[1] = (char)('0' + i);
        create_stream(state, name, 1, &change);
        assert_int_equal(rn_snapshots_write(&files, state, NULL), RN_OK);
    }
    assert_true(files.have_older);
    assert_int_equal(files.newest, 5);
    assert_int_equal(files.older, 4);
    assert_int_equal(scratch_count(&scratch, "control"), 2);
    assert_true(scratch_has(&scratch, "control/0000000000000005.snap"));
    assert_true(scratch_has(&scratch, "control/0000000000000004.snap"));
    back = load(&scratch, RN_OK, &loaded);
    assert_int_equal(back->next, 5);
    assert_int_equal(rn_state_stream_count(back), 4);
    assert_int_equal(warnings, 0);
    rn_state_free(back);
    rn_state_free(state);
    scratch_close(&scratch);
}

/* The damaged one is passed over, and neither counted nor left behind when the next is written. */
static void a_damaged_newest_falls_back_to_the_older(void **unused)
{
    struct scratch scratch = scratch_open();
    struct rn_snapshots files = files_of(&scratch);
    struct rn_state *state, *back;
    struct rn_change change;

    (void)unused;
    rn_state_free(load(&scratch, RN_OK, &files));
    state = new_state(NULL);
    assert_int_equal(rn_snapshots_write(&files, state, NULL), RN_OK);
    create_stream(state, "a", 1, &change);
    assert_int_equal(rn_snapshots_write(&files, state, NULL), RN_OK);
    scratch_spoil(&scratch, "control/0000000000000002.snap", 90);
    back = load(&scratch, RN_OK, &files);
    assert_int_equal(warnings, 1);
    assert_int_equal(back->next, 1);
    assert_true(files.have_newest && !files.have_older);
    create_stream(back, "a", 1, &change);
    create_stream(back, "b", 1, &change);
    assert_int_equal(rn_snapshots_write(&files, back, NULL), RN_OK);
    assert_int_equal(files.older, 1);
    assert_false(scratch_has(&scratch, "control/0000000000000002.snap"));
    assert_true(scratch_has(&scratch, "control/0000000000000001.snap"));
    rn_state_free(state);
    rn_state_free(back);
    scratch_close(&scratch);
}

static void a_snapshot_under_another_name_is_not_believed(void **unused)
{
    struct scratch scratch = scratch_open();
    struct rn_snapshots files = files_of(&scratch);
    struct rn_state *state = new_state(NULL), *back;

    (void)unused;
    rn_state_free(load(&scratch, RN_OK, &files));
    assert_int_equal(rn_snapshots_write(&files, state, NULL), RN_OK);
    assert_int_equal(scratch.disk->ops->rename(scratch.disk, "control/0000000000000001.snap",
                                               "control/0000000000000009.snap"),
                     RN_OK);
    back = load(&scratch, RN_OK, &files);
    assert_int_equal(warnings, 1);
    assert_int_equal(back->level, 0);
    rn_state_free(state);
    rn_state_free(back);
    scratch_close(&scratch);
}

/* Falling back would apply what the newer program knew how to read by another's rules. */
static void a_newer_snapshot_is_refused_though_an_older_one_is_there(void **unused)
{
    struct scratch scratch = scratch_open();
    struct rn_snapshots files = files_of(&scratch);
    struct rn_state *state;
    struct rn_change change;
    struct rn_buf bytes;

    (void)unused;
    rn_state_free(load(&scratch, RN_OK, &files));
    state = new_state(NULL);
    assert_int_equal(rn_snapshots_write(&files, state, NULL), RN_OK);
    create_stream(state, "a", 1, &change);
    bytes = snapshot_of(state);
    rn_put_be16(bytes.data + 4, RN_SNAPSHOT_VERSION + 1);
    reseal(&bytes);
    assert_int_equal(
        rn_disk_write_whole(scratch.disk, "control/0000000000000002.snap", bytes.data, bytes.len),
        RN_OK);
    rn_state_free(load(&scratch, RN_NEWER, &files));
    assert_true(scratch_has(&scratch, "control/0000000000000002.snap"));
    rn_buf_done(&bytes);
    rn_state_free(state);
    scratch_close(&scratch);
}

static void what_a_crash_left_half_written_is_cleared_away(void **unused)
{
    struct scratch scratch = scratch_open();
    struct rn_snapshots files = files_of(&scratch);
    struct rn_state *state = new_state(NULL);

    (void)unused;
    rn_state_free(load(&scratch, RN_OK, &files));
    assert_int_equal(rn_disk_write_whole(scratch.disk, "control/00000000000000aa.snap.new", "x", 1),
                     RN_OK);
    assert_int_equal(rn_disk_write_whole(scratch.disk, "control/notes", "x", 1), RN_OK);
    rn_state_free(load(&scratch, RN_OK, &files));
    assert_int_equal(warnings, 0);
    assert_int_equal(rn_snapshots_write(&files, state, NULL), RN_OK);
    assert_false(scratch_has(&scratch, "control/00000000000000aa.snap.new"));
    assert_true(scratch_has(&scratch, "control/notes")); /* not ours */
    rn_state_free(state);
    scratch_close(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(snapshots_of_older_versions_are_read),
        cmocka_unit_test(settings_and_marks_survive),
        cmocka_unit_test(a_snapshot_with_a_limit_not_known_here_is_newer),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(there_is_one_encoding_of_a_state),
        cmocka_unit_test(a_newer_snapshot_is_told_from_a_damaged_one),
        cmocka_unit_test(the_newest_two_are_kept),
        cmocka_unit_test(a_damaged_newest_falls_back_to_the_older),
        cmocka_unit_test(a_snapshot_under_another_name_is_not_believed),
        cmocka_unit_test(a_newer_snapshot_is_refused_though_an_older_one_is_there),
        cmocka_unit_test(what_a_crash_left_half_written_is_cleared_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
