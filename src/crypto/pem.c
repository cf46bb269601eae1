/* pem.c - see pem.h. */
#include "crypto/pem.h"

#include <limits.h>

#include <openssl/pem.h>

static int no_password(char *text, int size, int writes, void *arg)
{
    (void)text;
    (void)size;
    (void)writes;
    (void)arg;
    return -1;
}

BIO *rn_pem_open(rn_str text)
{
    return text.len <= INT_MAX ? BIO_new_mem_buf(text.data, (int)text.len) : NULL;
}

X509 *rn_pem_certificate(BIO *text)
{
    return PEM_read_bio_X509_AUX(text, NULL, no_password, NULL);
}

EVP_PKEY *rn_pem_key(rn_str text)
{
    BIO *bio = rn_pem_open(text);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

    BIO_free(bio);
    return key;
}
