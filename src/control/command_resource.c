/* command_resource.c - the forms of commands about consumers, and about tags and policies of a resource: a
 * stream, or one of its consumers. */
#include "control/forms.h"
#include "control/wire.h"

void rn_tags_wire_put(struct rn_buf *buf, const struct rn_pair_text *tags, size_t count,
                      bool with_values)
{
    rn_wire_put_u16(buf, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        rn_wire_put_str(buf, tags[i].key);
        if (with_values) {
            rn_wire_put_str(buf, tags[i].value);
        }
    }
}

size_t rn_tags_wire_take(struct rn_wire *wire, struct rn_command *command, bool with_values)
{
    size_t count = rn_wire_u16(wire);

    if (count > RN_COMMAND_TAGS_MAX) {
        wire->bad = true;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        command->tags[i].key = rn_wire_str(wire);
        command->tags[i].value = with_values ? rn_wire_str(wire) : RN_STR("");
    }
    return count;
}

/* Tags of a stream, after the uid of a consumer if they are that one's. */

static bool tags_of_stream(const struct rn_change_tags *change)
{
    return change->uid != 0 && change->consumer_uid == 0;
}

static bool tags_of_consumer(const struct rn_change_tags *change)
{
    return change->uid != 0 && change->consumer_uid > change->uid; /* it came after its stream */
}

static bool tags_to_add(const struct rn_change_tags *change)
{
    return rn_tags_valid(change->tags, change->tag_count);
}

static bool tags_to_remove(const struct rn_change_tags *change)
{
    for (size_t i = 0; i < change->tag_count; i++) {
        if (change->tags[i].value.len > 0) {
            return false;
        }
    }
    return tags_to_add(change);
}

bool rn_check_add_tags(const struct rn_command *command)
{
    return tags_of_stream(&command->as.change_tags) && tags_to_add(&command->as.change_tags);
}

bool rn_check_tag_consumer(const struct rn_command *command)
{
    return tags_of_consumer(&command->as.change_tags) && tags_to_add(&command->as.change_tags);
}

bool rn_check_remove_tags(const struct rn_command *command)
{
    return tags_of_stream(&command->as.change_tags) && tags_to_remove(&command->as.change_tags);
}

bool rn_check_untag_consumer(const struct rn_command *command)
{
    return tags_of_consumer(&command->as.change_tags) && tags_to_remove(&command->as.change_tags);
}

void rn_encode_add_tags(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_change_tags *add = &command->as.change_tags;

    rn_wire_put_u64(buf, add->uid);
    rn_wire_put_u32(buf, add->tags_max);
    rn_tags_wire_put(buf, add->tags, add->tag_count, true);
}

void rn_encode_tag_consumer(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.change_tags.consumer_uid);
    rn_encode_add_tags(command, buf);
}

void rn_encode_remove_tags(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_change_tags *remove = &command->as.change_tags;

    rn_wire_put_u64(buf, remove->uid);
    rn_tags_wire_put(buf, remove->tags, remove->tag_count, false);
}

void rn_encode_untag_consumer(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.change_tags.consumer_uid);
    rn_encode_remove_tags(command, buf);
}

static void decode_tags(struct rn_wire *wire, struct rn_command *command, uint64_t consumer_uid,
                        bool adding)
{
    struct rn_change_tags *change = &command->as.change_tags;

    change->consumer_uid = consumer_uid;
    change->uid = rn_wire_u64(wire);
    change->tags_max = adding ? rn_wire_u32(wire) : 0;
    change->tags = command->tags;
    change->tag_count = rn_tags_wire_take(wire, command, adding);
}

void rn_decode_add_tags(struct rn_wire *wire, struct rn_command *command)
{
    decode_tags(wire, command, 0, true);
}

void rn_decode_tag_consumer(struct rn_wire *wire, struct rn_command *command)
{
    decode_tags(wire, command, rn_wire_u64(wire), true);
}

void rn_decode_remove_tags(struct rn_wire *wire, struct rn_command *command)
{
    decode_tags(wire, command, 0, false);
}

void rn_decode_untag_consumer(struct rn_wire *wire, struct rn_command *command)
{
    decode_tags(wire, command, rn_wire_u64(wire), false);
}

bool rn_check_set_policy(const struct rn_command *command)
{
    const struct rn_set_policy *set = &command->as.set_policy;

    return set->uid != 0 && (set->consumer_uid == 0 || set->consumer_uid > set->uid) &&
           set->policy.len <= RN_POLICY_BYTES_MAX;
}

void rn_encode_set_policy(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.set_policy.uid);
    rn_wire_put_u64(buf, command->as.set_policy.consumer_uid);
    rn_wire_put_str(buf, command->as.set_policy.policy);
}

void rn_decode_set_policy(struct rn_wire *wire, struct rn_command *command)
{
    command->as.set_policy.uid = rn_wire_u64(wire);
    command->as.set_policy.consumer_uid = rn_wire_u64(wire);
    command->as.set_policy.policy = rn_wire_str(wire);
}

bool rn_check_register_consumer(const struct rn_command *command)
{
    const struct rn_register_consumer *wish = &command->as.register_consumer;

    return wish->uid != 0 && rn_consumer_name_valid(wish->name) &&
           rn_tags_valid(wish->tags, wish->tag_count);
}

void rn_encode_register_consumer(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_register_consumer *wish = &command->as.register_consumer;

    rn_wire_put_u64(buf, wish->uid);
    rn_wire_put_str(buf, wish->name);
    rn_wire_put_u32(buf, wish->consumers_max);
    rn_wire_put_u32(buf, wish->creating_max);
    rn_tags_wire_put(buf, wish->tags, wish->tag_count, true);
}

void rn_decode_register_consumer(struct rn_wire *wire, struct rn_command *command)
{
    struct rn_register_consumer *wish = &command->as.register_consumer;

    wish->uid = rn_wire_u64(wire);
    wish->name = rn_wire_str(wire);
    wish->consumers_max = rn_wire_u32(wire);
    wish->creating_max = rn_wire_u32(wire);
    wish->tags = command->tags;
    wish->tag_count = rn_tags_wire_take(wire, command, true);
}

bool rn_check_consumer(const struct rn_command *command)
{
    const struct rn_consumer_named *named = &command->as.consumer;

    return named->uid != 0 && named->consumer_uid > named->uid; /* it came after its stream */
}

void rn_encode_consumer(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.consumer.uid);
    rn_wire_put_u64(buf, command->as.consumer.consumer_uid);
}

void rn_decode_consumer(struct rn_wire *wire, struct rn_command *command)
{
    command->as.consumer.uid = rn_wire_u64(wire);
    command->as.consumer.consumer_uid = rn_wire_u64(wire);
}
