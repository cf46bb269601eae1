/* crypto.h - digests, MACs and sealing; the only room that includes OpenSSL.
 *
 * Every function works on whole values in memory; contexts are per thread and fetched once.
 * None fails for reasons a caller could handle: a failing library call aborts, except where a
 * verification says no. Threads: any. */
#ifndef RN_CRYPTO_CRYPTO_H
#define RN_CRYPTO_CRYPTO_H

#include "base/err.h"
#include "base/str.h"

enum {
    RN_SHA256_BYTES = 32,
    RN_MD5_BYTES = 16,
    RN_AES_KEY_BYTES = 32,
    RN_GCM_IV_BYTES = 12,
    RN_GCM_TAG_BYTES = 16
};

void rn_sha256(rn_str bytes, uint8_t *ret_digest);
/* Of several parts in order, without joining them. */
void rn_sha256_parts(const rn_str *parts, size_t count, uint8_t *ret_digest);
void rn_md5(rn_str bytes, uint8_t *ret_digest); /* routing of partition keys: 0.13 us each */
void rn_hmac_sha256(rn_str key, rn_str bytes, uint8_t *ret_mac);
/* RFC 5869 with SHA-256, empty salt. */
void rn_hkdf_sha256(rn_str secret, rn_str info, uint8_t *ret_key, size_t key_bytes);

/* AES-256-GCM. Sealing writes len bytes of ciphertext and the tag; in and out may be the same.
 * Opening: RN_CORRUPT when the tag does not fit, and `out` is then wiped. */
void rn_gcm_seal(const uint8_t *key, const uint8_t *iv, rn_str aad, rn_str plain, char *out,
                 uint8_t *ret_tag);
RN_MUST_USE rn_err rn_gcm_open(const uint8_t *key, const uint8_t *iv, rn_str aad, rn_str sealed,
                               const uint8_t *tag, char *out);

/* Time does not depend on the contents. */
bool rn_bytes_equal(const void *a, const void *b, size_t len);
void rn_wipe(void *bytes, size_t len);

#endif
