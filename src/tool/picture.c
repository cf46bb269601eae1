/* picture.c - lineage drawn in lines of text: names in their tree, state, a bar over the hash keys, the share.
 *
 *   shard                  state  0                 hash keys                  2^128-1  share %
 *   shardId-000000000000   closed |::::::::::::::::::::::::::::::::::::::::::::::::::| 100.0
 *   +-shardId-000000000001 open   |#########################                         |  50.0
 *   `-shardId-000000000002 open   |                         #########################|  50.0
 *
 * Where the line is too short for that, names become numbers, then the state goes (the bars tell it too). */
#include <stdio.h>
#include <stdlib.h>

#include "tool/lineage.h"

enum {
    BAR_LEAST = 16,    /* columns; below it something else goes first */
    LABEL_BYTES = 512, /* 63 levels of two signs of three bytes, a name, two numbers */
    STATE_COLUMNS = 7,
    SHARE_COLUMNS = 9, /* "  share %" */
    NAMES_FROM = 76,   /* columns, for whole shard ids */
    SLICES = 16
};

struct signs {
    const char *sibling, *last, *passing, *open, *closed, *edge, *into;
};

static const struct signs plain = {"+-", "`-", "| ", "#", ":", "|", "->"};
static const struct signs fine = {"├─", "└─", "│ ", "█", "░", "│", "→"};

struct picture {
    const struct signs *signs;
    struct rn_buf *out;
    int label_columns, bar_columns;
    uint32_t depth_max;
    bool names, states;
};

struct label {
    char text[LABEL_BYTES];
    size_t bytes;
    int columns;
};

static void label_add(struct label *label, const char *text)
{
    size_t len = strlen(text);

    if (label->bytes + len >= sizeof(label->text)) {
        return;
    }
    memcpy(label->text + label->bytes, text, len + 1);
    label->bytes += len;
    for (size_t i = 0; i < len; i++) {
        label->columns += ((unsigned char)text[i] & 0xc0) != 0x80; /* signs of one column each */
    }
}

static void label_of(const struct picture *picture, const struct rn_lineage_row *row,
                     struct label *ret_label)
{
    const struct rn_lineage_shard *shard = row->shard;
    uint32_t depth = row->depth < picture->depth_max ? row->depth : picture->depth_max;
    char text[64];

    *ret_label = (struct label){.bytes = 0};
    for (uint32_t level = 1; level <= depth; level++) {
        bool goes_on = row->goes_on >> level & 1;

        label_add(ret_label, level == depth
                                 ? goes_on ? picture->signs->sibling : picture->signs->last
                             : goes_on ? picture->signs->passing
                                       : "  ");
    }
    if (picture->names) {
        (void)rn_shard_id_format(shard->index, text);
    } else {
        (void)snprintf(text, sizeof(text), "%u", shard->index);
    }
    label_add(ret_label, text);
    if (shard->adjacent_parent != RN_SHARD_NONE) {
        (void)snprintf(text, sizeof(text), " = %u+%u", shard->parent, shard->adjacent_parent);
        label_add(ret_label, text);
    } else if (row->is_orphan) {
        (void)snprintf(text, sizeof(text), " of %u", shard->parent);
        label_add(ret_label, text);
    }
    if (row->merged_into != RN_SHARD_NONE) {
        (void)snprintf(text, sizeof(text), " %s %u", picture->signs->into, row->merged_into);
        label_add(ret_label, text);
    }
}

const char *rn_lineage_share(struct rn_hash_range range, char *text)
{
    double percent = ((double)(range.end - range.start) + 1) / ((double)RN_HASH_KEY_MAX + 1) * 100;

    (void)snprintf(text, RN_LINEAGE_SHARE_BYTES,
                   percent < 0.001 ? "<0.001"
                   : percent < 1   ? "%.3f"
                   : percent < 10  ? "%.2f"
                                   : "%.1f",
                   percent);
    return text;
}

/* The column of `columns` that a hash key falls into. */
static int column_of(rn_u128 key, int columns)
{
    return (int)((uint64_t)(key >> 64) * (rn_u128)columns >> 64);
}

static void repeat(struct rn_buf *out, const char *text, int times)
{
    for (int i = 0; i < times; i++) {
        rn_buf_add(out, text, strlen(text));
    }
}

/* At least one column, however small the range. */
static void draw_bar(const struct picture *picture, const struct rn_lineage_shard *shard)
{
    int columns = picture->bar_columns, from = column_of(shard->range.start, columns),
        to = shard->range.end == RN_HASH_KEY_MAX ? columns
                                                 : column_of(shard->range.end + 1, columns);

    to = to > from ? to : from + 1;
    repeat(picture->out, picture->signs->edge, 1);
    repeat(picture->out, " ", from);
    repeat(picture->out, shard->closed ? picture->signs->closed : picture->signs->open, to - from);
    repeat(picture->out, " ", columns - to);
    repeat(picture->out, picture->signs->edge, 1);
}

/* The points of all stand below each other. */
static void draw_share(struct rn_buf *out, struct rn_hash_range range)
{
    char text[RN_LINEAGE_SHARE_BYTES];

    (void)rn_lineage_share(range, text);
    rn_buf_printf(out, "%*s%s", 4 - (int)strcspn(text, "."), "", text);
}

static void draw_row(const struct picture *picture, const struct rn_lineage_row *row)
{
    struct label label;

    label_of(picture, row, &label);
    rn_buf_add(picture->out, label.text, label.bytes);
    repeat(picture->out, " ", picture->label_columns - label.columns + 1);
    if (picture->states) {
        rn_buf_printf(picture->out, "%-*s", STATE_COLUMNS, row->shard->closed ? "closed" : "open");
    }
    draw_bar(picture, row->shard);
    draw_share(picture->out, row->shard->range);
    rn_buf_add_c(picture->out, '\n');
}

static void draw_head(const struct picture *picture)
{
    static const char low[] = "0", what[] = "hash keys", high[] = "2^128-1";
    int columns = picture->bar_columns + 2, rest = columns - (int)(sizeof(low) + sizeof(high) - 2),
        words = (int)sizeof(what) - 1, left = rest > words ? (rest - words) / 2 : 0;

    rn_buf_printf(picture->out, "%-*s ", picture->label_columns, "shard");
    if (picture->states) {
        rn_buf_printf(picture->out, "%-*s", STATE_COLUMNS, "state");
    }
    rn_buf_printf(picture->out, "%s%*s%s%*s%s", low, left, "", left ? what : "",
                  left ? rest - words - left : rest, "", high);
    rn_buf_printf(picture->out, "  share %%\n");
}

/* Every label's width decides what is left for the bars; names, then states make room for them. */
static void measure(struct picture *picture, const struct rn_lineage_row *rows, size_t count,
                    int columns)
{
    picture->label_columns = (int)sizeof("shard") - 1;
    for (size_t i = 0; i < count; i++) {
        struct label label;

        label_of(picture, &rows[i], &label);
        picture->label_columns =
            label.columns > picture->label_columns ? label.columns : picture->label_columns;
    }
    picture->bar_columns = columns - picture->label_columns - 1 - 2 - SHARE_COLUMNS -
                           (picture->states ? STATE_COLUMNS : 0);
}

static void lay_out(struct picture *picture, const struct rn_lineage_row *rows, size_t count,
                    int columns)
{
    picture->depth_max = columns < 32 ? 4 : (uint32_t)columns / 8;
    picture->names = columns >= NAMES_FROM;
    picture->states = true;
    measure(picture, rows, count, columns);
    if (picture->names && picture->bar_columns < BAR_LEAST) {
        picture->names = false;
        measure(picture, rows, count, columns);
    }
    if (picture->bar_columns < BAR_LEAST) {
        picture->states = false;
        measure(picture, rows, count, columns);
    }
    picture->bar_columns = picture->bar_columns < BAR_LEAST ? BAR_LEAST : picture->bar_columns;
}

/* ---- too many to draw --------------------------------------------------------------------- */

struct slice {
    size_t open, closed;
    const struct rn_lineage_shard *first, *last; /* open ones */
};

/* A shard counts where its hash keys begin; rows are not needed, only their order by hash key. */
static void count_slices(const struct rn_lineage_shard *shards, size_t count, struct slice *slices)
{
    for (size_t i = 0; i < count; i++) {
        struct slice *slice = &slices[column_of(shards[i].range.start, SLICES)];

        if (shards[i].closed) {
            slice->closed++;
            continue;
        }
        slice->open++;
        if (!slice->first || shards[i].range.start < slice->first->range.start) {
            slice->first = &shards[i];
        }
        if (!slice->last || shards[i].range.start > slice->last->range.start) {
            slice->last = &shards[i];
        }
    }
}

static void shard_name(const struct picture *picture, const struct rn_lineage_shard *shard,
                       char *text)
{
    if (!shard) {
        (void)snprintf(text, RN_SHARD_ID_TEXT_BYTES, "-");
    } else if (picture->names) {
        (void)rn_shard_id_format(shard->index, text);
    } else {
        (void)snprintf(text, RN_SHARD_ID_TEXT_BYTES, "%u", shard->index);
    }
}

static void draw_slice(const struct picture *picture, const struct slice *slice, int number,
                       size_t most)
{
    char first[RN_SHARD_ID_TEXT_BYTES], last[RN_SHARD_ID_TEXT_BYTES], from[8], to[8];
    int width = picture->label_columns,
        bar = most ? (int)(slice->open * (size_t)picture->bar_columns / most) : 0;

    shard_name(picture, slice->first, first);
    shard_name(picture, slice->last, last);
    (void)snprintf(from, sizeof(from), "%.2f", 100.0 * number / SLICES);
    (void)snprintf(to, sizeof(to), "%.2f", 100.0 * (number + 1) / SLICES);
    rn_buf_printf(picture->out, "%5s - %6s%% %7zu %7zu  %-*s %s", from, to, slice->open,
                  slice->closed, width, first, last);
    if (picture->bar_columns >= BAR_LEAST && slice->open) {
        repeat(picture->out, " ", width - (int)strlen(last) + 1);
        repeat(picture->out, picture->signs->open, slice->open && !bar ? 1 : bar);
    }
    rn_buf_add_c(picture->out, '\n');
}

static void draw_counts(struct picture *picture, const struct rn_lineage_shard *shards,
                        size_t count, int columns)
{
    struct slice slices[SLICES] = {{.open = 0}};
    size_t most = 0;
    int width = columns >= NAMES_FROM ? 20 : 10;

    count_slices(shards, count, slices);
    for (int i = 0; i < SLICES; i++) {
        most = slices[i].open > most ? slices[i].open : most;
    }
    picture->names = columns >= NAMES_FROM;
    picture->label_columns = width;
    picture->bar_columns = columns - 15 - 8 - 8 - 2 - 2 * (width + 1);
    rn_buf_printf(picture->out, "%-15s %7s %7s  %-*s %s\n", "of hash keys", "open", "closed", width,
                  "first open", "last open");
    for (int i = 0; i < SLICES; i++) {
        draw_slice(picture, &slices[i], i, most);
    }
}

/* The open ones to the front; returns how many. */
static size_t gather_open(struct rn_lineage_shard *shards, size_t count)
{
    size_t open = 0;

    for (size_t i = 0; i < count; i++) {
        if (!shards[i].closed) {
            struct rn_lineage_shard first = shards[open];

            shards[open++] = shards[i];
            shards[i] = first;
        }
    }
    return open;
}

static rn_err draw_rows(struct picture *picture, struct rn_lineage_shard *shards, size_t count,
                        int columns)
{
    struct rn_lineage_row *rows = calloc(count + 1, sizeof(*rows));

    if (!rows || rn_lineage_rows(shards, count, rows)) {
        free(rows);
        return RN_NOMEM;
    }
    lay_out(picture, rows, count, columns);
    draw_head(picture);
    for (size_t i = 0; i < count; i++) {
        draw_row(picture, &rows[i]);
    }
    free(rows);
    return RN_OK;
}

rn_err rn_lineage_draw(struct rn_lineage_shard *shards, size_t count,
                       const struct rn_lineage_style *style, struct rn_buf *out,
                       enum rn_lineage_drawn *ret_drawn)
{
    struct picture picture = {.signs = style->utf8 ? &fine : &plain, .out = out};
    size_t shown = count;
    rn_err err = RN_OK;

    *ret_drawn = RN_LINEAGE_ALL;
    if (style->rows_max && count > style->rows_max) {
        shown = gather_open(shards, count);
        *ret_drawn = shown > style->rows_max ? RN_LINEAGE_COUNTED : RN_LINEAGE_OPEN;
    }
    if (*ret_drawn == RN_LINEAGE_COUNTED) {
        draw_counts(&picture, shards, count, style->columns);
    } else {
        err = draw_rows(&picture, shards, shown, style->columns);
    }
    return out->failed ? RN_NOMEM : err;
}
