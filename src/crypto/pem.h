/* pem.h - certificates and keys out of PEM texts. Within the room.
 *
 * A key that is sealed with a password cannot be read: there is nobody to ask. */
#ifndef RN_CRYPTO_PEM_H
#define RN_CRYPTO_PEM_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/str.h"

/* Over the text, which is borrowed; NULL when memory ends. */
BIO *rn_pem_open(rn_str text);
/* The next one from there, or NULL, with OpenSSL's error set. */
X509 *rn_pem_certificate(BIO *text);
/* The first of the text, or NULL. */
EVP_PKEY *rn_pem_key(rn_str text);

#endif
