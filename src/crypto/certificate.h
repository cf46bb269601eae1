/* certificate.h - certificates of one's own: an authority for one installation, and what it signs.
 *
 * EC P-256 with SHA-256; PEM texts. A small authority with a server certificate below it, rather than one
 * self-signed certificate: some TLS libraries (rustls) take no certificate for both roles.
 * Threads: any. */
#ifndef RN_CRYPTO_CERTIFICATE_H
#define RN_CRYPTO_CERTIFICATE_H

#include "base/err.h"
#include "base/str.h"

enum { RN_PEM_BYTES_MAX = 4096 };

struct rn_pem_pair {
    char certificate[RN_PEM_BYTES_MAX], key[RN_PEM_BYTES_MAX]; /* texts; wipe the key */
};

/* Valid from a day before `now_s` for `days`. RN_NOMEM: the library failed. */
RN_MUST_USE rn_err rn_certificate_authority(const char *name, int64_t now_s, int days,
                                            struct rn_pem_pair *ret_pair);
/* For a server. Names are host names or numeric addresses. RN_INVALID: the authority does not parse, or a
 * name is none. */
RN_MUST_USE rn_err rn_certificate_sign(rn_str authority_pem, rn_str authority_key_pem,
                                       const char *const *names, size_t name_count, int64_t now_s,
                                       int days, struct rn_pem_pair *ret_pair);
/* Whether the certificate is signed by the authority, names all of these and both are valid at `at_s`. */
bool rn_certificate_fits(rn_str certificate_pem, rn_str authority_pem, const char *const *names,
                         size_t name_count, int64_t at_s);

#endif
