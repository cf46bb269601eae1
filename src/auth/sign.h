/* sign.h - the arithmetic of Signature Version 4 that both sides share; private to src/auth. */
#ifndef RN_AUTH_SIGN_H
#define RN_AUTH_SIGN_H

#include "auth/sigv4.h"

#define RN_SIG_ALGORITHM RN_STR("AWS4-HMAC-SHA256")
#define RN_SIG_TERMINATOR RN_STR("aws4_request")

enum {
    RN_SIG_KEY_BYTES = RN_SHA256_BYTES,
    RN_SIG_SIGNATURE_CHARS = 2 * RN_SHA256_BYTES,
    RN_SIG_DATE_BYTES = 8, /* YYYYMMDD */
};

/* The signing key (RN_SIG_KEY_BYTES), four HMACs away from the secret. */
void rn_sig_derive_key(rn_str secret, rn_str date, rn_str region, rn_str service, uint8_t *ret_key);

/* The signature (RN_SHA256_BYTES) of a canonical request. `time` is 20260115T101530Z, `scope`
 * YYYYMMDD/region/service/aws4_request. RN_NOMEM. */
RN_MUST_USE rn_err rn_sig_calculate(rn_str canonical, rn_str time, rn_str scope, const uint8_t *key,
                                    struct rn_arena *arena, uint8_t *ret_signature);

#endif
