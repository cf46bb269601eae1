/* credentials.h - the root access key of a server and the file that holds it. */
#ifndef RN_SERVER_CREDENTIALS_H
#define RN_SERVER_CREDENTIALS_H

#include "auth/sigv4.h"
#include "sys/disk.h"
#include "sys/random.h"

struct rn_root_key {
    char id[RN_ACCESS_KEY_ID_BYTES_MAX + 1];
    char secret[RN_SECRET_KEY_BYTES_MAX + 1];
};

enum rn_root_key_origin { RN_ROOT_KEY_KEPT, RN_ROOT_KEY_MADE, RN_ROOT_KEY_GIVEN };

struct rn_root_key_inputs {
    struct rn_disk *disk;  /* of the data directory */
    const char *directory; /* its path, for reasons */
    struct rn_random *random;
    const char *given_id,
        *given_secret; /* RUNNEL_ROOT_ACCESS_KEY_ID, RUNNEL_ROOT_SECRET_ACCESS_KEY; NULL or "": not given */
};

/* The key given, if any, else the one in the file, else a new one; the file holds it afterwards.
 * RN_INVALID: the given key cannot be one. RN_DENIED: the file is open to others. RN_CORRUPT: the file
 * cannot be understood. Reasons never contain a secret. */
RN_MUST_USE rn_err rn_root_key_open(const struct rn_root_key_inputs *inputs,
                                    struct rn_root_key *ret_key,
                                    enum rn_root_key_origin *ret_origin,
                                    struct rn_reason *reterr_reason);

/* The contents of a credentials file: section [default] of the AWS tools' form. RN_CORRUPT. */
RN_MUST_USE rn_err rn_root_key_parse(rn_str contents, struct rn_root_key *ret_key);

/* Knows this one key. `key` is borrowed. */
struct rn_key_lookup rn_root_key_lookup(struct rn_root_key *key);

#endif
