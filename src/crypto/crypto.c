/* crypto.c - digests, MACs and sealing over OpenSSL 3.
 *
 * Algorithms are fetched once per process (a fetch walks provider tables and takes locks); contexts
 * are made once per thread and reused, because making one costs as much as digesting a short key.
 * A thread's contexts are freed when it ends. The main thread's live as long as the process.
 *
 * OpenSSL's own clean-up at exit() is switched off: threads may still be digesting while the
 * process exits, and memory that the kernel takes back anyway is not worth a crash. */
#include "crypto/crypto.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { SHA256_BLOCK_BYTES = 64, HKDF_KEY_BYTES_MAX = 255 * RN_SHA256_BYTES };

struct contexts {
    EVP_MD_CTX *md5, *sha256;
    EVP_CIPHER_CTX *gcm;
};

static pthread_once_t process_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end; /* its destructor frees a thread's contexts */
static EVP_MD *md5, *sha256;
static EVP_CIPHER *aes_256_gcm;
static _Thread_local struct contexts *thread_contexts;

/* A failing library call means no memory or a broken installation; there is nothing to answer. */
static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void contexts_free(void *arg)
{
    struct contexts *contexts = arg;

    EVP_MD_CTX_free(contexts->md5);
    EVP_MD_CTX_free(contexts->sha256);
    EVP_CIPHER_CTX_free(contexts->gcm);
    free(contexts);
    thread_contexts = NULL;
}

static void process_start(void)
{
    must(OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
    md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    must(md5 && sha256 && aes_256_gcm);
    must(pthread_key_create(&thread_end, contexts_free) == 0);
}

static struct contexts *contexts_new(void)
{
    struct contexts *contexts = calloc(1, sizeof(*contexts));

    must(pthread_once(&process_once, process_start) == 0);
    must(contexts);
    contexts->md5 = EVP_MD_CTX_new();
    contexts->sha256 = EVP_MD_CTX_new();
    contexts->gcm = EVP_CIPHER_CTX_new();
    must(contexts->md5 && contexts->sha256 && contexts->gcm);
    must(EVP_DigestInit_ex2(contexts->md5, md5, NULL) == 1);
    must(EVP_DigestInit_ex2(contexts->sha256, sha256, NULL) == 1);
    must(pthread_setspecific(thread_end, contexts) == 0);
    thread_contexts = contexts;
    return contexts;
}

static inline struct contexts *contexts_get(void)
{
    return thread_contexts ? thread_contexts : contexts_new();
}

static void digest(EVP_MD_CTX *context, const rn_str *parts, size_t count, uint8_t *ret_digest)
{
    must(EVP_DigestInit_ex2(context, NULL, NULL) == 1); /* same algorithm, from the start */
    for (size_t i = 0; i < count; i++) {
        must(EVP_DigestUpdate(context, parts[i].data, parts[i].len) == 1);
    }
    must(EVP_DigestFinal_ex(context, ret_digest, NULL) == 1);
}

void rn_sha256(rn_str bytes, uint8_t *ret_digest)
{
    digest(contexts_get()->sha256, &bytes, 1, ret_digest);
}

void rn_sha256_parts(const rn_str *parts, size_t count, uint8_t *ret_digest)
{
    digest(contexts_get()->sha256, parts, count, ret_digest);
}

void rn_md5(rn_str bytes, uint8_t *ret_digest)
{
    digest(contexts_get()->md5, &bytes, 1, ret_digest);
}

/* RFC 2104 over the reused digest context: the library's MAC objects cannot be reset with another
 * key for less than it costs to make them. */
static void hmac_parts(rn_str key, const rn_str *parts, size_t count, uint8_t *ret_mac)
{
    enum { PARTS_MAX = 4 };
    EVP_MD_CTX *context = contexts_get()->sha256;
    uint8_t inner_pad[SHA256_BLOCK_BYTES] = {0}, outer_pad[SHA256_BLOCK_BYTES];
    uint8_t inner[RN_SHA256_BYTES];
    rn_str all[PARTS_MAX] = {{(const char *)inner_pad, sizeof(inner_pad)}};

    assert(count < PARTS_MAX);
    if (key.len > SHA256_BLOCK_BYTES) {
        digest(context, &key, 1, inner_pad);
    } else if (key.len) {
        memcpy(inner_pad, key.data, key.len);
    }
    for (size_t i = 0; i < SHA256_BLOCK_BYTES; i++) {
        outer_pad[i] = inner_pad[i] ^ 0x5c;
        inner_pad[i] ^= 0x36;
    }
    memcpy(all + 1, parts, count * sizeof(*parts));
    digest(context, all, count + 1, inner);
    all[0] = rn_str_make(outer_pad, sizeof(outer_pad));
    all[1] = rn_str_make(inner, sizeof(inner));
    digest(context, all, 2, ret_mac);
    rn_wipe(inner_pad, sizeof(inner_pad));
    rn_wipe(outer_pad, sizeof(outer_pad));
}

void rn_hmac_sha256(rn_str key, rn_str bytes, uint8_t *ret_mac)
{
    hmac_parts(key, &bytes, 1, ret_mac);
}

void rn_hkdf_sha256(rn_str secret, rn_str info, uint8_t *ret_key, size_t key_bytes)
{
    static const char empty_salt[RN_SHA256_BYTES];
    uint8_t extracted[RN_SHA256_BYTES], block[RN_SHA256_BYTES];
    size_t block_len = 0; /* the first round has no previous block */
    uint8_t round = 1;

    assert(key_bytes <= HKDF_KEY_BYTES_MAX);
    rn_hmac_sha256(rn_str_make(empty_salt, sizeof(empty_salt)), secret, extracted);
    for (size_t done = 0; done < key_bytes; round++) {
        rn_str parts[] = {{(const char *)block, block_len}, info, {(const char *)&round, 1}};
        size_t take = key_bytes - done < RN_SHA256_BYTES ? key_bytes - done : RN_SHA256_BYTES;

        hmac_parts(rn_str_make(extracted, sizeof(extracted)), parts, 3, block);
        block_len = sizeof(block);
        memcpy(ret_key + done, block, take);
        done += take;
    }
    rn_wipe(extracted, sizeof(extracted));
    rn_wipe(block, sizeof(block));
}

/* Key, nonce and the additional data; the same steps in both directions. */
static EVP_CIPHER_CTX *gcm_begin(const uint8_t *key, const uint8_t *iv, rn_str aad, int encrypt)
{
    EVP_CIPHER_CTX *context = contexts_get()->gcm;
    int len = 0;

    assert(aad.len <= INT_MAX);
    must(EVP_CipherInit_ex2(context, aes_256_gcm, key, iv, encrypt, NULL) ==
         1); /* 12-byte nonce is the default */
    if (aad.len) {
        must(EVP_CipherUpdate(context, NULL, &len, (const uint8_t *)aad.data, (int)aad.len) == 1);
    }
    return context;
}

static void gcm_update(EVP_CIPHER_CTX *context, rn_str in, char *out)
{
    int len = 0;

    assert(in.len <= INT_MAX);
    if (in.len) {
        must(EVP_CipherUpdate(context, (uint8_t *)out, &len, (const uint8_t *)in.data,
                              (int)in.len) == 1);
        assert((size_t)len == in.len);
    }
}

void rn_gcm_seal(const uint8_t *key, const uint8_t *iv, rn_str aad, rn_str plain, char *out,
                 uint8_t *ret_tag)
{
    EVP_CIPHER_CTX *context = gcm_begin(key, iv, aad, 1);
    uint8_t rest[RN_GCM_TAG_BYTES];
    int len = 0;

    gcm_update(context, plain, out);
    must(EVP_CipherFinal_ex(context, rest, &len) == 1 && len == 0);
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, RN_GCM_TAG_BYTES, ret_tag) == 1);
}

rn_err rn_gcm_open(const uint8_t *key, const uint8_t *iv, rn_str aad, rn_str sealed,
                   const uint8_t *tag, char *out)
{
    EVP_CIPHER_CTX *context = gcm_begin(key, iv, aad, 0);
    uint8_t expected[RN_GCM_TAG_BYTES], rest[RN_GCM_TAG_BYTES];
    int len = 0;

    memcpy(expected, tag, sizeof(expected)); /* the library wants it writable */
    gcm_update(context, sealed, out);
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, RN_GCM_TAG_BYTES, expected) == 1);
    if (EVP_CipherFinal_ex(context, rest, &len) != 1) {
        rn_wipe(out, sealed.len);
        return RN_CORRUPT;
    }
    return RN_OK;
}

bool rn_bytes_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void rn_wipe(void *bytes, size_t len)
{
    if (len) {
        OPENSSL_cleanse(bytes, len);
    }
}
