/* validate.c - the constraints of a shape, in the words of the service.
 *
 *   N validation error(s) detected: Value 'V' at 'PATH' failed to satisfy constraint: PHRASE; ...
 *
 * At most RN_VIOLATIONS_MAX clauses, in the order of the tables; what breaks several constraints is
 * told once for each. A value that keeps its constraints costs no text: its path is a chain of
 * links on the stack and is written down only for a clause. Lengths of strings are counted in
 * UTF-16 units, as the service does. */
#include "codec/shape.h"
#include "codec/slot.h"

#include <stdio.h>

/* A message must fit into an arena anyway; this is far above any that a client can use. */
enum { MESSAGE_BYTES_MAX = 64 * 1024 * 1024 };

#define CLASS_PREFIX "com.amazonaws.kinesis.v20131202."

/* One step from the top to a value: a member of a struct, or an item of a list. */
struct link {
    const struct link *above;
    const struct rn_member *member; /* NULL: an item */
    size_t index;                   /* of the item, from 0 */
};

struct check {
    struct rn_buf clauses;
    size_t count;
};

/* ---- text ---------------------------------------------------------------------------------- */

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables nest, which no input changes */
static void put_path(struct rn_buf *out, const struct link *link)
{
    char first;

    if (link->above) {
        put_path(out, link->above);
        rn_buf_add_c(out, '.');
    }
    if (!link->member) {
        rn_buf_printf(out, "%zu.member", link->index + 1);
        return;
    }
    first = link->member->name.data[0];
    rn_buf_add_c(out, (char)(first >= 'A' && first <= 'Z' ? first - 'A' + 'a' : first));
    rn_buf_add(out, link->member->name.data + 1, link->member->name.len - 1);
}
/* NOLINTEND(misc-no-recursion) */

static void put_pairs(struct rn_buf *out, const struct rn_items *items)
{
    const struct rn_pair *pairs = items->data;

    rn_buf_add_c(out, '{');
    for (size_t i = 0; i < items->count; i++) {
        rn_buf_add_str(out, i > 0 ? RN_STR(", ") : RN_STR(""));
        rn_buf_add_str(out, pairs[i].key);
        rn_buf_add_c(out, '=');
        rn_buf_add_str(out, pairs[i].value);
    }
    rn_buf_add_c(out, '}');
}

/* The service prints an object's class and identity; the number means nothing to anybody. */
static void put_object(struct rn_buf *out, const struct rn_shape *shape, size_t index)
{
    rn_buf_printf(out, CLASS_PREFIX "%s@%08x", shape->name, (uint32_t)(index + 1) * 2654435761U);
}

static void put_scalar(struct rn_buf *out, const struct rn_shape *shape, const void *slot)
{
    const rn_str *text = slot;
    const struct rn_number *number = slot;

    if (shape->kind == RN_STRING) {
        rn_buf_add_str(out, *text);
    } else if (shape->kind == RN_BLOB) {
        rn_buf_printf(out, "java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]", text->len, text->len);
    } else if (shape->kind == RN_BOOLEAN) {
        rn_buf_add_str(out, number->value ? RN_STR("true") : RN_STR("false"));
    } else {
        rn_buf_printf(out, "%lld", (long long)number->value);
    }
}

static void put_items(struct rn_buf *out, const struct rn_shape *item, const struct rn_items *items)
{
    size_t size = rn_slot_item_size(item);

    rn_buf_add_c(out, '[');
    for (size_t i = 0; i < items->count; i++) {
        rn_buf_add_str(out, i > 0 ? RN_STR(", ") : RN_STR(""));
        if (item->kind == RN_STRUCT) {
            put_object(out, item, i);
        } else {
            put_scalar(out, item, (const char *)items->data + i * size);
        }
    }
    rn_buf_add_c(out, ']');
}

static void put_value(struct rn_buf *out, const struct rn_shape *shape, const void *slot)
{
    if (shape->kind == RN_LIST) {
        put_items(out, shape->item, slot);
    } else if (shape->kind == RN_MAP) {
        put_pairs(out, slot);
    } else {
        put_scalar(out, shape, slot);
    }
}

static void put_enum(struct rn_buf *out, const char *const *names)
{
    rn_buf_add_str(out, RN_STR("Member must satisfy enum value set: ["));
    for (size_t i = 0; names[i]; i++) {
        rn_buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    rn_buf_add_c(out, ']');
}

/* ---- clauses ------------------------------------------------------------------------------- */

static bool is_full(const struct check *check)
{
    return check->count == RN_VIOLATIONS_MAX;
}

/* Begins a clause, up to its phrase. False: enough are told. `slot` NULL: the value is absent. */
static bool begin(struct check *check, const struct link *link, const struct rn_shape *shape,
                  const void *slot)
{
    struct rn_buf *out = &check->clauses;

    if (is_full(check)) {
        return false;
    }
    rn_buf_add_str(out, check->count++ > 0 ? RN_STR("; Value ") : RN_STR("Value "));
    if (slot) {
        rn_buf_add_c(out, '\'');
        put_value(out, shape, slot);
        rn_buf_add_c(out, '\'');
    } else {
        rn_buf_add_str(out, RN_STR("null"));
    }
    rn_buf_add_str(out, RN_STR(" at '"));
    put_path(out, link);
    rn_buf_add_str(out, RN_STR("' failed to satisfy constraint: "));
    return true;
}

static void tell_bound(struct check *check, const struct link *link, const struct rn_shape *shape,
                       const void *slot, bool is_least)
{
    const char *what = shape->kind == RN_INTEGER || shape->kind == RN_LONG ? "value" : "length";

    if (begin(check, link, shape, slot)) {
        rn_buf_printf(&check->clauses, "Member must have %s %s than or equal to %lld", what,
                      is_least ? "greater" : "less",
                      (long long)(is_least ? shape->min : shape->max));
    }
}

/* All constraints of the items of a list, or of the keys or values of a map. */
static void tell_inner(struct check *check, const struct link *link, const struct rn_shape *shape,
                       const void *slot, const char *whose, const struct rn_shape *inner)
{
    struct rn_buf *out = &check->clauses;
    const char *comma = "";

    if (!begin(check, link, shape, slot)) {
        return;
    }
    rn_buf_printf(out, "%s must satisfy constraint: [", whose);
    if (inner->has_max) {
        rn_buf_printf(out, "Member must have length less than or equal to %lld",
                      (long long)inner->max);
        comma = ", ";
    }
    if (inner->has_min) {
        rn_buf_printf(out, "%sMember must have length greater than or equal to %lld", comma,
                      (long long)inner->min);
        comma = ", ";
    }
    if (inner->pattern) {
        rn_buf_printf(out, "%sMember must satisfy regular expression pattern: %s", comma,
                      inner->pattern);
        comma = ", ";
    }
    if (inner->enum_values) {
        rn_buf_add_str(out, rn_str_c(comma));
        put_enum(out, inner->enum_values);
    }
    rn_buf_add_c(out, ']');
}

/* ---- constraints --------------------------------------------------------------------------- */

/* Of well-formed UTF-8: one for each point, two above U+FFFF. */
static int64_t utf16_units(rn_str text)
{
    int64_t units = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        units += (c & 0xC0) != 0x80;
        units += c >= 0xF0;
    }
    return units;
}

/* What the bounds of the shape are about. */
static int64_t measure(const struct rn_shape *shape, const void *slot)
{
    switch (shape->kind) {
    case RN_STRING:
        return utf16_units(*(const rn_str *)slot);
    case RN_BLOB:
        return (int64_t)((const rn_str *)slot)->len;
    case RN_LIST:
    case RN_MAP:
        return (int64_t)((const struct rn_items *)slot)->count;
    case RN_INTEGER:
    case RN_LONG:
    case RN_BOOLEAN:
    case RN_TIMESTAMP:
    case RN_STRUCT:
        break;
    }
    return ((const struct rn_number *)slot)->value;
}

static void check_bounds(struct check *check, const struct link *link, const struct rn_shape *shape,
                         const void *slot)
{
    int64_t size;

    if (!shape->has_min && !shape->has_max) {
        return;
    }
    size = measure(shape, slot);
    if (shape->has_min && size < shape->min) {
        tell_bound(check, link, shape, slot, true);
    }
    if (shape->has_max && size > shape->max) {
        tell_bound(check, link, shape, slot, false);
    }
}

static bool is_in_enum(const char *const *names, rn_str text)
{
    while (*names && !rn_str_eq(text, rn_str_c(*names))) {
        names++;
    }
    return *names != NULL;
}

static void check_text(struct check *check, const struct link *link, const struct rn_shape *shape,
                       const rn_str *text)
{
    if (shape->pattern && !shape->matches(*text) && begin(check, link, shape, text)) {
        rn_buf_printf(&check->clauses, "Member must satisfy regular expression pattern: %s",
                      shape->pattern);
    }
    if (shape->enum_values && !is_in_enum(shape->enum_values, *text) &&
        begin(check, link, shape, text)) {
        put_enum(&check->clauses, shape->enum_values);
    }
    check_bounds(check, link, shape, text);
}

/* Does a string inside a list or map keep to its shape? */
static bool is_valid_inside(const struct rn_shape *shape, rn_str text)
{
    if ((shape->pattern && !shape->matches(text)) ||
        (shape->enum_values && !is_in_enum(shape->enum_values, text))) {
        return false;
    }
    if (shape->has_min || shape->has_max) {
        int64_t units = utf16_units(text);

        return !(shape->has_min && units < shape->min) && !(shape->has_max && units > shape->max);
    }
    return true;
}

static void check_map(struct check *check, const struct link *link, const struct rn_shape *shape,
                      const struct rn_items *items)
{
    const struct rn_pair *pairs = items->data;
    bool keys_valid = true, values_valid = true;

    for (size_t i = 0; i < items->count; i++) {
        keys_valid = keys_valid && is_valid_inside(shape->key, pairs[i].key);
        values_valid = values_valid && is_valid_inside(shape->value, pairs[i].value);
    }
    check_bounds(check, link, shape, items);
    if (!keys_valid) {
        tell_inner(check, link, shape, items, "Map keys", shape->key);
    }
    if (!values_valid) {
        tell_inner(check, link, shape, items, "Map value", shape->value);
    }
}

static void check_strings(struct check *check, const struct link *link,
                          const struct rn_shape *shape, const struct rn_items *items)
{
    const rn_str *strings = items->data;

    for (size_t i = 0; i < items->count; i++) {
        if (!is_valid_inside(shape->item, strings[i])) {
            tell_inner(check, link, shape, items, "Member", shape->item);
            return;
        }
    }
}

/* ---- structure ----------------------------------------------------------------------------- */

static void check_members(struct check *check, const struct link *above,
                          const struct rn_shape *shape, const void *value);

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables nest, which no input changes */
static void check_list(struct check *check, const struct link *link, const struct rn_shape *shape,
                       const struct rn_items *items)
{
    check_bounds(check, link, shape, items);
    if (shape->item->kind == RN_STRING) {
        check_strings(check, link, shape, items);
    } else if (shape->item->kind == RN_STRUCT) {
        for (size_t i = 0; i < items->count && !is_full(check); i++) {
            struct link item = {.above = link, .index = i};

            check_members(check, &item, shape->item,
                          (const char *)items->data + i * shape->item->size);
        }
    }
}

static void check_value(struct check *check, const struct link *link, const struct rn_shape *shape,
                        const void *slot)
{
    switch (shape->kind) {
    case RN_STRING:
        check_text(check, link, shape, slot);
        return;
    case RN_LIST:
        check_list(check, link, shape, slot);
        return;
    case RN_MAP:
        check_map(check, link, shape, slot);
        return;
    case RN_STRUCT:
        check_members(check, link, shape, *(const void *const *)slot);
        return;
    case RN_BLOB:
    case RN_INTEGER:
    case RN_LONG:
        check_bounds(check, link, shape, slot);
        return;
    case RN_BOOLEAN: /* the service constrains neither */
    case RN_TIMESTAMP:
        return;
    }
}

static void check_members(struct check *check, const struct link *above,
                          const struct rn_shape *shape, const void *value)
{
    for (size_t i = 0; i < shape->member_count && !is_full(check); i++) {
        const struct rn_member *member = &shape->members[i];
        const void *slot = rn_slot_of(member, value);
        struct link link = {.above = above, .member = member};

        if (!rn_slot_is_absent(member->shape, slot)) {
            check_value(check, &link, member->shape, slot);
        } else if (member->required && begin(check, &link, member->shape, NULL)) {
            rn_buf_add_str(&check->clauses, RN_STR("Member must not be null"));
        }
    }
}
/* NOLINTEND(misc-no-recursion) */

/* N validation errors detected: CLAUSES. RN_STR_NONE: no memory. */
static rn_str message_of(const struct check *check, struct rn_arena *arena)
{
    char head[64];
    int len = snprintf(head, sizeof(head), "%zu validation error%s detected: ", check->count,
                       check->count == 1 ? "" : "s");
    char *text =
        check->clauses.failed ? NULL : rn_arena_alloc(arena, (size_t)len + check->clauses.len);

    if (!text) {
        return RN_STR_NONE;
    }
    memcpy(text, head, (size_t)len);
    memcpy(text + len, check->clauses.data, check->clauses.len);
    return rn_str_make(text, (size_t)len + check->clauses.len);
}

rn_err rn_shape_validate(const struct rn_shape *shape, const void *value, struct rn_arena *arena,
                         rn_str *reterr_message)
{
    struct check check = {.count = 0};
    rn_str message;

    rn_buf_init(&check.clauses, MESSAGE_BYTES_MAX);
    check_members(&check, NULL, shape, value);
    if (check.count == 0) {
        rn_buf_done(&check.clauses);
        return RN_OK;
    }
    message = message_of(&check, arena);
    rn_buf_done(&check.clauses);
    if (!message.data) {
        return RN_NOMEM;
    }
    *reterr_message = message;
    return RN_INVALID;
}
