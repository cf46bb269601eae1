/* place.c - storing values by shape, and the words for a value of the wrong type.
 *
 * Members are looked for from the one behind the last hit on: clients write members in one order,
 * so the first comparison is mostly the last one. Lists grow by doubling in the arena and waste at
 * most as much as they hold. A map keeps every pair until it closes; then of equal keys the last
 * one stays, found by sorting, so that no choice of keys makes it slow. */
#include "codec/place.h"
#include "codec/slot.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_ITEMS = 16 };

#define CLASS_NUMBER "com.amazon.coral.value.json.numbers.TruncatingBigNumber"

void rn_place_init(struct rn_place *place, const struct rn_shape *shape, void *value,
                   struct rn_arena *arena)
{
    /* not the frames: clearing them all would cost more than a small request */
    place->arena = arena;
    place->shape = shape;
    place->slot = value;
    place->failure = RN_STR_NONE;
    place->depth = 0;
}

rn_err rn_place_result(const struct rn_place *place, struct rn_decode_failure *reterr_failure)
{
    reterr_failure->message = place->failure;
    return place->failure.data ? RN_INVALID : RN_OK;
}

/* ---- wrong types --------------------------------------------------------------------------- */

/* An absent message means that the arena had no room for it. */
static rn_err fail(struct rn_place *place, rn_str message)
{
    if (!message.data) {
        return RN_NOMEM;
    }
    if (!place->failure.data) {
        place->failure = message;
    }
    return RN_OK;
}

rn_err rn_place_fail(struct rn_place *place, const rn_str *parts, size_t count)
{
    size_t len = 0;
    char *message;

    for (size_t i = 0; i < count; i++) {
        len += parts[i].len;
    }
    message = rn_arena_alloc(place->arena, len);
    len = 0;
    for (size_t i = 0; message && i < count; i++) {
        memcpy(message + len, parts[i].data, parts[i].len);
        len += parts[i].len;
    }
    return fail(place, rn_str_make(message, len));
}

/* A scalar of the Java class `class` came. */
static rn_err fail_class(struct rn_place *place, const char *class)
{
    static const char *const targets[] = {
        [RN_STRING] = "an String",   [RN_BLOB] = "a Blob",
        [RN_INTEGER] = "an Integer", [RN_LONG] = "an Long",
        [RN_BOOLEAN] = "an Boolean", [RN_TIMESTAMP] = "milliseconds since epoch",
    };

    if (place->failure.data) {
        return RN_OK;
    }
    switch (place->shape->kind) {
    case RN_LIST:
        return fail(place, RN_STR("Expected list or null"));
    case RN_MAP:
        return fail(place, RN_STR("Expected map or null"));
    case RN_STRUCT:
        return fail(place, RN_STR("Expected null"));
    case RN_STRING:
    case RN_BLOB:
    case RN_INTEGER:
    case RN_LONG:
    case RN_BOOLEAN:
    case RN_TIMESTAMP:
        break;
    }
    return fail(place, rn_arena_printf(place->arena, "class %s can not be converted to %s", class,
                                       targets[place->shape->kind]));
}

/* An object or list came where its syntax does not fit. */
static rn_err fail_open(struct rn_place *place, bool is_object)
{
    if (is_object) {
        return fail(place, RN_STR("Start of structure or map found where not expected."));
    }
    return fail(place, RN_STR("Start of list found where not expected"));
}

/* ---- scalars ------------------------------------------------------------------------------- */

static rn_err store_str(struct rn_place *place, rn_str value)
{
    *(rn_str *)place->slot = value;
    return RN_OK;
}

static rn_err store_number(struct rn_place *place, int64_t value)
{
    *(struct rn_number *)place->slot = (struct rn_number){value, true};
    return RN_OK;
}

/* The service tells the word in upper case. */
static rn_err fail_word(struct rn_place *place, rn_str text)
{
    rn_str parts[] = {RN_STR("'"), text, RN_STR("' can not be converted to an Boolean")};
    char *upper;

    if (place->failure.data) {
        return RN_OK;
    }
    upper = rn_arena_alloc(place->arena, text.len);
    if (!upper) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        upper[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    parts[1].data = upper;
    return rn_place_fail(place, parts, sizeof(parts) / sizeof(parts[0]));
}

static rn_err store_word(struct rn_place *place, rn_str text)
{
    static const struct {
        rn_str text;
        bool value;
    } words[] = {
        {RN_STR_INIT("true"), true}, {RN_STR_INIT("false"), false}, {RN_STR_INIT("1"), true},
        {RN_STR_INIT("0"), false},   {RN_STR_INIT("yes"), true},    {RN_STR_INIT("no"), false},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (rn_str_ieq(text, words[i].text)) {
            return store_number(place, words[i].value);
        }
    }
    return fail_word(place, text);
}

rn_err rn_place_text(struct rn_place *place, rn_str text)
{
    if (!place->shape) {
        return RN_OK;
    }
    if (place->shape->kind == RN_STRING) {
        return store_str(place, text);
    }
    if (place->shape->kind == RN_BOOLEAN) {
        return store_word(place, text);
    }
    return fail_class(place, "java.lang.String");
}

rn_err rn_place_bytes(struct rn_place *place, rn_str bytes)
{
    if (!place->shape) {
        return RN_OK;
    }
    if (place->shape->kind == RN_BLOB) {
        return store_str(place, bytes);
    }
    return fail_class(place, "java.nio.HeapByteBuffer");
}

rn_err rn_place_number(struct rn_place *place, int64_t value)
{
    if (!place->shape) {
        return RN_OK;
    }
    switch (place->shape->kind) {
    case RN_INTEGER:
        value = value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value;
        return store_number(place, value);
    case RN_LONG:
    case RN_TIMESTAMP:
        return store_number(place, value);
    case RN_STRING:
    case RN_BLOB:
    case RN_BOOLEAN:
    case RN_LIST:
    case RN_MAP:
    case RN_STRUCT:
        break;
    }
    return fail_class(place, CLASS_NUMBER);
}

rn_err rn_place_boolean(struct rn_place *place, bool value)
{
    if (!place->shape) {
        return RN_OK;
    }
    if (place->shape->kind == RN_BOOLEAN) {
        return store_number(place, value);
    }
    return fail_class(place, "java.lang.Boolean");
}

/* As if absent: a member is cleared, since an equal key may have set it, and an item is taken back.
 * An item that is a struct stays, empty: what misses in it is then told at its index. */
void rn_place_null(struct rn_place *place)
{
    const struct rn_place_frame *frame = rn_place_top(place);

    if (!place->shape) {
        return;
    }
    if (frame->shape->kind != RN_LIST) {
        memset(place->slot, 0, rn_slot_size(place->shape));
    } else if (place->shape->kind != RN_STRUCT) {
        ((struct rn_items *)frame->value)->count--;
    }
}

/* ---- members and items --------------------------------------------------------------------- */

/* A cleared item at the end. */
static rn_err append(struct rn_place *place, struct rn_place_frame *frame, size_t size,
                     void **ret_item)
{
    struct rn_items *items = frame->value;

    if (items->count == frame->room) {
        size_t room = frame->room ? frame->room * 2 : FIRST_ITEMS;
        void *data = rn_arena_alloc(place->arena, room * size);

        if (!data) {
            return RN_NOMEM;
        }
        if (items->count > 0) {
            memcpy(data, items->data, items->count * size);
        }
        items->data = data;
        frame->room = room;
    }
    *ret_item = memset((char *)items->data + items->count * size, 0, size);
    items->count++;
    return RN_OK;
}

static rn_err count_one(struct rn_place_frame *frame)
{
    return frame->met++ < RN_DECODE_ITEMS_MAX ? RN_OK : RN_TOO_LARGE;
}

static void aim_at_member(struct rn_place *place, struct rn_place_frame *frame, rn_str name)
{
    const struct rn_shape *shape = frame->shape;
    size_t at = frame->next;

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct rn_member *member = &shape->members[at];

        at = at + 1 < shape->member_count ? at + 1 : 0;
        if (rn_str_eq(member->name, name)) {
            frame->next = at;
            place->shape = member->shape;
            place->slot = (char *)frame->value + member->offset;
            return;
        }
    }
}

static rn_err aim_at_pair(struct rn_place *place, struct rn_place_frame *frame, rn_str name)
{
    void *item;
    rn_err err = append(place, frame, sizeof(struct rn_pair), &item);

    if (!err) {
        struct rn_pair *pair = item;

        pair->key = name;
        place->shape = frame->shape->value;
        place->slot = &pair->value;
    }
    return err;
}

rn_err rn_place_key(struct rn_place *place, rn_str name)
{
    struct rn_place_frame *frame = rn_place_top(place);
    rn_err err = count_one(frame);

    place->shape = NULL;
    if (err || !frame->shape) {
        return err;
    }
    if (frame->shape->kind == RN_MAP) {
        return aim_at_pair(place, frame, name);
    }
    aim_at_member(place, frame, name);
    return RN_OK;
}

rn_err rn_place_item(struct rn_place *place)
{
    struct rn_place_frame *frame = rn_place_top(place);
    rn_err err = count_one(frame);

    place->shape = NULL;
    if (err || !frame->shape) {
        return err;
    }
    place->shape = frame->shape->item;
    return append(place, frame, rn_slot_item_size(place->shape), &place->slot);
}

/* ---- objects and lists --------------------------------------------------------------------- */

/* The struct that the slot stands for: at the top and in a list it lies there, a member points to
 * it. */
static rn_err open_struct(struct rn_place *place, struct rn_place_frame *frame, bool is_inline)
{
    void **slot = place->slot;

    if (is_inline) {
        frame->value = place->slot;
    } else if (*slot) { /* an equal key came before */
        frame->value = memset(*slot, 0, place->shape->size);
    } else {
        *slot = frame->value = rn_arena_zalloc(place->arena, 1, place->shape->size);
    }
    return frame->value ? RN_OK : RN_NOMEM;
}

rn_err rn_place_open(struct rn_place *place, bool is_object)
{
    const struct rn_shape *shape = place->shape;
    const struct rn_shape *outer = place->depth > 0 ? rn_place_top(place)->shape : NULL;
    bool is_top = place->depth == 0;
    struct rn_place_frame *frame;

    if (place->depth == RN_DECODE_DEPTH_MAX) {
        return RN_TOO_LARGE;
    }
    frame = &place->frames[place->depth++];
    *frame = (struct rn_place_frame){.is_object = is_object};
    if (!shape || (is_top && !is_object)) { /* a list at the top is an object without members */
        return RN_OK;
    }
    if (is_object ? shape->kind != RN_STRUCT && shape->kind != RN_MAP : shape->kind != RN_LIST) {
        return fail_open(place, is_object);
    }
    frame->shape = shape;
    if (shape->kind == RN_STRUCT) {
        return open_struct(place, frame, is_top || outer->kind == RN_LIST);
    }
    frame->value = place->slot;
    *(struct rn_items *)place->slot = (struct rn_items){.set = true};
    return RN_OK;
}

static int by_key_and_position(const void *left, const void *right)
{
    const struct rn_pair *a = *(struct rn_pair *const *)left;
    const struct rn_pair *b = *(struct rn_pair *const *)right;
    int order = rn_str_cmp(a->key, b->key);

    return order ? order : a < b ? -1 : a > b;
}

/* Takes the key from every pair that has an equal one behind it. */
static rn_err strike_equal_keys(struct rn_arena *arena, struct rn_pair *pairs, size_t count)
{
    struct rn_pair **sorted = rn_arena_alloc(arena, count * sizeof(struct rn_pair *));
    rn_str before;

    if (!sorted) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &pairs[i];
    }
    qsort(sorted, count, sizeof(struct rn_pair *), by_key_and_position);
    before = sorted[0]->key;
    for (size_t i = 1; i < count; i++) {
        if (rn_str_eq(before, sorted[i]->key)) {
            sorted[i - 1]->key = RN_STR_NONE;
        }
        before = sorted[i]->key;
    }
    return RN_OK;
}

/* Of equal keys the last pair stays, unless its value is null. */
static rn_err settle_map(struct rn_arena *arena, struct rn_items *items)
{
    struct rn_pair *pairs = items->data;
    size_t kept = 0;
    rn_err err = items->count > 1 ? strike_equal_keys(arena, pairs, items->count) : RN_OK;

    if (err) {
        return err;
    }
    for (size_t i = 0; i < items->count; i++) {
        if (pairs[i].key.data && pairs[i].value.data) {
            pairs[kept++] = pairs[i];
        }
    }
    items->count = kept;
    return RN_OK;
}

rn_err rn_place_close(struct rn_place *place)
{
    const struct rn_place_frame *frame;

    assert(place->depth > 0);
    frame = rn_place_top(place);
    place->depth--;
    if (frame->shape && frame->shape->kind == RN_MAP) {
        return settle_map(place->arena, frame->value);
    }
    return RN_OK;
}
