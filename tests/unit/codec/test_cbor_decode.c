/* CBOR to values: as Java's clients write it, in every width and with every kind of length. */
#include "decoding.h"

static rn_err decode(struct fixture *f, rn_str bytes)
{
    return decode_with(f, rn_cbor_decode, bytes);
}

static void print_bytes(rn_str bytes)
{
    for (size_t i = 0; i < bytes.len && i < 100; i++) {
        print_error("%02x ", (unsigned char)bytes.data[i]);
    }
    print_error("\n");
}

static void decode_ok(struct fixture *f, rn_str bytes)
{
    if (decode(f, bytes)) {
        print_bytes(bytes);
        fail_msg("%.*s", RN_STR_ARG(f->failure.message));
    }
    assert_null(f->failure.message.data);
    assert_int_equal(rn_cbor_check(bytes), RN_OK);
}

static void assert_refused(struct fixture *f, rn_str bytes)
{
    rn_err err = decode(f, bytes);

    if (err != RN_INVALID || f->failure.message.data) {
        print_bytes(bytes);
    }
    assert_int_equal(err, RN_INVALID);
    assert_null(f->failure.message.data);
    assert_int_equal(rn_cbor_check(bytes), RN_INVALID);
}

static void assert_wrong_type(struct fixture *f, rn_str bytes, const char *message)
{
    rn_err err = decode(f, bytes);

    if (err != RN_INVALID || !f->failure.message.data) {
        print_bytes(bytes);
    }
    assert_int_equal(err, RN_INVALID);
    assert_str(f->failure.message, rn_str_c(message));
    assert_int_equal(rn_cbor_check(bytes), RN_OK);
}

/* A map whose one member is `name` (up to 23 bytes). */
struct member {
    char bytes[160];
    size_t len;
};

static rn_str member(struct member *m, const char *name, rn_str value)
{
    m->bytes[0] = (char)0xa1;
    m->bytes[1] = (char)(0x60 + strlen(name));
    memcpy(m->bytes + 2, name, strlen(name));
    m->len = 2 + strlen(name);
    memcpy(m->bytes + m->len, value.data, value.len);
    m->len += value.len;
    return rn_str_make(m->bytes, m->len);
}

/* ---- what is read ---- */

static const char definite[] = "\xa9"
                               "\x65"
                               "Count\x0c"
                               "\x63"
                               "Big\x3a\x00\x01\x00\x00"
                               "\x64"
                               "Flag\xf5"
                               "\x64"
                               "When\xc1\x1b\x00\x00\x01\x4f\x8f\x2a\x42\x73"
                               "\x6a"
                               "StreamName\x66orders"
                               "\x64"
                               "Data\x43\x00\xff\x01"
                               "\x65"
                               "Inner\xa1\x64Mode\x63ONE"
                               "\x67"
                               "Entries\x82\xa1\x63Key\x61"
                               "a\xa1\x64"
                               "Data\x40"
                               "\x64"
                               "Tags\xa2\x61k\x61v\x61l\x60";

static void check_sample(const struct fixture *f)
{
    const struct sample_entry *entries = f->value.entries.data;
    const struct rn_pair *tags = f->value.tags.data;

    assert_int_equal(f->value.count.value, 12);
    assert_int_equal(f->value.big.value, -65537);
    assert_true(f->value.flag.set && f->value.flag.value == 1);
    assert_int_equal(f->value.when.value, 0x14f8f2a4273);
    assert_str(f->value.name, RN_STR("orders"));
    assert_str(f->value.data, RN_STR("\0\xff\x01"));
    assert_str(f->value.inner->mode, RN_STR("ONE"));
    assert_int_equal(f->value.entries.count, 2);
    assert_str(entries[0].key, RN_STR("a"));
    assert_str(entries[1].data, RN_STR(""));
    assert_int_equal(f->value.tags.count, 2);
    assert_str(tags[0].key, RN_STR("k"));
    assert_str(tags[0].value, RN_STR("v"));
    assert_str(tags[1].value, RN_STR(""));
}

static void each_kind_of_value_lands_in_its_member(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, rn_str_make(definite, sizeof(definite) - 1));
    check_sample(&f);
    assert_true(f.value.name.data > f.body && f.value.name.data < f.body + sizeof(definite));
    done(&f);
}

static void indefinite_lengths_are_read_as_well(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, RN_STR("\xbf"
                         "\x7f\x62"
                         "Co\x60\x63unt\xff\x0c"
                         "\x63"
                         "Big\x3a\x00\x01\x00\x00"
                         "\x64"
                         "Flag\xf5"
                         "\x64"
                         "When\xc1\x1b\x00\x00\x01\x4f\x8f\x2a\x42\x73"
                         "\x6a"
                         "StreamName\x7f\x63ord\x78\x03"
                         "ers\xff"
                         "\x64"
                         "Data\x5f\x41\x00\x42\xff\x01\xff"
                         "\x65"
                         "Inner\xbf\x64Mode\x7f\x63ONE\xff\xff"
                         "\x67"
                         "Entries\x9f\xbf\x63Key\x61"
                         "a\xff\xbf\x64"
                         "Data\x5f\xff\xff\xff"
                         "\x64"
                         "Tags\xbf\x61k\x61v\x61l\x7f\xff\xff"
                         "\xff"));
    check_sample(&f);
    done(&f);
}

static void tags_are_passed_over(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, RN_STR("\xd9\xd9\xf7\xc2\xa2\xd8\x20\x65"
                         "Count\xc1\xc2\x05\x65Words\xdb\0\0\0\0\0\0\0\1\x81\xc0\x61"
                         "a"));
    assert_int_equal(f.value.count.value, 5);
    assert_int_equal(f.value.words.count, 1);
    decode_ok(&f, RN_STR("\xa1\x64When\x19\x03\xe8")); /* not tagged: milliseconds all the same */
    assert_int_equal(f.value.when.value, 1000);
    done(&f);
}

static void numbers_of_any_width_are_cut_to_whole_and_clamped(void **state)
{
    static const struct {
        rn_str bytes;
        int64_t integer, whole;
    } rows[] = {
        {RN_STR_INIT("\x05"), 5, 5},
        {RN_STR_INIT("\x18\x05"), 5, 5},
        {RN_STR_INIT("\x19\x00\x05"), 5, 5},
        {RN_STR_INIT("\x1a\x00\x00\x00\x05"), 5, 5},
        {RN_STR_INIT("\x1b\x00\x00\x00\x00\x00\x00\x00\x05"), 5, 5},
        {RN_STR_INIT("\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), INT32_MAX, 4294967296},
        {RN_STR_INIT("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), INT32_MAX, INT64_MAX},
        {RN_STR_INIT("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), INT32_MIN, INT64_MIN},
        {RN_STR_INIT("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"), INT32_MIN, INT64_MIN},
        {RN_STR_INIT("\x20"), -1, -1},
        {RN_STR_INIT("\x38\x05"), -6, -6},
        {RN_STR_INIT("\xf9\x00\x00"), 0, 0},
        {RN_STR_INIT("\xf9\x3b\xff"), 0, 0}, /* just below 1 */
        {RN_STR_INIT("\xf9\x3c\x00"), 1, 1},
        {RN_STR_INIT("\xf9\xc3\x00"), -3, -3}, /* -3.5 */
        {RN_STR_INIT("\xf9\x7b\xff"), 65504, 65504},
        {RN_STR_INIT("\xf9\x64\x01"), 1025, 1025},
        {RN_STR_INIT("\xf9\x7c\x00"), INT32_MAX, INT64_MAX},
        {RN_STR_INIT("\xf9\xfc\x00"), INT32_MIN, INT64_MIN},
        {RN_STR_INIT("\xf9\x7e\x00"), 0, 0}, /* not a number */
        {RN_STR_INIT("\xfa\x47\xc3\x50\x00"), 100000, 100000},
        {RN_STR_INIT("\xfa\xff\x80\x00\x00"), INT32_MIN, INT64_MIN},
        {RN_STR_INIT("\xfb\x3f\xff\xff\xff\xff\xff\xff\xff"), 1, 1},
        {RN_STR_INIT("\xfb\xc0\x10\x66\x66\x66\x66\x66\x66"), -4, -4},               /* -4.1 */
        {RN_STR_INIT("\xfb\x7e\x37\xe4\x3c\x88\x00\x75\x9c"), INT32_MAX, INT64_MAX}, /* 1e300 */
        {RN_STR_INIT("\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00"), 0, 0},
        {RN_STR_INIT("\xfb\xc3\xe0\x00\x00\x00\x00\x00\x00"), INT32_MIN, INT64_MIN},
    };
    struct fixture f = {0};
    struct member m;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        decode_ok(&f, member(&m, "Count", rows[i].bytes));
        assert_int_equal(f.value.count.value, rows[i].integer);
        decode_ok(&f, member(&m, "Big", rows[i].bytes));
        assert_int_equal(f.value.big.value, rows[i].whole);
        decode_ok(&f, member(&m, "When", rows[i].bytes));
        assert_int_equal(f.value.when.value, rows[i].whole);
    }
    done(&f);
}

static void null_undefined_and_unknown_members_are_as_if_absent(void **state)
{
    struct sample none = {.count = {0}};
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, RN_STR("\xa5\x65"
                         "Count\xf6\x65Inner\xf7\x64"
                         "Data\xf6\x64"
                         "Else\xbf\x65"
                         "Count\x9f\x01\xa0\x7f\x61x\xff\x5f\xff\xff\xff"
                         "\x65"
                         "count\xfb\0\0\0\0\0\0\0\0"));
    assert_memory_equal(&f.value, &none, sizeof(none));
    decode_ok(&f, RN_STR("\x82\xa1\x65"
                         "Count\x01\x02")); /* an array at the top has no members */
    assert_memory_equal(&f.value, &none, sizeof(none));
    done(&f);
}

static void of_equal_keys_the_last_one_counts(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, RN_STR("\xa3\x65"
                         "Count\x01\x64Tags\xa2\x61k\x61"
                         "a\x61k\x61"
                         "b\x65"
                         "Count\x02"));
    assert_int_equal(f.value.count.value, 2);
    assert_int_equal(f.value.tags.count, 1);
    assert_str(((const struct rn_pair *)f.value.tags.data)->value, RN_STR("b"));
    done(&f);
}

/* ---- what is refused ---- */

static void bytes_that_are_no_cbor_object_are_refused(void **state)
{
    static const rn_str bodies[] = {
        RN_STR_INIT(""),
        RN_STR_INIT("\x05"),
        RN_STR_INIT("\x61"
                    "a"),
        RN_STR_INIT("\xf5"),
        RN_STR_INIT("\xf6"),
        RN_STR_INIT("\xff"),
        RN_STR_INIT("\xa0\xa0"),
        RN_STR_INIT("\xa1"),
        RN_STR_INIT("\xa1\x61"
                    "a"),
        RN_STR_INIT("\xa1\x61"
                    "a\x1c"),
        RN_STR_INIT("\xa1\x61"
                    "a\x1f"),
        RN_STR_INIT("\xa1\x61"
                    "a\x3f"),
        RN_STR_INIT("\xa1\x61"
                    "a\xdf\x01"),
        RN_STR_INIT("\xa1\x61"
                    "a\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\xe0"),
        RN_STR_INIT("\xa1\x61"
                    "a\xf3"),
        RN_STR_INIT("\xa1\x61"
                    "a\xf8\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\xf8\x14"),
        RN_STR_INIT("\xa1\x61"
                    "a\xfc"),
        RN_STR_INIT("\xa1\x01\x01"),
        RN_STR_INIT("\xa1\x41"
                    "a\x01"),
        RN_STR_INIT("\xa1\xa0\x01"),
        RN_STR_INIT("\xbf\x61"
                    "a\x01"),
        RN_STR_INIT("\xbf\x61"
                    "a\xff"),
        RN_STR_INIT("\x9f\x01"),
        RN_STR_INIT("\x82\x01"),
        RN_STR_INIT("\x81\x01\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\x7f\x41"
                    "b\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\x7f\x7f\x61"
                    "b\xff\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\x5f\x61"
                    "b\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\x7f\x61"
                    "b"),
        RN_STR_INIT("\xa1\x61"
                    "a\x7f\xc0\x61"
                    "b\xff"),
        RN_STR_INIT("\xa1\x61"
                    "a\x62"
                    "b"),
        RN_STR_INIT("\xa1\x61"
                    "a\xc1"),
        RN_STR_INIT("\xc1"),
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_refused(&f, bodies[i]);
    }
    done(&f);
}

static void ill_formed_utf8_is_refused(void **state)
{
    static const rn_str strings[] = {
        RN_STR_INIT("\x61\x80"),
        RN_STR_INIT("\x62\xc0\x80"),
        RN_STR_INIT("\x63\xed\xa0\x80"),
        RN_STR_INIT("\x6c"
                    "0123456789a\xff"),
        RN_STR_INIT("\x6c"
                    "\xff"
                    "0123456789a"),
        RN_STR_INIT("\x7f\x61\xc3\x61\xa9\xff"), /* a point cut in two by the chunks */
    };
    struct fixture f = {0};
    struct member m;

    (void)state;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        assert_refused(&f, member(&m, "Token", strings[i]));
        assert_refused(&f, member(&m, "Else", strings[i]));
    }
    decode_ok(&f, member(&m, "Token",
                         RN_STR("\x6d"
                                "0123456789\xe4\xb8\x96")));
    done(&f);
}

static void lengths_that_are_only_claimed_are_refused(void **state)
{
    static const rn_str claims[] = {
        RN_STR_INIT("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),
        RN_STR_INIT("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"),
        RN_STR_INIT("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"),
        RN_STR_INIT("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
        RN_STR_INIT("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
        RN_STR_INIT("\xbb\x80\x00\x00\x00\x00\x00\x00\x00"),
        RN_STR_INIT("\x7a\xff\xff\xff\xff"),
        RN_STR_INIT("\x9a\x00\x01\x00\x00"
                    "aaaa"),
        RN_STR_INIT("\xba\x00\x00\x00\x02"
                    "\x61"
                    "a\x01"),
        RN_STR_INIT("\x5f\x5a\xff\xff\xff\xff\xff"),
    };
    static const char *const names[] = {"Token", "Data", "Words", "Entries", "Tags", "Else"};
    struct fixture f = {0};
    struct member m;

    (void)state;
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
            assert_refused(&f, member(&m, names[n], claims[i]));
        }
        assert_refused(&f, claims[i]);
    }
    done(&f);
}

static void every_cut_body_is_refused(void **state)
{
    struct fixture f = {0};

    (void)state;
    for (size_t len = 0; len < sizeof(definite) - 1; len++) {
        char *bytes = malloc(len ? len : 1);

        assert_non_null(bytes);
        memcpy(bytes, definite, len);
        assert_refused(&f, rn_str_make(bytes, len));
        free(bytes);
    }
    done(&f);
}

static void wrong_types_are_told_in_the_words_of_json(void **state)
{
    static const struct {
        const char *name;
        rn_str value;
        const char *message;
    } rows[] = {
        {"Token", RN_STR_INIT("\xf5"), "class java.lang.Boolean can not be converted to an String"},
        {"Token", RN_STR_INIT("\x01"), "class " TBN " can not be converted to an String"},
        {"Token", RN_STR_INIT("\xf9\xc3\x00"), "class " TBN " can not be converted to an String"},
        {"Token",
         RN_STR_INIT("\x41"
                     "a"),
         "class java.nio.HeapByteBuffer can not be converted to an String"},
        {"Token", RN_STR_INIT("\x81\x01"), "Start of list found where not expected"},
        {"Token", RN_STR_INIT("\xbf\xff"), "Start of structure or map found where not expected."},
        {"Count",
         RN_STR_INIT("\x61"
                     "1"),
         "class java.lang.String can not be converted to an Integer"},
        {"Count", RN_STR_INIT("\xf4"),
         "class java.lang.Boolean can not be converted to an Integer"},
        {"Big", RN_STR_INIT("\x60"), "class java.lang.String can not be converted to an Long"},
        {"Flag", RN_STR_INIT("\x01"), "class " TBN " can not be converted to an Boolean"},
        {"Flag", RN_STR_INIT("\x65hello"), "'HELLO' can not be converted to an Boolean"},
        {"Data", RN_STR_INIT("\xf5"), "class java.lang.Boolean can not be converted to a Blob"},
        {"Data", RN_STR_INIT("\x0c"), "class " TBN " can not be converted to a Blob"},
        {"Data",
         RN_STR_INIT("\x64"
                     "AAAA"),
         "class java.lang.String can not be converted to a Blob"},
        {"When",
         RN_STR_INIT("\xc1\x64"
                     "2015"),
         "class java.lang.String can not be converted to milliseconds since epoch"},
        {"Words",
         RN_STR_INIT("\x41"
                     "a"),
         "Expected list or null"},
        {"Words", RN_STR_INIT("\xa0"), "Start of structure or map found where not expected."},
        {"Words", RN_STR_INIT("\x81\x01"), "class " TBN " can not be converted to an String"},
        {"Tags", RN_STR_INIT("\x01"), "Expected map or null"},
        {"Tags", RN_STR_INIT("\x80"), "Start of list found where not expected"},
        {"Tags",
         RN_STR_INIT("\xa1\x61"
                     "a\x01"),
         "class " TBN " can not be converted to an String"},
        {"Inner", RN_STR_INIT("\xf5"), "Expected null"},
        {"Inner", RN_STR_INIT("\x9f\xff"), "Start of list found where not expected"},
        {"Entries",
         RN_STR_INIT("\x81\x61"
                     "a"),
         "Expected null"},
        {"Entries", RN_STR_INIT("\x82\xa1\x63Key\x01\x01"),
         "class " TBN " can not be converted to an String"},
    };
    struct fixture f = {0};
    struct member m;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_wrong_type(&f, member(&m, rows[i].name, rows[i].value), rows[i].message);
    }
    assert_refused(&f, RN_STR("\xa2\x65"
                              "Count\xf5\x61"
                              "a")); /* broken syntax wins */
    done(&f);
}

/* ---- limits ---- */

static void nesting_is_bounded(void **state)
{
    static const size_t depths[] = {RN_DECODE_DEPTH_MAX - 1, RN_DECODE_DEPTH_MAX, 1000000};
    static const unsigned char opens[] = {0x81, 0x9f};
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        size_t depth = depths[i / 2];
        char *bytes = malloc(3 + 2 * depth);
        size_t len = 3 + depth;
        rn_err wanted = depth < RN_DECODE_DEPTH_MAX ? RN_OK : RN_TOO_LARGE;

        assert_non_null(bytes);
        memcpy(bytes,
               "\xa1\x61"
               "a",
               3);
        memset(bytes + 3, opens[i % 2], depth);
        if (i % 2) {
            memset(bytes + len, 0xff, depth);
            len += depth;
        } else {
            bytes[len - 1] = (char)0x80;
        }
        assert_int_equal(decode(&f, rn_str_make(bytes, len)), wanted);
        assert_int_equal(rn_cbor_check(rn_str_make(bytes, len)), wanted);
        free(bytes);
    }
    done(&f);
}

static void the_items_of_a_list_are_bounded(void **state)
{
    struct fixture f = {0};
    char *bytes = malloc(RN_DECODE_ITEMS_MAX + 32);

    (void)state;
    assert_non_null(bytes);
    for (size_t more = 0; more < 2; more++) {
        size_t count = RN_DECODE_ITEMS_MAX + more;
        char head[] = "\xa1\x67"
                      "Numbers\x9a\x00\x01\x86\xa0";

        head[13] = (char)((unsigned char)head[13] + more);
        memcpy(bytes, head, 14);
        memset(bytes + 14, 1, count);
        assert_int_equal(decode(&f, rn_str_make(bytes, 14 + count)), more ? RN_TOO_LARGE : RN_OK);
        assert_int_equal(rn_cbor_check(rn_str_make(bytes, 14 + count)),
                         more ? RN_TOO_LARGE : RN_OK);
    }
    free(bytes);
    done(&f);
}

static void an_arena_that_is_too_small_is_told(void **state)
{
    rn_err err = RN_NOMEM;

    (void)state;
    for (size_t bytes = 0; err == RN_NOMEM; bytes += 16) {
        struct rn_arena *arena = rn_arena_new(bytes);
        struct rn_decode_failure failure;
        struct sample value = {.count = {0}};
        char body[sizeof(definite)];

        assert_non_null(arena);
        memcpy(body, definite, sizeof(definite));
        err = rn_cbor_decode(&sample_shape, body, sizeof(definite) - 1, arena, &value, &failure);
        assert_true(err == RN_NOMEM || err == RN_OK);
        assert_true(bytes > 0 || err == RN_NOMEM);
        rn_arena_free(arena);
    }
}

/* The bytes lie in memory that must not be written to. */
static void a_check_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(rn_cbor_check(RN_STR("\xa1\x7f\x61"
                                          "a\x61"
                                          "b\xff\x5f\x41"
                                          "a\x41"
                                          "b\xff")),
                     RN_OK);
    assert_int_equal(rn_cbor_check(RN_STR_NONE), RN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_value_lands_in_its_member),
        cmocka_unit_test(indefinite_lengths_are_read_as_well),
        cmocka_unit_test(tags_are_passed_over),
        cmocka_unit_test(numbers_of_any_width_are_cut_to_whole_and_clamped),
        cmocka_unit_test(null_undefined_and_unknown_members_are_as_if_absent),
        cmocka_unit_test(of_equal_keys_the_last_one_counts),
        cmocka_unit_test(bytes_that_are_no_cbor_object_are_refused),
        cmocka_unit_test(ill_formed_utf8_is_refused),
        cmocka_unit_test(lengths_that_are_only_claimed_are_refused),
        cmocka_unit_test(every_cut_body_is_refused),
        cmocka_unit_test(wrong_types_are_told_in_the_words_of_json),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(the_items_of_a_list_are_bounded),
        cmocka_unit_test(an_arena_that_is_too_small_is_told),
        cmocka_unit_test(a_check_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
