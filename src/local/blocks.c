/* blocks.c - see blocks.h.
 *
 *   LOADING ──▶ READY        one reader fills it, who else wants it waits
 *      └─────▶ gone          it could not be read: each who waited tries for himself
 *
 * A block of the segment that is being written is valid up to the segment's end when it was read. Who needs
 * more of it than that has it read again: the old one leaves the table and lives as long as it is used. */
#include "local/blocks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "local/inside.h"

struct rn_block {
    struct rn_link link; /* in its bucket; not linked once it was replaced */
    struct rn_link used;
    uint64_t segment, number;
    enum rn_block_kind kind;
    uint32_t refs;
    bool loading;
    size_t valid; /* bytes; once loaded */
    char *bytes;
};

struct rn_cache_file {
    uint64_t segment;
    enum rn_block_kind kind;
    struct rn_file *file; /* NULL: a free place */
    uint32_t refs;
    uint64_t turn;  /* of its last use */
    bool forgotten; /* closed by its last user */
};

rn_err rn_blocks_init(struct rn_blocks *blocks, size_t bytes_max)
{
    size_t count_max = bytes_max / RN_CACHE_BLOCK_BYTES;

    *blocks = (struct rn_blocks){
        .count_max = count_max > RN_CACHE_BLOCKS_MIN ? count_max : RN_CACHE_BLOCKS_MIN};
    rn_mutex_init(&blocks->lock);
    rn_cond_init(&blocks->loaded);
    rn_list_init(&blocks->used);
    blocks->bucket_count = blocks->count_max * 2;
    blocks->buckets = calloc(blocks->bucket_count, sizeof(*blocks->buckets));
    blocks->asked = calloc(blocks->count_max, sizeof(*blocks->asked));
    blocks->files = calloc(RN_CACHE_FILES_MAX, sizeof(*blocks->files));
    for (size_t i = 0; blocks->buckets && i < blocks->bucket_count; i++) {
        rn_list_init(&blocks->buckets[i]);
    }
    return blocks->buckets && blocks->asked && blocks->files ? RN_OK : RN_NOMEM;
}

static void block_free(struct rn_block *block)
{
    if (block) {
        free(block->bytes);
        free(block);
    }
}

/* Out of the table and the count; freed when nobody uses it. Lock held. */
static void detach(struct rn_blocks *blocks, struct rn_block *block)
{
    if (rn_list_linked(&block->link)) {
        rn_list_remove(&block->link);
        rn_list_remove(&block->used);
        blocks->count--;
    }
}

void rn_blocks_done(struct rn_blocks *blocks)
{
    RN_LIST_EACH (at, &blocks->used) {
        struct rn_block *block = RN_OWNER(at, struct rn_block, used);

        assert(block->refs == 0);
        detach(blocks, block);
        block_free(block);
    }
    for (size_t i = 0; blocks->files && i < RN_CACHE_FILES_MAX; i++) {
        rn_file_close(blocks->files[i].file);
    }
    free(blocks->files);
    free(blocks->asked);
    free(blocks->buckets);
    rn_cond_done(&blocks->loaded);
    rn_mutex_done(&blocks->lock);
}

/* ---- files ---- */

/* An open file of the segment, or NULL. Lock held. */
static struct rn_cache_file *find_file(struct rn_blocks *blocks, uint64_t segment,
                                       enum rn_block_kind kind)
{
    for (size_t i = 0; i < RN_CACHE_FILES_MAX; i++) {
        struct rn_cache_file *file = &blocks->files[i];

        if (file->file && !file->forgotten && file->segment == segment && file->kind == kind) {
            return file;
        }
    }
    return NULL;
}

/* The place that was used longest ago, free places first; NULL: all are in use. Lock held. */
static struct rn_cache_file *find_place(struct rn_blocks *blocks)
{
    struct rn_cache_file *place = NULL;

    for (size_t i = 0; i < RN_CACHE_FILES_MAX; i++) {
        struct rn_cache_file *file = &blocks->files[i];

        if (!file->file) {
            return file;
        }
        if (file->refs == 0 && (!place || file->turn < place->turn)) {
            place = file;
        }
    }
    return place;
}

static rn_err open_file(struct rn_local *local, uint64_t segment, enum rn_block_kind kind,
                        struct rn_file **ret_file)
{
    char path[RN_LOG_PATH_BYTES];

    return kind == RN_BLOCK_DATA ? rn_file_open(local->options.disk, rn_segment_path(path, segment),
                                                RN_FILE_READ | RN_FILE_DIRECT, ret_file)
                                 : rn_file_open(local->options.disk, rn_index_path(path, segment),
                                                RN_FILE_READ, ret_file);
}

/* Keep the file that was just opened, if there is a place and nobody else was faster. Lock held. */
static struct rn_cache_file *keep_file(struct rn_blocks *blocks, uint64_t segment,
                                       enum rn_block_kind kind, struct rn_file **file)
{
    struct rn_cache_file *place = find_file(blocks, segment, kind);

    if (!place && (place = find_place(blocks))) {
        struct rn_file *old = place->file;

        *place = (struct rn_cache_file){.segment = segment, .kind = kind, .file = *file};
        *file = old;
    }
    return place;
}

static void use_file(struct rn_blocks *blocks, struct rn_cache_file *file)
{
    file->refs++;
    file->turn = ++blocks->turn;
}

static void file_release(struct rn_blocks *blocks, struct rn_cache_file *file)
{
    struct rn_file *last = NULL;

    rn_mutex_lock(&blocks->lock);
    if (--file->refs == 0 && file->forgotten) {
        last = file->file;
        *file = (struct rn_cache_file){0};
    }
    rn_mutex_unlock(&blocks->lock);
    rn_file_close(last);
}

void rn_blocks_forget(struct rn_blocks *blocks, uint64_t segment)
{
    for (size_t i = 0; i < RN_CACHE_FILES_MAX; i++) {
        struct rn_cache_file *file = &blocks->files[i];
        struct rn_file *last = NULL;

        rn_mutex_lock(&blocks->lock);
        if (file->file && file->segment == segment) {
            file->forgotten = true;
            if (file->refs == 0) {
                last = file->file;
                *file = (struct rn_cache_file){0};
            }
        }
        rn_mutex_unlock(&blocks->lock);
        rn_file_close(last);
    }
}

/* Read from the segment's file, open already or opened for it; all of it aligned. */
static rn_err read_file(struct rn_local *local, uint64_t segment, enum rn_block_kind kind,
                        uint64_t offset, void *bytes, size_t len, size_t *ret_len)
{
    struct rn_blocks *blocks = &local->blocks;
    struct rn_file *fresh = NULL;
    rn_err err = RN_OK;

    rn_mutex_lock(&blocks->lock);
    struct rn_cache_file *file = find_file(blocks, segment, kind);

    if (!file) {
        rn_mutex_unlock(&blocks->lock);
        err = open_file(local, segment, kind, &fresh);
        if (err) {
            return err;
        }
        rn_mutex_lock(&blocks->lock);
        file = keep_file(blocks, segment, kind, &fresh);
    }
    if (file) {
        use_file(blocks, file);
    }
    rn_mutex_unlock(&blocks->lock);
    err = rn_file_read(file ? file->file : fresh, offset, bytes, len, ret_len);
    if (file) {
        file_release(blocks, file);
    }
    rn_file_close(fresh);
    return err;
}

/* ---- blocks ---- */

struct want {
    const struct rn_segment *segment;
    enum rn_block_kind kind;
    uint64_t number;
    size_t end; /* bytes of the block that are needed, from its beginning */
};

static struct rn_link *bucket_of(struct rn_blocks *blocks, uint64_t segment,
                                 enum rn_block_kind kind, uint64_t number)
{
    uint64_t key[3] = {segment, (uint64_t)kind, number};

    return &blocks->buckets[rn_hash(rn_str_make(key, sizeof(key))) % blocks->bucket_count];
}

/* Lock held. */
static struct rn_block *find(struct rn_blocks *blocks, const struct want *want)
{
    uint64_t segment = want->segment->head.id;
    const struct rn_link *bucket = bucket_of(blocks, segment, want->kind, want->number);

    for (struct rn_link *at = bucket->next; at != bucket; at = at->next) {
        struct rn_block *block = RN_OWNER(at, struct rn_block, link);

        if (block->segment == segment && block->kind == want->kind &&
            block->number == want->number) {
            return block;
        }
    }
    return NULL;
}

/* The least recently used block that nobody uses, taken out, or NULL. Lock held. */
static struct rn_block *take_victim(struct rn_blocks *blocks)
{
    RN_LIST_EACH (at, &blocks->used) {
        struct rn_block *block = RN_OWNER(at, struct rn_block, used);

        if (block->refs == 0) {
            detach(blocks, block);
            return block;
        }
    }
    return NULL;
}

/* A block with room for bytes, in the table, being loaded by us. Lock held. */
static struct rn_block *begin(struct rn_blocks *blocks, const struct want *want)
{
    struct rn_block *block = blocks->count >= blocks->count_max ? take_victim(blocks) : NULL;

    if (!block) { /* also when all are in use: as many more as there are readers, for a moment */
        block = calloc(1, sizeof(*block));
        if (!block) {
            return NULL;
        }
        block->bytes = rn_disk_alloc(RN_CACHE_BLOCK_BYTES);
        if (!block->bytes) {
            free(block);
            return NULL;
        }
    }
    *block = (struct rn_block){
        .segment = want->segment->head.id,
        .number = want->number,
        .kind = want->kind,
        .refs = 1,
        .loading = true,
        .bytes = block->bytes,
    };
    rn_list_push(bucket_of(blocks, block->segment, block->kind, block->number), &block->link);
    rn_list_push(&blocks->used, &block->used);
    blocks->count++;
    return block;
}

/* Lock held. */
static void put(struct rn_blocks *blocks, struct rn_block *block)
{
    assert(block->refs > 0);
    if (--block->refs > 0) {
        return;
    }
    if (rn_list_linked(&block->link) && blocks->count > blocks->count_max) {
        detach(blocks, block);
    }
    if (!rn_list_linked(&block->link)) {
        block_free(block);
    }
}

/* Bytes of the block that mean something, if it is read from now on. */
static size_t valid_bytes(const struct want *want)
{
    uint64_t begin_at = want->number * RN_CACHE_BLOCK_BYTES;
    uint64_t end = want->kind == RN_BLOCK_DATA
                       ? atomic_load_explicit(&want->segment->end, memory_order_acquire)
                       : UINT64_MAX;

    return end <= begin_at                         ? 0
           : end - begin_at < RN_CACHE_BLOCK_BYTES ? (size_t)(end - begin_at)
                                                   : RN_CACHE_BLOCK_BYTES;
}

/* Read the block from its file. On an error it is gone. */
static rn_err load(struct rn_local *local, const struct want *want, struct rn_block *block)
{
    struct rn_blocks *blocks = &local->blocks;
    size_t valid = valid_bytes(want); /* before the read: what the read sees is at least that */
    rn_err err = read_file(local, block->segment, block->kind, block->number * RN_CACHE_BLOCK_BYTES,
                           block->bytes, RN_CACHE_BLOCK_BYTES, &block->valid);

    rn_count(&local->counters.block_reads, 1);
    rn_mutex_lock(&blocks->lock);
    block->valid = valid < block->valid ? valid : block->valid;
    block->loading = false;
    if (!err && block->valid < want->end) {
        err = RN_CORRUPT; /* the file is shorter than it was */
    }
    if (err) {
        detach(blocks, block);
        put(blocks, block);
    }
    rn_cond_broadcast(&blocks->loaded);
    rn_mutex_unlock(&blocks->lock);
    return err;
}

/* The block, with a reference. */
static rn_err get(struct rn_local *local, const struct want *want, struct rn_block **ret_block)
{
    struct rn_blocks *blocks = &local->blocks;
    struct rn_block *block;
    rn_err err;

    rn_mutex_lock(&blocks->lock);
    while ((block = find(blocks, want)) && block->loading) {
        rn_cond_wait(&blocks->loaded, &blocks->lock);
    }
    if (block && block->valid < want->end) { /* the segment grew since */
        detach(blocks, block);
        block->refs++;
        put(blocks, block);
        block = NULL;
    }
    if (block) {
        block->refs++;
        rn_list_remove(&block->used);
        rn_list_push(&blocks->used, &block->used);
        rn_mutex_unlock(&blocks->lock);
        rn_count(&local->counters.block_hits, 1);
        *ret_block = block;
        return RN_OK;
    }
    block = begin(blocks, want);
    rn_mutex_unlock(&blocks->lock);
    err = block ? load(local, want, block) : RN_NOMEM;
    if (!err) {
        *ret_block = block;
    }
    return err;
}

static void release(struct rn_blocks *blocks, struct rn_block *block)
{
    rn_mutex_lock(&blocks->lock);
    put(blocks, block);
    rn_mutex_unlock(&blocks->lock);
}

rn_err rn_blocks_copy(struct rn_local *local, struct rn_segment *segment, enum rn_block_kind kind,
                      uint64_t offset, void *bytes, size_t len)
{
    char *to = bytes;

    while (len > 0) {
        size_t from = offset % RN_CACHE_BLOCK_BYTES, part = RN_CACHE_BLOCK_BYTES - from;
        struct want want = {segment, kind, offset / RN_CACHE_BLOCK_BYTES,
                            from + (part < len ? part : len)};
        struct rn_block *block;
        rn_err err = get(local, &want, &block);

        if (err) {
            return err;
        }
        part = want.end - from;
        memcpy(to, block->bytes + from, part);
        release(&local->blocks, block);
        to += part;
        offset += part;
        len -= part;
    }
    return RN_OK;
}

static size_t blocks_of(uint64_t offset, size_t len)
{
    return (size_t)((offset + len - 1) / RN_CACHE_BLOCK_BYTES - offset / RN_CACHE_BLOCK_BYTES) + 1;
}

/* Whether the block is in the table or was asked about lately, as far as is remembered. Lock held. */
static bool is_wanted_again(struct rn_blocks *blocks, const struct want *want)
{
    struct rn_block_name name = {want->segment->head.id, want->number + 1};
    struct rn_block_name *last =
        &blocks->asked[rn_hash(rn_str_make(&name, sizeof(name))) % blocks->count_max];
    bool again = last->segment == name.segment && last->number == name.number;

    *last = name;
    return again || find(blocks, want);
}

bool rn_blocks_worth(struct rn_blocks *blocks, const struct rn_segment *segment, uint64_t offset,
                     size_t len)
{
    size_t count = blocks_of(offset, len);
    struct want want = {segment, RN_BLOCK_DATA, offset / RN_CACHE_BLOCK_BYTES, 0};

    if (len >= count * RN_CACHE_BLOCK_BYTES / 4 * 3) {
        return true;
    }
    rn_mutex_lock(&blocks->lock);
    bool again = is_wanted_again(blocks, &want);

    rn_mutex_unlock(&blocks->lock);
    return again;
}

rn_err rn_blocks_read_alone(struct rn_local *local, struct rn_segment *segment, uint64_t offset,
                            char *room, size_t len, char **ret_bytes)
{
    uint64_t from = offset / RN_ALONE_ALIGN * RN_ALONE_ALIGN;
    size_t before = (size_t)(offset - from), read;
    size_t whole = (before + len + RN_ALONE_ALIGN - 1) / RN_ALONE_ALIGN * RN_ALONE_ALIGN;
    char *aligned = room + (RN_ALONE_ALIGN - (uintptr_t)room % RN_ALONE_ALIGN) % RN_ALONE_ALIGN;
    rn_err err = read_file(local, segment->head.id, RN_BLOCK_DATA, from, aligned, whole, &read);

    rn_count(&local->counters.alone_reads, 1);
    if (err) {
        return err;
    }
    *ret_bytes = aligned + before;
    return read >= before + len ? RN_OK : RN_CORRUPT; /* the file is shorter than it was */
}

void rn_blocks_load(struct rn_local *local, struct rn_segment *segment, uint64_t offset)
{
    struct want want = {segment, RN_BLOCK_DATA, offset / RN_CACHE_BLOCK_BYTES,
                        offset % RN_CACHE_BLOCK_BYTES + 1};
    struct rn_block *block;

    if (!get(local, &want, &block)) { /* an error comes again to whoever needs the block */
        release(&local->blocks, block);
    }
}

bool rn_blocks_has(struct rn_blocks *blocks, const struct rn_segment *segment, uint64_t offset)
{
    struct want want = {segment, RN_BLOCK_DATA, offset / RN_CACHE_BLOCK_BYTES, 0};

    rn_mutex_lock(&blocks->lock);
    bool has = find(blocks, &want) != NULL;

    rn_mutex_unlock(&blocks->lock);
    return has;
}
