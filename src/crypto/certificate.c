/* certificate.c - see certificate.h. */
#include "crypto/certificate.h"

#include <stdio.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/pem.h"

enum { DAY_S = 86400, SERIAL_BITS = 127, NAMES_TEXT_BYTES = 2048 };

/* ---- PEM ---- */

static bool put_pem(BIO *bio, char *text)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    bool fits = len > 0 && len < RN_PEM_BYTES_MAX;

    if (fits) {
        memcpy(text, bytes, (size_t)len);
        text[len] = '\0';
    }
    return fits;
}

static bool put_pair(X509 *certificate, EVP_PKEY *key, struct rn_pem_pair *pair)
{
    BIO *one = BIO_new(BIO_s_mem()), *other = BIO_new(BIO_s_secmem());
    bool good = one && other && PEM_write_bio_X509(one, certificate) == 1 &&
                PEM_write_bio_PrivateKey(other, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                put_pem(one, pair->certificate) && put_pem(other, pair->key);

    BIO_free(one);
    BIO_free(other);
    return good;
}

static X509 *read_certificate(rn_str pem)
{
    BIO *bio = rn_pem_open(pem);
    X509 *certificate = bio ? rn_pem_certificate(bio) : NULL;

    BIO_free(bio);
    return certificate;
}

/* ---- making ---- */

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool good = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

    BN_free(number);
    return good;
}

static bool set_name(X509_NAME *name, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Runnel", -1,
                                      -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name,
                                      -1, -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    good = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* All but issuer, extensions and signature. */
static X509 *begin(const char *common_name, EVP_PKEY *key, int64_t now_s, int days)
{
    X509 *certificate = X509_new();

    if (certificate &&
        !(X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
          ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(now_s - DAY_S)) &&
          ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)(now_s + (int64_t)days * DAY_S)) &&
          set_name(X509_get_subject_name(certificate), common_name) &&
          X509_set_pubkey(certificate, key) == 1)) {
        X509_free(certificate);
        certificate = NULL;
    }
    return certificate;
}

static bool end(X509 *certificate, X509 *issuer, EVP_PKEY *issuer_key)
{
    return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
           X509_sign(certificate, issuer_key, EVP_sha256()) > 0;
}

rn_err rn_certificate_authority(const char *name, int64_t now_s, int days,
                                struct rn_pem_pair *ret_pair)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *authority = key ? begin(name, key, now_s, days) : NULL;
    bool good =
        authority &&
        add_extension(authority, authority, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        add_extension(authority, authority, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        add_extension(authority, authority, NID_subject_key_identifier, "hash") &&
        end(authority, authority, key) && put_pair(authority, key, ret_pair);

    X509_free(authority);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good ? RN_OK : RN_NOMEM;
}

static bool is_address(const char *name)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return address != NULL;
}

/* "DNS:localhost,IP:::1"; false: a name that is none. */
static bool names_text(const char *const *names, size_t count, char *text, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        int added;

        if (!names[i][0] || names[i][strcspn(names[i], ", \t\r\n")]) {
            return false;
        }
        added = snprintf(text + len, size - len, "%s%s%s", i ? "," : "",
                         is_address(names[i]) ? "IP:" : "DNS:", names[i]);
        if (added < 0 || (size_t)added >= size - len) {
            return false;
        }
        len += (size_t)added;
    }
    return len > 0;
}

static bool sign(X509 *authority, EVP_PKEY *authority_key, const char *common_name,
                 const char *names, int64_t now_s, int days, struct rn_pem_pair *ret_pair)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? begin(common_name, key, now_s, days) : NULL;
    bool good =
        certificate &&
        add_extension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(certificate, authority, NID_key_usage, "critical,digitalSignature") &&
        add_extension(certificate, authority, NID_ext_key_usage, "serverAuth") &&
        add_extension(certificate, authority, NID_subject_key_identifier, "hash") &&
        add_extension(certificate, authority, NID_authority_key_identifier, "keyid:always") &&
        add_extension(certificate, authority, NID_subject_alt_name, names) &&
        end(certificate, authority, authority_key) && put_pair(certificate, key, ret_pair);

    X509_free(certificate);
    EVP_PKEY_free(key);
    return good;
}

rn_err rn_certificate_sign(rn_str authority_pem, rn_str authority_key_pem, const char *const *names,
                           size_t name_count, int64_t now_s, int days, struct rn_pem_pair *ret_pair)
{
    char text[NAMES_TEXT_BYTES];
    X509 *authority = read_certificate(authority_pem);
    EVP_PKEY *key = rn_pem_key(authority_key_pem);
    rn_err err = RN_INVALID;

    if (authority && key && X509_check_private_key(authority, key) == 1 &&
        names_text(names, name_count, text, sizeof(text))) {
        err = sign(authority, key, names[0], text, now_s, days, ret_pair) ? RN_OK : RN_NOMEM;
    }
    X509_free(authority);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return err;
}

/* ---- looking ---- */

static bool is_valid_at(const X509 *certificate, int64_t at_s)
{
    time_t at = (time_t)at_s;

    return X509_cmp_time(X509_get0_notBefore(certificate), &at) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &at) > 0;
}

static bool has_name(X509 *certificate, const char *name)
{
    return is_address(name) ? X509_check_ip_asc(certificate, name, 0) == 1
                            : X509_check_host(certificate, name, 0, 0, NULL) == 1;
}

bool rn_certificate_fits(rn_str certificate_pem, rn_str authority_pem, const char *const *names,
                         size_t name_count, int64_t at_s)
{
    X509 *certificate = read_certificate(certificate_pem);
    X509 *authority = read_certificate(authority_pem);
    bool fits = certificate && authority && is_valid_at(certificate, at_s) &&
                is_valid_at(authority, at_s) &&
                X509_verify(certificate, X509_get0_pubkey(authority)) == 1;

    for (size_t i = 0; fits && i < name_count; i++) {
        fits = has_name(certificate, names[i]);
    }
    X509_free(certificate);
    X509_free(authority);
    ERR_clear_error();
    return fits;
}
