/* Digests, MACs and sealing against published vectors. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/crypto.h"

static void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    assert_int_equal(strlen(hex), 2 * len);
    for (size_t i = 0; i < len; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        assert_int_equal(bytes[i], strtoul(two, NULL, 16));
    }
}

/* RFC 1321, A.5 */
static void md5_gives_the_published_digests(void **state)
{
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint8_t digest[RN_MD5_BYTES];

        rn_md5(rn_str_c(cases[i].text), digest);
        assert_hex(digest, sizeof(digest), cases[i].digest);
    }
}

static void sha256_gives_the_published_digests(void **state)
{
    uint8_t digest[RN_SHA256_BYTES];

    (void)state;
    rn_sha256(RN_STR(""), digest);
    assert_hex(digest, sizeof(digest),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    rn_sha256(RN_STR_NONE, digest);
    assert_hex(digest, sizeof(digest),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    rn_sha256(RN_STR("abc"), digest);
    assert_hex(digest, sizeof(digest),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    rn_sha256(RN_STR("{}"), digest);
    assert_hex(digest, sizeof(digest),
               "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
}

static void parts_digest_like_the_whole(void **state)
{
    static const rn_str whole =
        RN_STR_INIT("The quick brown fox jumps over the lazy dog, twice and a bit more");
    uint8_t expected[RN_SHA256_BYTES], digest[RN_SHA256_BYTES];

    (void)state;
    rn_sha256(whole, expected);
    for (size_t a = 0; a <= whole.len; a++) {
        for (size_t b = a; b <= whole.len; b += 7) {
            rn_str parts[] = {
                {whole.data, a}, {whole.data + a, b - a}, {whole.data + b, whole.len - b}};

            rn_sha256_parts(parts, 3, digest);
            assert_memory_equal(digest, expected, sizeof(digest));
        }
    }
}

/* RFC 4231: a short key, text longer than a block, and a key longer than a block. */
static void hmac_gives_the_published_macs(void **state)
{
    char key[131], text[50];
    uint8_t mac[RN_SHA256_BYTES];

    (void)state;
    rn_hmac_sha256(RN_STR("Jefe"), RN_STR("what do ya want for nothing?"), mac);
    assert_hex(mac, sizeof(mac),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    memset(text, 0xdd, sizeof(text));
    rn_hmac_sha256(rn_str_make(key, 20), rn_str_make(text, sizeof(text)), mac);
    assert_hex(mac, sizeof(mac),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    rn_hmac_sha256(rn_str_make(key, sizeof(key)),
                   RN_STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
    assert_hex(mac, sizeof(mac),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 5869, test case 3 (no salt, no info), and its prefix property. */
static void hkdf_gives_the_published_key(void **state)
{
    char secret[22];
    uint8_t key[42], longer[100];

    (void)state;
    memset(secret, 0x0b, sizeof(secret));
    rn_hkdf_sha256(rn_str_make(secret, sizeof(secret)), RN_STR(""), key, sizeof(key));
    assert_hex(key, sizeof(key),
               "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
               "9d201395faa4b61a96c8");
    rn_hkdf_sha256(rn_str_make(secret, sizeof(secret)), RN_STR(""), longer, sizeof(longer));
    assert_memory_equal(key, longer, sizeof(key));
    rn_hkdf_sha256(rn_str_make(secret, sizeof(secret)), RN_STR("iterator"), longer, sizeof(key));
    assert_memory_not_equal(key, longer, sizeof(key));
}

/* The GCM specification's test cases 13 and 14: no text, and one block of zeros. */
static void gcm_gives_the_published_ciphertext(void **state)
{
    static const uint8_t key[RN_AES_KEY_BYTES], iv[RN_GCM_IV_BYTES];
    char plain[16] = {0}, out[16];
    uint8_t tag[RN_GCM_TAG_BYTES];

    (void)state;
    rn_gcm_seal(key, iv, RN_STR_NONE, RN_STR(""), out, tag);
    assert_hex(tag, sizeof(tag), "530f8afbc74536b9a963b4f1c4cb738b");
    rn_gcm_seal(key, iv, RN_STR_NONE, rn_str_make(plain, sizeof(plain)), out, tag);
    assert_hex((uint8_t *)out, sizeof(out), "cea7403d4d606b6e074ec5d3baf39d18");
    assert_hex(tag, sizeof(tag), "d0d1c8a799996bf0265b98b5d48ab919");
}

static void what_was_sealed_opens_in_place(void **state)
{
    static const uint8_t key[RN_AES_KEY_BYTES] = {1, 2, 3}, iv[RN_GCM_IV_BYTES] = {4, 5, 6};
    char text[] = "partition key and data";
    rn_str bytes = rn_str_make(text, sizeof(text));
    uint8_t tag[RN_GCM_TAG_BYTES];

    (void)state;
    rn_gcm_seal(key, iv, RN_STR("stream 7"), bytes, text, tag);
    assert_memory_not_equal(text, "partition key and data", sizeof(text));
    assert_int_equal(rn_gcm_open(key, iv, RN_STR("stream 7"), bytes, tag, text), RN_OK);
    assert_string_equal(text, "partition key and data");
}

static void any_changed_bit_refuses_to_open_and_wipes_the_output(void **state)
{
    static const uint8_t key[RN_AES_KEY_BYTES] = {1}, iv[RN_GCM_IV_BYTES] = {2};
    static const char zeros[8];
    char all[sizeof(zeros) + RN_GCM_TAG_BYTES], out[sizeof(zeros)];

    (void)state;
    rn_gcm_seal(key, iv, RN_STR("aad"), RN_STR("8 bytes!"), all, (uint8_t *)all + sizeof(zeros));
    for (size_t bit = 0; bit < 8 * sizeof(all); bit++) {
        char changed[sizeof(all)];

        memcpy(changed, all, sizeof(all));
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
        memset(out, 'x', sizeof(out));
        assert_int_equal(rn_gcm_open(key, iv, RN_STR("aad"), rn_str_make(changed, sizeof(zeros)),
                                     (uint8_t *)changed + sizeof(zeros), out),
                         RN_CORRUPT);
        assert_memory_equal(out, zeros, sizeof(zeros));
    }
    assert_int_equal(rn_gcm_open(key, iv, RN_STR("AAD"), rn_str_make(all, sizeof(zeros)),
                                 (uint8_t *)all + sizeof(zeros), out),
                     RN_CORRUPT);
}

static void an_opening_that_failed_does_not_spoil_the_next(void **state)
{
    static const uint8_t key[RN_AES_KEY_BYTES] = {7}, iv[RN_GCM_IV_BYTES] = {8},
                         no_tag[RN_GCM_TAG_BYTES];
    char sealed[5], out[5];
    uint8_t tag[RN_GCM_TAG_BYTES];

    (void)state;
    rn_gcm_seal(key, iv, RN_STR_NONE, RN_STR("hello"), sealed, tag);
    assert_int_equal(rn_gcm_open(key, iv, RN_STR_NONE, rn_str_make(sealed, 5), no_tag, out),
                     RN_CORRUPT);
    assert_int_equal(rn_gcm_open(key, iv, RN_STR_NONE, rn_str_make(sealed, 5), tag, out), RN_OK);
    assert_memory_equal(out, "hello", 5);
}

static void comparing_sees_every_byte(void **state)
{
    char a[32] = {0}, b[32] = {0};

    (void)state;
    assert_true(rn_bytes_equal(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] = 1;
        assert_false(rn_bytes_equal(a, b, sizeof(a)));
        b[i] = 0;
    }
}

static void wiping_leaves_zeros(void **state)
{
    static const char zeros[16];
    char secret[] = "fifteen letters";

    (void)state;
    rn_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, zeros, sizeof(secret));
    rn_wipe(NULL, 0);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *digest_often(void *arg)
{
    uint8_t *ret_digest = arg;

    for (int i = 0; i < ROUNDS; i++) {
        rn_md5(RN_STR("key"), ret_digest);
        rn_sha256(RN_STR("key"), ret_digest);
        rn_hmac_sha256(RN_STR("k"), rn_str_make(ret_digest, RN_SHA256_BYTES), ret_digest);
    }
    return NULL;
}

/* Leak and thread checkers watch the contexts of the threads that end here. */
static void threads_digest_alike_and_leave_nothing_behind(void **state)
{
    uint8_t digests[THREADS][RN_SHA256_BYTES], expected[RN_SHA256_BYTES];
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, digest_often, digests[i]), 0);
    }
    digest_often(expected);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_memory_equal(digests[i], expected, sizeof(expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            threads_digest_alike_and_leave_nothing_behind), /* first: it makes the contexts */
        cmocka_unit_test(md5_gives_the_published_digests),
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(parts_digest_like_the_whole),
        cmocka_unit_test(hmac_gives_the_published_macs),
        cmocka_unit_test(hkdf_gives_the_published_key),
        cmocka_unit_test(gcm_gives_the_published_ciphertext),
        cmocka_unit_test(what_was_sealed_opens_in_place),
        cmocka_unit_test(any_changed_bit_refuses_to_open_and_wipes_the_output),
        cmocka_unit_test(an_opening_that_failed_does_not_spoil_the_next),
        cmocka_unit_test(comparing_sees_every_byte),
        cmocka_unit_test(wiping_leaves_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
