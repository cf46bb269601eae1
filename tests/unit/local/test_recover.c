/* Start-up over what crashes, bad disks and other versions leave behind. */
#include "base/bytes.h"
#include "base/crc32c.h"
#include "engine/chunk.h"
#include "local/index.h"
#include "tests/unit/local/rig.h"

enum { LEN = 6000 }; /* of a record: a frame has two blocks */

/* `count` records in lane 0 of topic 1, a frame each; then the power goes and nothing is lost. */
static void write_frames(uint64_t seed, int count)
{
    rig_begin(seed);
    rig.options.segment_bytes = 1 << 20;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < count; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_crash(seed, SIM_KEEP);
}

static void open_with_topic(void)
{
    rig_open();
    rig_topic(1, 1, INT64_MAX);
}

/* Where frame n of write_frames begins. */
static uint64_t frame_at(uint64_t n)
{
    return RN_SEGMENT_START + n * 8192;
}

/* Offsets 0..end-1 are read in turn, and exactly `lost` cannot be. */
static void check_all_but(uint64_t end, uint64_t lost)
{
    assert_int_equal(rig_bounds(1, 0).end, end);
    for (uint64_t at = 0; at < end; at++) {
        struct rn_lane *lane = rig_lane(1, 0);
        struct rn_read read = rig_reading(lane, at);

        read.count_max = 1;
        rig_read_cold(&read);
        assert_int_equal(read.batch.outcome, at == lost ? RN_OUTCOME_FAULT : RN_OUTCOME_OK);
        if (at != lost) {
            assert_int_equal(read.batch.count, 1);
            assert_int_equal(read.batch.items[0].offset, at);
            rig_assert_item(&read.batch.items[0], at, LEN);
        }
        rn_batch_release(rig.engine, &read.batch);
        rig_unref(lane);
    }
}

/* After whatever happened a new record goes behind, and a clean restart finds the same. */
static void go_on_from(uint64_t end)
{
    assert_int_equal(rig_bounds(1, 0).end, end);
    rig_append_next(1, 0, LEN);
    rig_settle();
    rig_close();
    open_with_topic();
    assert_int_equal(rig_bounds(1, 0).end, end + 1);
    assert_int_equal(rig_check_lane(1, 0, end, LEN), 1);
}

/* ---- the end of the newest segment ---- */

static void a_torn_last_frame_is_cut_wherever_it_was_torn(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 6144; at += 512) { /* the last sectors are padding: no loss */
        write_frames(1, 4);
        sim_disk_flip(rig.sim, rig_segment(0), frame_at(3) + at, 8);
        open_with_topic();
        assert_int_equal(rig_counts().damaged, 0);
        assert_in_range(rig_counts().torn, at == 0 ? 0 : 1, 1); /* without its head it is nothing */
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 3);
        go_on_from(3);
        assert_int_equal(rig_counts().damaged, 0);
        rig_end();
    }
}

static void a_file_that_ends_in_the_last_frame_loses_no_other(void **state)
{
    (void)state;
    for (uint64_t kept = 0; kept < 8192; kept += 512) {
        write_frames(2, 4);
        sim_disk_cut(rig.sim, rig_segment(0), frame_at(3) + kept);
        open_with_topic();
        assert_int_equal(rig_counts().damaged, 0);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 3);
        go_on_from(3);
        rig_end();
    }
}

static void a_segment_without_frames_is_taken_as_it_is(void **state)
{
    (void)state;
    write_frames(3, 1);
    sim_disk_cut(rig.sim, rig_segment(0), RN_SEGMENT_START);
    open_with_topic();
    assert_int_equal(rig_bounds(1, 0).end, 0);
    assert_int_equal(rig_counts().damaged, 0);
    go_on_from(0);
    rig_end();
}

static void only_behind_an_end_mark_a_segment_is_continued(void **state)
{
    (void)state;
    write_frames(4, 2);
    open_with_topic();
    rig_append_next(1, 0, LEN);
    assert_int_equal(rig_count_files(RN_NAME_SEGMENT), 2);
    rig_close();
    open_with_topic();
    rig_append_next(1, 0, LEN);
    assert_int_equal(rig_count_files(RN_NAME_SEGMENT), 2);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 4);
    rig_end();
}

static void a_damaged_last_frame_before_an_end_mark_is_reported(void **state)
{
    (void)state;
    write_frames(5, 0);
    open_with_topic();
    for (int i = 0; i < 3; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_close();
    sim_disk_flip(rig.sim, rig_segment(0), frame_at(2) + 5000, 1);
    open_with_topic();
    assert_int_equal(rig_counts().damaged, 1);
    assert_int_equal(rig_counts().torn, 0);
    assert_non_null(strstr(rig.said, "recovered")); /* and yet it opens */
    rig_end();
}

static void a_damaged_end_mark_costs_nothing(void **state)
{
    (void)state;
    write_frames(6, 0);
    open_with_topic();
    for (int i = 0; i < 3; i++) {
        rig_append_next(1, 0, LEN);
    }
    rig_close();
    sim_disk_flip(rig.sim, rig_segment(0), frame_at(3) + 20, 1);
    open_with_topic();
    assert_int_equal(rig_counts().damaged, 0);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 3);
    go_on_from(3);
    rig_end();
}

/* ---- damage ---- */

static void damage_in_the_middle_is_reported_and_costs_only_its_frame(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 6144; at += 1024) {
        for (uint64_t frame = 0; frame < 4; frame++) {
            write_frames(7, 5);
            sim_disk_flip(rig.sim, rig_segment(0), frame_at(frame) + at, 4);
            open_with_topic();
            assert_int_equal(rig_counts().damaged, 1);
            assert_int_equal(rig_counts().torn, 0);
            assert_int_equal(rig_bounds(1, 0).end, 5);
            if (frame > 0) { /* what lies before the first that is known was never there */
                check_all_but(5, frame);
                assert_true(rig_counts().damaged > 1); /* each time it is met */
            } else {
                assert_int_equal(rig_check_lane(1, 0, 1, LEN), 4);
            }
            rig_end();
        }
    }
}

static void damage_is_still_known_when_the_segment_was_indexed(void **state)
{
    (void)state;
    write_frames(8, 5);
    sim_disk_flip(rig.sim, rig_segment(0), frame_at(2) + 100, 4);
    open_with_topic();
    rig_append_next(1, 0, LEN); /* seals the damaged one */
    rig_settle();
    assert_int_equal(rig_counts().indexes, 1);
    check_all_but(6, 2);
    rig_close();
    open_with_topic();
    check_all_but(6, 2);
    rig_end();
}

static void a_bad_sector_fails_its_records_not_the_others(void **state)
{
    struct rn_lane *lane;
    struct rn_read read;

    (void)state;
    write_frames(9, 5);
    open_with_topic();
    rig_settle();
    lane = rig_lane(1, 0);
    read = rig_reading(lane, 1);
    sim_disk_fail(rig.sim, SIM_READ, 1, RN_IO, true);
    rig_read_cold(&read);
    assert_int_equal(read.batch.outcome, RN_OUTCOME_FAULT);
    rn_batch_release(rig.engine, &read.batch);
    sim_disk_heal(rig.sim);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 5);
    rig_unref(lane);
    rig_end();
}

static void a_disk_that_cannot_be_read_is_an_error_that_names_the_file(void **state)
{
    struct rn_reason reason = {""};

    (void)state;
    write_frames(10, 3);
    sim_disk_fail(rig.sim, SIM_SYNC, 1, RN_IO, true);
    assert_int_equal(rig_try_open(&reason), RN_IO);
    assert_non_null(strstr(reason.text, ".seg"));
    sim_disk_heal(rig.sim);
    open_with_topic();
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 3);
    rig_end();
}

/* ---- heads ---- */

static void write_head(const char *path, uint64_t at, uint32_t version)
{
    char head[RN_BLOCK_BYTES], *file;
    size_t len = (size_t)sim_disk_size(rig.sim, path);

    file = malloc(len);
    assert_non_null(file);
    sim_disk_get(rig.sim, path, 0, file, len);
    memcpy(head, file + at, sizeof(head));
    rn_put_le32(head + 4, version);
    rn_put_le32(head + 56, rn_crc32c(0, head, 56));
    memcpy(file + at, head, sizeof(head));
    sim_disk_put(rig.sim, path, file, len);
    free(file);
}

/* Method: the newest segment says that its format is 2. All names and sizes stay as they are. */
static void a_later_format_is_refused_and_left_untouched(void **state)
{
    struct rn_reason reason = {""};
    uint64_t changes;

    (void)state;
    write_frames(11, 3);
    open_with_topic();
    rig_append_next(1, 0, LEN);
    rig_crash(1, SIM_KEEP);
    sim_disk_put(rig.sim, RN_LOG_DIR "/0000000000000001.idx.new", "x", 1);
    for (size_t back = 0; back < 2; back++) {
        write_head(rig_segment(back), 0, RN_SEGMENT_VERSION + 1);
        write_head(rig_segment(back), RN_BLOCK_BYTES, RN_SEGMENT_VERSION + 1);
        changes = sim_disk_calls(rig.sim, SIM_WRITE) + sim_disk_calls(rig.sim, SIM_UNLINK) +
                  sim_disk_calls(rig.sim, SIM_RENAME) + sim_disk_calls(rig.sim, SIM_TRUNCATE);
        assert_int_equal(rig_try_open(&reason), RN_NEWER);
        assert_non_null(strstr(reason.text, ".seg"));
        assert_int_equal(sim_disk_calls(rig.sim, SIM_WRITE) + sim_disk_calls(rig.sim, SIM_UNLINK) +
                             sim_disk_calls(rig.sim, SIM_RENAME) +
                             sim_disk_calls(rig.sim, SIM_TRUNCATE),
                         changes);
        write_head(rig_segment(back), 0, RN_SEGMENT_VERSION);
        write_head(rig_segment(back), RN_BLOCK_BYTES, RN_SEGMENT_VERSION);
    }
    open_with_topic();
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 4);
    assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000001.idx.new"));
    rig_end();
}

static void either_copy_of_a_head_will_do(void **state)
{
    (void)state;
    for (uint64_t copy = 0; copy < 2; copy++) {
        write_frames(12, 3);
        sim_disk_flip(rig.sim, rig_segment(0), copy * RN_BLOCK_BYTES + 16, 8);
        open_with_topic();
        assert_int_equal(rig_counts().damaged, 0);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 3);
        rig_end();
    }
}

static void without_the_head_of_the_newest_segment_nothing_opens(void **state)
{
    struct rn_reason reason = {""};

    (void)state;
    write_frames(13, 3);
    sim_disk_flip(rig.sim, rig_segment(0), 0, RN_SEGMENT_START);
    assert_int_equal(rig_try_open(&reason), RN_CORRUPT);
    assert_non_null(strstr(reason.text, "0000000000000001.seg"));
    rig_end();
}

/* ---- the chain ---- */

/* Three segments of three records, all indexed. */
static void write_chain(uint64_t seed)
{
    rig_begin(seed);
    rig.options.segment_bytes = RN_SEGMENT_START + 3 * 8192;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 9; i++) {
        rig_append_next(1, 0, LEN);
        rig_settle();
    }
    rig_crash(seed, SIM_KEEP);
    assert_int_equal(rig_count_files(RN_NAME_SEGMENT), 3);
    assert_int_equal(rig_count_files(RN_NAME_INDEX), 2);
}

static void start_up_reads_indexes_and_the_newest_segment_only(void **state)
{
    (void)state;
    write_chain(14);
    open_with_topic();
    assert_int_equal(rig_counts().recovered_segments, 3);
    assert_int_equal(rig_counts().recovered_frames, 3);
    assert_int_equal(rig_counts().rebuilt_indexes, 0);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
    rig_end();
}

static void an_index_that_is_missing_or_bad_is_made_again(void **state)
{
    const char *path = RN_LOG_DIR "/0000000000000002.idx";

    (void)state;
    for (int way = 0; way < 5; way++) {
        write_chain(15);
        if (way == 0) {
            sim_disk_remove(rig.sim, path);
        } else if (way == 1) {
            sim_disk_cut(rig.sim, path, 50);
        } else if (way == 2) {
            sim_disk_cut(rig.sim, path, sim_disk_size(rig.sim, path) - 1);
        } else {
            sim_disk_flip(rig.sim, path, way == 3 ? 30 : 100, 1); /* head, rows */
        }
        open_with_topic();
        assert_int_equal(rig_counts().rebuilt_indexes, 1);
        assert_int_equal(rig_counts().damaged, 0);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
        rig_settle();
        assert_true(rig_counts().indexes >= 1);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
        rig_crash(1, SIM_LOSE);
        open_with_topic();
        assert_int_equal(rig_counts().rebuilt_indexes, 0);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
        rig_end();
    }
}

static void an_index_of_another_segment_is_not_believed(void **state)
{
    char bytes[8192];

    (void)state;
    write_chain(16);
    sim_disk_get(rig.sim, RN_LOG_DIR "/0000000000000001.idx", 0, bytes, sizeof(bytes));
    sim_disk_put(rig.sim, RN_LOG_DIR "/0000000000000002.idx", bytes, sizeof(bytes));
    open_with_topic();
    assert_int_equal(rig_counts().rebuilt_indexes, 1);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
    rig_end();
}

static void a_bad_block_of_an_index_fails_the_reads_that_need_it(void **state)
{
    (void)state;
    write_chain(17);
    sim_disk_flip(rig.sim, RN_LOG_DIR "/0000000000000001.idx", 4096 + 20, 1);
    open_with_topic();
    assert_int_equal(rig_read_outcome(1, 0, 0), RN_OUTCOME_FAULT);
    assert_int_equal(rig_check_lane(1, 0, 3, LEN), 6);
    rig_end();
}

static void a_missing_segment_is_reported_and_the_others_are_read(void **state)
{
    (void)state;
    write_chain(18);
    sim_disk_remove(rig.sim, RN_LOG_DIR "/0000000000000002.seg");
    sim_disk_remove(rig.sim, RN_LOG_DIR "/0000000000000002.idx");
    open_with_topic();
    assert_int_equal(rig_counts().missing, 1);
    assert_int_equal(rig_bounds(1, 0).first, 0);
    assert_int_equal(rig_read_outcome(1, 0, 4), RN_OUTCOME_FAULT);
    assert_int_equal(rig_read_outcome(1, 0, 0), RN_OUTCOME_OK);
    assert_int_equal(rig_check_lane(1, 0, 6, LEN), 3);
    go_on_from(9);
    rig_end();
}

static void an_older_segment_without_a_head_is_left_for_others_to_look_at(void **state)
{
    (void)state;
    write_chain(19);
    sim_disk_flip(rig.sim, RN_LOG_DIR "/0000000000000002.seg", 0, RN_SEGMENT_START);
    open_with_topic();
    assert_int_equal(rig_counts().missing, 1);
    assert_true(rig_counts().damaged >= 1);
    assert_int_equal(rig_check_lane(1, 0, 6, LEN), 3);
    assert_true(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000002.seg"));
    rig_end();
}

/* Make the bytes of a frame with one record that would follow what `path` holds. */
static void forge(const char *path, uint64_t at, uint64_t number, uint64_t offset)
{
    char *file, bytes[8192] = {0}, *chunk = bytes + rn_frame_table_bytes(1);
    size_t len = (size_t)sim_disk_size(rig.sim, path);
    struct rn_segment_head head;
    struct rn_record record = {.key = RN_STR("forged"), .value = RN_STR("value")};
    struct rn_frame frame = {.bytes = 4096, .number = number, .synced = number, .extents = 1};
    struct rn_frame_extent extent = {.topic = 1, .first = offset, .count = 1};

    extent.bytes = (uint32_t)(rn_chunk_put(chunk, &record) - chunk);
    extent.crc = rn_crc32c(0, chunk, extent.bytes);
    rn_frame_put_extent(bytes, 0, &extent);
    frame.used = rn_frame_table_bytes(1) + extent.bytes;
    file = calloc(1, len + sizeof(bytes));
    assert_non_null(file);
    sim_disk_get(rig.sim, path, 0, file, len);
    assert_int_equal(rn_segment_head_get(file, &head), RN_OK);
    frame.segment = head.id;
    frame.salt = head.salt;
    frame.append_ms = RIG_START_MS;
    rn_frame_seal(bytes, &frame);
    memcpy(file + at, bytes, 4096);
    sim_disk_put(rig.sim, path, file, len > at + 4096 ? len : (size_t)at + 4096);
    free(file);
}

/* Method: a frame is given up after its sync failed; the device writes it late, whole and valid. */
static void what_arrives_behind_a_valid_end_never_comes_back(void **state)
{
    (void)state;
    for (int without_index = 0; without_index < 2; without_index++) {
        write_frames(20, 0);
        open_with_topic();
        for (int i = 0; i < 3; i++) {
            rig_append_next(1, 0, LEN);
        }
        sim_disk_fail(rig.sim, SIM_SYNC, 1, RN_IO, false);
        assert_int_equal(rig_append(1, 0, 77, 1, LEN, NULL), RN_OUTCOME_UNKNOWN);
        rig_append_next(1, 0, LEN);
        rig_append_next(1, 0, LEN);
        rig_settle();
        rig_close();
        forge(rig_segment(1), frame_at(3), 3, 3);
        if (without_index) {
            sim_disk_remove(rig.sim, RN_LOG_DIR "/0000000000000001.idx");
        }
        open_with_topic();
        assert_int_equal(rig_counts().damaged, 0);
        assert_int_equal(rig_counts().rebuilt_indexes, without_index);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 5);
        rig_end();
    }
}

/* The same without a successor: nobody was told, so it may count; what follows goes behind it. */
static void what_was_unknown_may_count_while_no_segment_follows(void **state)
{
    (void)state;
    write_frames(21, 3);
    forge(rig_segment(0), frame_at(3), 3, 3);
    open_with_topic();
    assert_int_equal(rig_bounds(1, 0).end, 4);
    rig_end();
}

static void frames_of_another_life_of_the_file_mean_nothing(void **state)
{
    char old[8192];

    (void)state;
    write_frames(22, 4);
    sim_disk_get(rig.sim, rig_segment(0), frame_at(3), old, sizeof(old));
    rig_end();
    write_frames(23, 3); /* another salt */
    assert_int_equal(sim_disk_size(rig.sim, rig_segment(0)), frame_at(3));
    char *file = calloc(1, frame_at(4));

    assert_non_null(file);
    sim_disk_get(rig.sim, rig_segment(0), 0, file, frame_at(3));
    memcpy(file + frame_at(3), old, sizeof(old));
    sim_disk_put(rig.sim, rig_segment(0), file, frame_at(4));
    free(file);
    open_with_topic();
    assert_int_equal(rig_counts().torn, 0);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 3);
    go_on_from(3);
    rig_end();
}

static void names_of_others_are_left_alone(void **state)
{
    (void)state;
    write_frames(24, 2);
    sim_disk_put(rig.sim, RN_LOG_DIR "/README", "hello", 5);
    sim_disk_put(rig.sim, RN_LOG_DIR "/000000000000000G.seg", "hello", 5);
    sim_disk_put(rig.sim, RN_LOG_DIR "/dropped.new", "hello", 5);
    sim_disk_put(rig.sim, RN_LOG_DIR "/0000000000000077.idx", "hello", 5);
    open_with_topic();
    assert_true(sim_disk_has(rig.sim, RN_LOG_DIR "/README"));
    assert_true(sim_disk_has(rig.sim, RN_LOG_DIR "/000000000000000G.seg"));
    assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/dropped.new"));
    assert_false(sim_disk_has(rig.sim, RN_LOG_DIR "/0000000000000077.idx"));
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 2);
    rig_end();
}

static void a_bad_list_of_dropped_segments_is_reported_and_survived(void **state)
{
    (void)state;
    write_chain(25);
    sim_disk_put(rig.sim, RN_LOG_DIR "/dropped", "nonsense that is long enough", 28);
    open_with_topic();
    assert_int_equal(rig_counts().damaged, 1);
    assert_int_equal(rig_check_lane(1, 0, 0, LEN), 9);
    rig_end();
}

/* Method: from one crashed image the power goes again at every change that recovery makes. */
static void recovery_can_be_interrupted_anywhere(void **state)
{
    struct sim_disk *image;
    uint64_t changes = 0;
    bool whole = false;

    (void)state;
    write_chain(26);
    sim_disk_remove(rig.sim, RN_LOG_DIR "/0000000000000001.idx");
    sim_disk_flip(rig.sim, rig_segment(0), frame_at(2) + 100, 8);
    sim_disk_put(rig.sim, RN_LOG_DIR "/0000000000000001.idx.new", "x", 1);
    sim_disk_put(rig.sim, RN_LOG_DIR "/spare-7", "x", 1);
    image = rig.sim;
    for (uint64_t nth = 1; !whole; nth++) {
        rig.sim = sim_disk_clone(image, nth);
        rig.options.disk = sim_disk_of(rig.sim);
        sim_disk_stop_at(rig.sim, nth);
        if (rig_try_open(NULL) == RN_OK) {
            rig_topic(1, 1, INT64_MAX);
            rig_settle();
            changes = sim_disk_changes(rig.sim);
            whole = !sim_disk_stopped(rig.sim);
            rig_crash(nth, SIM_MIX);
        } else {
            sim_disk_crash(rig.sim, nth, SIM_MIX);
        }
        open_with_topic();
        assert_int_equal(rig_counts().damaged, 0);
        assert_int_equal(rig_check_lane(1, 0, 0, LEN), 8);
        go_on_from(8);
        rig_close();
        sim_disk_free(rig.sim);
        assert_true(nth < 100);
    }
    assert_true(changes > 5);
    sim_disk_free(image);
}

static void nothing_at_all_is_a_new_directory(void **state)
{
    (void)state;
    rig_begin(27);
    rig_open();
    assert_true(sim_disk_has(rig.sim, RN_LOG_DIR));
    assert_int_equal(sim_disk_unsynced(rig.sim), 0);
    assert_int_equal(rig_counts().recovered_segments, 0);
    rig_close();
    rig_open();
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_torn_last_frame_is_cut_wherever_it_was_torn),
        cmocka_unit_test(a_file_that_ends_in_the_last_frame_loses_no_other),
        cmocka_unit_test(a_segment_without_frames_is_taken_as_it_is),
        cmocka_unit_test(only_behind_an_end_mark_a_segment_is_continued),
        cmocka_unit_test(a_damaged_last_frame_before_an_end_mark_is_reported),
        cmocka_unit_test(a_damaged_end_mark_costs_nothing),
        cmocka_unit_test(damage_in_the_middle_is_reported_and_costs_only_its_frame),
        cmocka_unit_test(damage_is_still_known_when_the_segment_was_indexed),
        cmocka_unit_test(a_bad_sector_fails_its_records_not_the_others),
        cmocka_unit_test(a_disk_that_cannot_be_read_is_an_error_that_names_the_file),
        cmocka_unit_test(a_later_format_is_refused_and_left_untouched),
        cmocka_unit_test(either_copy_of_a_head_will_do),
        cmocka_unit_test(without_the_head_of_the_newest_segment_nothing_opens),
        cmocka_unit_test(start_up_reads_indexes_and_the_newest_segment_only),
        cmocka_unit_test(an_index_that_is_missing_or_bad_is_made_again),
        cmocka_unit_test(an_index_of_another_segment_is_not_believed),
        cmocka_unit_test(a_bad_block_of_an_index_fails_the_reads_that_need_it),
        cmocka_unit_test(a_missing_segment_is_reported_and_the_others_are_read),
        cmocka_unit_test(an_older_segment_without_a_head_is_left_for_others_to_look_at),
        cmocka_unit_test(what_arrives_behind_a_valid_end_never_comes_back),
        cmocka_unit_test(what_was_unknown_may_count_while_no_segment_follows),
        cmocka_unit_test(frames_of_another_life_of_the_file_mean_nothing),
        cmocka_unit_test(names_of_others_are_left_alone),
        cmocka_unit_test(a_bad_list_of_dropped_segments_is_reported_and_survived),
        cmocka_unit_test(recovery_can_be_interrupted_anywhere),
        cmocka_unit_test(nothing_at_all_is_a_new_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
