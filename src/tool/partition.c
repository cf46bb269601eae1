/* partition.c - fields of a line, and the rules of partition keys. */
#include "tool/partition.h"

#include "base/utf8.h"
#include "crypto/crypto.h"
#include "sys/random.h"

bool rn_partition_valid(rn_str key)
{
    size_t points;

    return rn_utf8_count(key, &points) && points >= 1 && points <= RN_KEY_CODE_POINTS_MAX;
}

static rn_str hex_key(const uint8_t *digest, char *room)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < RN_MD5_BYTES; i++) {
        room[2 * i] = digits[digest[i] >> 4];
        room[2 * i + 1] = digits[digest[i] & 15];
    }
    return rn_str_make(room, 2 * RN_MD5_BYTES);
}

rn_str rn_partition_hash(rn_str bytes, char *room)
{
    uint8_t digest[RN_SHA256_BYTES];

    rn_sha256(bytes, digest);
    return hex_key(digest, room);
}

static bool separates(const struct rn_partition *partition, char byte)
{
    return partition->delimiter ? byte == partition->delimiter[0]
                                : byte == ' ' || byte == '\t' || byte == '\r';
}

/* Field number `field`: between delimiters, or between runs of blanks. */
static rn_str field_of(const struct rn_partition *partition, rn_str line)
{
    size_t at = 0;

    for (int64_t field = 1;; field++) {
        size_t begin;

        while (!partition->delimiter && at < line.len && separates(partition, line.data[at])) {
            at++;
        }
        begin = at;
        while (at < line.len && !separates(partition, line.data[at])) {
            at++;
        }
        if (field == partition->field) {
            return rn_str_make(line.data + begin, at - begin);
        }
        if (at >= line.len) {
            return RN_STR("");
        }
        at += partition->delimiter != NULL;
    }
}

rn_err rn_partition_key(const struct rn_partition *partition, rn_str line, char *room,
                        rn_str *ret_key)
{
    uint8_t drawn[RN_MD5_BYTES];

    if (partition->field) {
        *ret_key = field_of(partition, line);
        return rn_partition_valid(*ret_key) ? RN_OK : RN_INVALID;
    }
    if (partition->constant) {
        *ret_key = rn_str_c(partition->constant);
        return RN_OK; /* checked once, by the command */
    }
    rn_random_fill(rn_random_real(), drawn, sizeof(drawn));
    *ret_key = hex_key(drawn, room);
    return RN_OK;
}
