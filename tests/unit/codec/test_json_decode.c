/* JSON to values, in place: what is read, what is refused and in which words. */
#include "codec/base64.h"
#include "decoding.h"

static rn_err decode(struct fixture *f, rn_str text)
{
    return decode_with(f, rn_json_decode, text);
}

static void decode_ok(struct fixture *f, const char *text)
{
    rn_err err = decode(f, rn_str_c(text));

    if (err) {
        print_error("%s: %s, %.*s\n", text, rn_err_text(err), RN_STR_ARG(f->failure.message));
    }
    assert_int_equal(err, RN_OK);
    assert_null(f->failure.message.data);
    assert_int_equal(rn_json_check(rn_str_c(text)), RN_OK);
}

static void assert_syntax_error(struct fixture *f, rn_str text)
{
    rn_err err = decode(f, text);

    if (err != RN_INVALID || f->failure.message.data) {
        print_error("%.*s: %s, %.*s\n", RN_STR_ARG(text), rn_err_text(err),
                    RN_STR_ARG(f->failure.message));
    }
    assert_int_equal(err, RN_INVALID);
    assert_null(f->failure.message.data);
    assert_int_equal(rn_json_check(text), RN_INVALID);
}

static void assert_wrong_type(struct fixture *f, const char *text, const char *message)
{
    rn_err err = decode(f, rn_str_c(text));

    if (err != RN_INVALID || !rn_str_eq(f->failure.message, rn_str_c(message))) {
        print_error("%s: %s, %.*s\n", text, rn_err_text(err), RN_STR_ARG(f->failure.message));
    }
    assert_int_equal(err, RN_INVALID);
    assert_str(f->failure.message, rn_str_c(message));
    assert_int_equal(rn_json_check(rn_str_c(text)), RN_OK);
}

/* ---- what is read ---- */

static void each_kind_of_value_lands_in_its_member(void **state)
{
    struct fixture f = {0};
    const struct sample_entry *entries;
    const struct rn_pair *tags;
    const rn_str *words;

    (void)state;
    decode_ok(
        &f,
        "{\"Tags\":{\"k\":\"v\",\"l\":\"\"},\"Count\":12,\"Big\":-5000000000,\"Flag\":true,"
        "\"When\":1441215410.867,\"StreamName\":\"orders\",\"Data\":\"aGVsbG8=\","
        "\"Inner\":{\"Mode\":\"ONE\",\"When\":2},\"Words\":[\"a\",\"\",\"c\"],\"Numbers\":[1,2],"
        "\"Entries\":[{\"Data\":\"\",\"Key\":\"k1\"},{\"Key\":\"k2\",\"Hash\":\"h\",\"Data\":"
        "\"AAAA\"}]}");
    assert_true(f.value.count.set && f.value.count.value == 12);
    assert_true(f.value.big.set && f.value.big.value == -5000000000);
    assert_true(f.value.flag.set && f.value.flag.value == 1);
    assert_true(f.value.when.set && f.value.when.value == 1441215410867);
    assert_str(f.value.name, RN_STR("orders"));
    assert_str(f.value.data, RN_STR("hello"));
    assert_null(f.value.token.data);
    assert_non_null(f.value.inner);
    assert_str(f.value.inner->mode, RN_STR("ONE"));
    assert_int_equal(f.value.inner->when.value, 2000);
    assert_true(f.value.words.set);
    assert_int_equal(f.value.words.count, 3);
    words = f.value.words.data;
    assert_str(words[1], RN_STR(""));
    assert_str(words[2], RN_STR("c"));
    assert_int_equal(f.value.numbers.count, 2);
    assert_int_equal(((const struct rn_number *)f.value.numbers.data)[1].value, 2);
    assert_int_equal(f.value.entries.count, 2);
    entries = f.value.entries.data;
    assert_str(entries[0].key, RN_STR("k1"));
    assert_str(entries[0].data, RN_STR(""));
    assert_null(entries[0].hash.data);
    assert_str(entries[1].data, RN_STR("\0\0\0"));
    assert_int_equal(f.value.tags.count, 2);
    tags = f.value.tags.data;
    assert_str(tags[0].key, RN_STR("k"));
    assert_str(tags[1].value, RN_STR(""));
    done(&f);
}

static void strings_and_blobs_stay_in_the_body(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, "{\"StreamName\":\"a\\nb\",\"Data\":\"aGVsbG8=\"}");
    assert_ptr_equal(f.value.name.data, f.body + 15);
    assert_ptr_equal(f.value.data.data, f.body + 29);
    done(&f);
}

static void escapes_are_decoded(void **state)
{
    static const struct {
        const char *text;
        rn_str wanted;
    } rows[] = {
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", RN_STR_INIT("\"\\/\b\f\n\r\t")},
        {"a\\u0041b", RN_STR_INIT("aAb")},
        {"\\u00e9\\u4E16", RN_STR_INIT("\xc3\xa9\xe4\xb8\x96")},
        {"\\ud83d\\uDE00!", RN_STR_INIT("\xf0\x9f\x98\x80!")},
        {"x\\u0000y", RN_STR_INIT("x\0y")},
        {"\\u007f\\u0080\\u07ff\\u0800\\uffff",
         RN_STR_INIT("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
        {"\\udbff\\udfff\\ud800\\udc00", RN_STR_INIT("\xf4\x8f\xbf\xbf\xf0\x90\x80\x80")},
        {"\xc3\xa9\\n\xf0\x9f\x98\x80\xe4\xb8\x96z",
         RN_STR_INIT("\xc3\xa9\n\xf0\x9f\x98\x80\xe4\xb8\x96z")},
        {"0123456789012345678901234567890123456789\\t0123456789012345678901234567890123456789",
         RN_STR_INIT(
             "0123456789012345678901234567890123456789\t0123456789012345678901234567890123456789")},
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text), "{\"Token\":\"%s\",\"Count\":3}", rows[i].text);
        decode_ok(&f, text);
        assert_str(f.value.token, rows[i].wanted);
        assert_int_equal(f.value.count.value, 3);
    }
    decode_ok(
        &f,
        "{\"T\\u006fken\":\"x\",\"Tags\":{\"\\t\":\"\\u0031\"},\"Data\":\"aGVs\\u0062G8\\u003d\"}");
    assert_str(f.value.token, RN_STR("x"));
    assert_str(((const struct rn_pair *)f.value.tags.data)->key, RN_STR("\t"));
    assert_str(((const struct rn_pair *)f.value.tags.data)->value, RN_STR("1"));
    assert_str(f.value.data, RN_STR("hello"));
    done(&f);
}

static void blanks_may_stand_between_all_tokens(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, " \t\r\n{ \"Count\" : 1 , \"Words\" : [ \"a\" , \"b\" ] , \"Inner\" : { } }\n ");
    assert_int_equal(f.value.count.value, 1);
    assert_int_equal(f.value.words.count, 2);
    assert_non_null(f.value.inner);
    done(&f);
}

static void empty_lists_and_maps_are_present(void **state)
{
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, "{\"Words\":[],\"Tags\":{},\"Entries\":[{}]}");
    assert_true(f.value.words.set && f.value.words.count == 0);
    assert_true(f.value.tags.set && f.value.tags.count == 0);
    assert_int_equal(f.value.entries.count, 1);
    assert_false(f.value.numbers.set);
    done(&f);
}

static void a_list_at_the_top_is_an_object_without_members(void **state)
{
    struct sample none = {.count = {0}};
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, "[]");
    decode_ok(&f, "[{\"Count\":1},\"Count\",true,[1]]");
    assert_memory_equal(&f.value, &none, sizeof(none));
    done(&f);
}

static void null_and_unknown_members_are_as_if_absent(void **state)
{
    struct sample none = {.count = {0}};
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, "{\"Count\":null,\"StreamName\":null,\"Data\":null,\"Inner\":null,\"Words\":null,"
                  "\"Tags\":null,"
                  "\"Else\":{\"Count\":1,\"a\":[1,-2.5e3,{\"b\":null,\"c\":\"\\u0041\\n\xc3\xa9\"},"
                  "true,false,[]]},\"count\":1,"
                  "\"Counts\":2,\"\":{}}");
    assert_memory_equal(&f.value, &none, sizeof(none));
    decode_ok(&f, "{\"Words\":[null,\"a\",null],\"Tags\":{\"k\":null,\"l\":\"m\"},\"Entries\":["
                  "null,{\"Key\":\"k\"}]}");
    assert_int_equal(f.value.words.count, 1);
    assert_int_equal(f.value.tags.count, 1);
    assert_str(((const struct rn_pair *)f.value.tags.data)->key, RN_STR("l"));
    assert_int_equal(f.value.entries.count, 2); /* its place in the list counts */
    assert_null(((const struct sample_entry *)f.value.entries.data)[0].key.data);
    done(&f);
}

static void of_equal_keys_the_last_one_counts(void **state)
{
    struct fixture f = {0};
    const struct rn_pair *tags;

    (void)state;
    decode_ok(&f, "{\"Count\":1,\"Words\":[\"a\",\"b\"],\"Inner\":{\"Mode\":\"x\"},\"Token\":\"t\","
                  "\"Count\":2,"
                  "\"Words\":[\"c\"],\"Inner\":{\"When\":1},\"Token\":null,"
                  "\"Tags\":{\"a\":\"1\",\"b\":\"1\",\"a\":\"2\",\"c\":\"1\",\"b\":null,\"a\":"
                  "\"3\",\"a\":\"4\"}}");
    assert_int_equal(f.value.count.value, 2);
    assert_int_equal(f.value.words.count, 1);
    assert_str(*(const rn_str *)f.value.words.data, RN_STR("c"));
    assert_null(f.value.inner->mode.data);
    assert_int_equal(f.value.inner->when.value, 1000);
    assert_null(f.value.token.data);
    tags = f.value.tags.data;
    assert_int_equal(f.value.tags.count, 2);
    assert_str(tags[0].key, RN_STR("c"));
    assert_str(tags[1].key, RN_STR("a"));
    assert_str(tags[1].value, RN_STR("4"));
    done(&f);
}

static void numbers_are_cut_to_whole_and_clamped(void **state)
{
    static const struct {
        const char *text;
        int64_t integer, whole, ms;
    } rows[] = {
        {"0", 0, 0, 0},
        {"-0.0", 0, 0, 0},
        {"10001.9", 10001, 10001, 10001900},
        {"-1.9", -1, -1, -1900},
        {"1e3", 1000, 1000, 1000000},
        {"15E-1", 1, 1, 1500},
        {"99999999999", INT32_MAX, 99999999999, 99999999999000},
        {"-99999999999", INT32_MIN, -99999999999, -99999999999000},
        {"1e400", INT32_MAX, INT64_MAX, INT64_MAX},
        {"1.441215410867E9", 1441215410, 1441215410, 1441215410867},
        {"1441215410.8669999", 1441215410, 1441215410, 1441215410867},
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[128];

        (void)snprintf(text, sizeof(text), "{\"Count\":%s,\"Big\":%s,\"When\":%s}", rows[i].text,
                       rows[i].text, rows[i].text);
        decode_ok(&f, text);
        assert_int_equal(f.value.count.value, rows[i].integer);
        assert_int_equal(f.value.big.value, rows[i].whole);
        assert_int_equal(f.value.when.value, rows[i].ms);
    }
    done(&f);
}

static void words_convert_to_booleans(void **state)
{
    static const char *const words[] = {"true",  "TRUE",  "1", "yes", "Yes",
                                        "false", "False", "0", "no",  "NO"};
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        char text[64];

        (void)snprintf(text, sizeof(text), "{\"Flag\":\"%s\"}", words[i]);
        decode_ok(&f, text);
        assert_true(f.value.flag.set);
        assert_int_equal(f.value.flag.value, i < 5);
    }
    done(&f);
}

/* ---- what is refused ---- */

static void text_that_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "nope",
        "\"text\"",
        "12",
        "true",
        "null",
        "{} x",
        "{}{}",
        "{},",
        "[] []",
        "{]",
        "[}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\" 1}",
        "{\"a\"}",
        "{a:1}",
        "{'a':1}",
        "{1:2}",
        "{,}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[01]",
        "[-]",
        "[+1]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[1e+]",
        "[0x1]",
        "[1.2.3]",
        "[--1]",
        "[1e5.5]",
        "[NaN]",
        "[Infinity]",
        "[True]",
        "[nul]",
        "[truefalse]",
        "[tru",
        "[\"a]",
        "[\"\\x\"]",
        "[\"\\u12\"]",
        "[\"\\u12g4\"]",
        "[\"\\\"]",
        "[\"\\",
        "[\"\\u",
        "[\"\\u0",
        "[\"\x01\"]",
        "[\"\t\"]",
        "[\"\n\"]",
        "[\"\x1f\"]",
        "/**/{}",
        "{}//",
        "\xef\xbb\xbf{}",
        "{\"a\":1}\x0c",
        "[\"a\"\"b\"]",
        "[1,,2]",
        "{\"a\"::1}",
        "{\"Count\":01}",
        "{\"Token\":\"\\q\"}",
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_syntax_error(&f, rn_str_c(texts[i]));
    }
    assert_syntax_error(&f, RN_STR("{}\0"));
    assert_syntax_error(&f, RN_STR("[\"\0\"]"));
    assert_syntax_error(&f, RN_STR("\0"));
    done(&f);
}

static void ill_formed_utf8_and_lone_surrogates_are_refused(void **state)
{
    static const char *const strings[] = {
        "\x80",
        "\xc3",
        "\xc0\x80",
        "\xe0\x80\x80",
        "\xed\xa0\x80",
        "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80",
        "\xff",
        "\xc3\xa9\xc3",
        "abc\xe4\xb8",
        "\\ud800",
        "\\udc00",
        "\\ud800\\ud800",
        "\\ud800x",
        "\\ud800\\n",
        "\\ud800\\u0041",
        "0123456789012345678901234567890123456789012345678901234567890123456789\xfe",
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        static const char *const forms[][2] = {{"{\"Token\":\"", "\"}"},
                                               {"{\"Else\":\"", "\"}"},
                                               {"{\"", "\":1}"},
                                               {"{\"Else\":{\"", "\":1}}"}};

        for (size_t form = 0; form < 4; form++) {
            char text[128];

            (void)snprintf(text, sizeof(text), "%s%s%s", forms[form][0], strings[i],
                           forms[form][1]);
            assert_syntax_error(&f, rn_str_c(text));
        }
    }
    done(&f);
}

/* No beginning of a body is a body, and none makes the decoder read past it. */
static void every_cut_body_is_refused(void **state)
{
    static const char whole[] = "{\"Tags\":{\"k\":\"\\u00e9\"},\"Count\":12,\"Big\":-5e9,\"Flag\":"
                                "true,\"When\":1441215410.867,"
                                "\"StreamName\":\"\xf0\x9f\x98\x80\\ud83d\\ude00\",\"Data\":"
                                "\"aGVsbG8=\",\"Else\":[null,false],"
                                "\"Entries\":[{\"Data\":\"\",\"Key\":\"k1\"}]}";
    struct fixture f = {0};

    (void)state;
    decode_ok(&f, whole);
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        char *text = malloc(len ? len : 1);

        assert_non_null(text);
        memcpy(text, whole, len);
        assert_syntax_error(&f, rn_str_make(text, len));
        free(text);
    }
    done(&f);
}

static void the_first_wrong_type_is_told_in_the_words_of_the_service(void **state)
{
    static const char *const strings[] = {"Token", "StreamName", NULL};
    static const char *const numbers[] = {"Count", "Big", NULL};
    static const struct {
        const char *const *members;
        const char *value, *message;
    } groups[] = {
        {strings, "true", "class java.lang.Boolean can not be converted to an String"},
        {strings, "-1.5", "class " TBN " can not be converted to an String"},
        {strings, "[\"a\"]", "Start of list found where not expected"},
        {strings, "{\"a\":1}", "Start of structure or map found where not expected."},
        {numbers, "[]", "Start of list found where not expected"},
        {numbers, "{}", "Start of structure or map found where not expected."},
    };
    static const char *const rows[][2] = {
        {"{\"Count\":\"1\"}", "class java.lang.String can not be converted to an Integer"},
        {"{\"Count\":false}", "class java.lang.Boolean can not be converted to an Integer"},
        {"{\"Big\":\"1\"}", "class java.lang.String can not be converted to an Long"},
        {"{\"Big\":true}", "class java.lang.Boolean can not be converted to an Long"},
        {"{\"Flag\":1}", "class " TBN " can not be converted to an Boolean"},
        {"{\"Flag\":\"hello\"}", "'HELLO' can not be converted to an Boolean"},
        {"{\"Flag\":\"\"}", "'' can not be converted to an Boolean"},
        {"{\"Flag\":[]}", "Start of list found where not expected"},
        {"{\"Data\":true}", "class java.lang.Boolean can not be converted to a Blob"},
        {"{\"Data\":12}", "class " TBN " can not be converted to a Blob"},
        {"{\"Data\":[]}", "Start of list found where not expected"},
        {"{\"Data\":{}}", "Start of structure or map found where not expected."},
        {"{\"When\":\"2015\"}",
         "class java.lang.String can not be converted to milliseconds since epoch"},
        {"{\"When\":true}",
         "class java.lang.Boolean can not be converted to milliseconds since epoch"},
        {"{\"When\":{}}", "Start of structure or map found where not expected."},
        {"{\"Words\":\"a\"}", "Expected list or null"},
        {"{\"Words\":1}", "Expected list or null"},
        {"{\"Words\":true}", "Expected list or null"},
        {"{\"Words\":{}}", "Start of structure or map found where not expected."},
        {"{\"Tags\":\"a\"}", "Expected map or null"},
        {"{\"Tags\":1}", "Expected map or null"},
        {"{\"Tags\":[]}", "Start of list found where not expected"},
        {"{\"Inner\":\"a\"}", "Expected null"},
        {"{\"Inner\":false}", "Expected null"},
        {"{\"Inner\":[]}", "Start of list found where not expected"},
        {"{\"Inner\":{\"Mode\":1}}", "class " TBN " can not be converted to an String"},
        {"{\"Entries\":[\"a\"]}", "Expected null"},
        {"{\"Entries\":[[]]}", "Start of list found where not expected"},
        {"{\"Entries\":[{\"Key\":\"a\"},{\"Key\":true}]}",
         "class java.lang.Boolean can not be converted to an String"},
        {"{\"Words\":[\"a\",1]}", "class " TBN " can not be converted to an String"},
        {"{\"Tags\":{\"a\":1}}", "class " TBN " can not be converted to an String"},
        {"{\"Count\":true,\"Big\":\"x\"}",
         "class java.lang.Boolean can not be converted to an Integer"},
        {"{\"Big\":\"x\",\"Count\":true}",
         "class java.lang.String can not be converted to an Long"},
        {"{\"Flag\":\"x\",\"Data\":\"!\",\"Inner\":1}", "'X' can not be converted to an Boolean"},
        {"{\"Words\":{\"Count\":\"x\"},\"Count\":\"x\"}",
         "Start of structure or map found where not expected."},
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        for (const char *const *member = groups[i].members; *member; member++) {
            char text[64];

            (void)snprintf(text, sizeof(text), "{\"%s\":%s}", *member, groups[i].value);
            assert_wrong_type(&f, text, groups[i].message);
        }
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_wrong_type(&f, rows[i][0], rows[i][1]);
    }
    done(&f);
}

static void bad_base64_is_told_with_its_reason(void **state)
{
    static const char *const rows[][2] = {
        {"YQ", "'YQ' can not be converted to a Blob: Base64 encoded length is expected a multiple "
               "of 4 bytes but found: 2"},
        {"=x==", "'=x==' can not be converted to a Blob: Invalid Base64 character: '='"},
        {"YQ=a", "'YQ=a' can not be converted to a Blob: Invalid Base64 character: '='"},
        {"YW-_", "'YW-_' can not be converted to a Blob: Invalid Base64 character: '-'"},
        {"YW==",
         "'YW==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"},
        {"AAAA\xc3\xa9 =",
         "'AAAA\xc3\xa9 =' can not be converted to a Blob: Invalid Base64 character: '\xc3\xa9'"},
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[64];

        (void)snprintf(text, sizeof(text), "{\"Data\":\"%s\"}", rows[i][0]);
        assert_wrong_type(&f, text, rows[i][1]);
    }
    assert_int_equal(decode(&f, RN_STR("{\"Data\":\"AAAA\\u0000AAA\"}")), RN_INVALID);
    assert_str(
        f.failure.message,
        RN_STR("'AAAA\0AAA' can not be converted to a Blob: Invalid Base64 character: '\0'"));
    done(&f);
}

/* Wherever it breaks: what was already decoded over the text is put back for the message. */
static void bad_base64_is_quoted_as_it_came(void **state)
{
    enum { CHARS = 256 };
    char good[CHARS + 1], text[CHARS + 32], message[CHARS + 128];
    unsigned char bytes[CHARS / 4 * 3];
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i * 37 + 11);
    }
    rn_base64_encode(bytes, sizeof(bytes), good);
    good[CHARS] = '\0';
    for (size_t place = 0; place < CHARS; place++) {
        char kept = good[place];

        good[place] = '*';
        (void)snprintf(text, sizeof(text), "{\"Data\":\"%s\"}", good);
        (void)snprintf(message, sizeof(message),
                       "'%s' can not be converted to a Blob: Invalid Base64 character: '*'", good);
        assert_wrong_type(&f, text, message);
        good[place] = kept;
    }
    done(&f);
}

static void broken_syntax_wins_over_a_wrong_type(void **state)
{
    struct fixture f = {0};

    (void)state;
    assert_syntax_error(&f, RN_STR("{\"Data\":1,\"Token\":true"));
    assert_syntax_error(&f, RN_STR("{\"Flag\":\"hello\",}"));
    assert_syntax_error(&f, RN_STR("{\"Data\":\"!\"} {}"));
    assert_syntax_error(&f, RN_STR("{\"Words\":{\"a\":1,\"b\":x}}"));
    done(&f);
}

/* ---- limits ---- */

/* `before`, then `open` and `close` so often, `after` them. */
static char *nested(const char *before, size_t depth, char open, char close, const char *after)
{
    char *text = malloc(strlen(before) + 2 * depth + strlen(after) + 1), *at = text;

    assert_non_null(text);
    memcpy(at, before, strlen(before));
    at += strlen(before);
    memset(at, open, depth);
    memset(at + depth, close, depth);
    memcpy(at + 2 * depth, after, strlen(after) + 1);
    return text;
}

static void nesting_is_bounded(void **state)
{
    struct fixture f = {0};
    char *text = nested("{\"Else\":", RN_DECODE_DEPTH_MAX - 1, '[', ']', "}");

    (void)state;
    decode_ok(&f, text);
    free(text);
    for (size_t depth = RN_DECODE_DEPTH_MAX; depth < 2000000; depth *= 16) {
        text = nested("{\"Else\":", depth, '[', ']', "}");
        assert_int_equal(decode(&f, rn_str_c(text)), RN_TOO_LARGE);
        assert_null(f.failure.message.data);
        assert_int_equal(rn_json_check(rn_str_c(text)), RN_TOO_LARGE);
        free(text);
    }
    done(&f);
}

/* {"NAME":[ITEM,ITEM,...]} */
struct text {
    char *data;
    size_t len;
};

static struct text repeated(const char *before, const char *item, size_t count, const char *after)
{
    size_t each = strlen(item), len = strlen(before);
    char *text = malloc(len + count * (each + 1) + strlen(after) + 1);

    assert_non_null(text);
    memcpy(text, before, len);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            text[len++] = ',';
        }
        memcpy(text + len, item, each);
        len += each;
    }
    memcpy(text + len, after, strlen(after));
    return (struct text){text, len + strlen(after)};
}

static void the_items_of_a_list_or_map_are_bounded(void **state)
{
    static const char *const forms[][3] = {
        {"{\"Words\":[", "\"w\"", "]}"},      {"{\"Entries\":[", "{}", "]}"},
        {"{\"Tags\":{", "\"k\":\"v\"", "}}"}, {"{\"Else\":[", "1", "]}"},
        {"{\"Numbers\":[", "null", "]}"},
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct text text = repeated(forms[i][0], forms[i][1], RN_DECODE_ITEMS_MAX, forms[i][2]);

        assert_int_equal(decode(&f, rn_str_make(text.data, text.len)), RN_OK);
        free(text.data);
        text = repeated(forms[i][0], forms[i][1], RN_DECODE_ITEMS_MAX + 1, forms[i][2]);
        assert_int_equal(decode(&f, rn_str_make(text.data, text.len)), RN_TOO_LARGE);
        assert_int_equal(rn_json_check(rn_str_make(text.data, text.len)), RN_TOO_LARGE);
        free(text.data);
    }
    done(&f);
}

static void many_items_are_all_there(void **state)
{
    struct fixture f = {0};
    struct text text = repeated("{\"Words\":[", "\"word\"", 1000, "],\"Count\":1}");
    const rn_str *words;

    (void)state;
    assert_int_equal(decode(&f, rn_str_make(text.data, text.len)), RN_OK);
    assert_int_equal(f.value.words.count, 1000);
    words = f.value.words.data;
    for (size_t i = 0; i < 1000; i++) {
        assert_str(words[i], RN_STR("word"));
        assert_ptr_equal(words[i].data, f.body + 11 + i * 7);
    }
    free(text.data);
    done(&f);
}

static void an_arena_that_is_too_small_is_told(void **state)
{
    static const char whole[] = "{\"Entries\":[{\"Key\":\"a\"}],\"Inner\":{\"Mode\":\"x\"},"
                                "\"Tags\":{\"a\":\"b\",\"c\":\"d\"},\"Words\":[\"a\"]}";
    static const char *const texts[] = {
        whole,
        "{\"Flag\":\"hello\"}",
        "{\"Data\":\"AAAA*AAA\"}",
        "{\"Data\":\"AAA\"}",
        "{\"Count\":\"x\"}",
        "{\"Data\":\"AB==\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rn_err err = RN_NOMEM;

        for (size_t bytes = 0; err == RN_NOMEM; bytes += 16) {
            struct rn_arena *arena = rn_arena_new(bytes);
            struct rn_decode_failure failure = {RN_STR("not set")};
            struct sample value = {.count = {0}};
            char body[128];

            assert_non_null(arena);
            memcpy(body, texts[i], strlen(texts[i]));
            err = rn_json_decode(&sample_shape, body, strlen(texts[i]), arena, &value, &failure);
            assert_int_equal(err == RN_INVALID, failure.message.data != NULL);
            assert_true(bytes > 0 || err == RN_NOMEM);
            assert_true(bytes < 65536);
            rn_arena_free(arena);
        }
        assert_int_equal(err, i == 0 ? RN_OK : RN_INVALID);
    }
}

/* The text lies in memory that must not be written to. */
static void a_check_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(
        rn_json_check(RN_STR("{\"Data\":\"a\\u0041\\n\",\"\\t\":[\"\\ud83d\\ude00\"]}")), RN_OK);
    assert_int_equal(rn_json_check(RN_STR_NONE), RN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_value_lands_in_its_member),
        cmocka_unit_test(strings_and_blobs_stay_in_the_body),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(blanks_may_stand_between_all_tokens),
        cmocka_unit_test(empty_lists_and_maps_are_present),
        cmocka_unit_test(a_list_at_the_top_is_an_object_without_members),
        cmocka_unit_test(null_and_unknown_members_are_as_if_absent),
        cmocka_unit_test(of_equal_keys_the_last_one_counts),
        cmocka_unit_test(numbers_are_cut_to_whole_and_clamped),
        cmocka_unit_test(words_convert_to_booleans),
        cmocka_unit_test(text_that_is_no_json_is_refused),
        cmocka_unit_test(ill_formed_utf8_and_lone_surrogates_are_refused),
        cmocka_unit_test(every_cut_body_is_refused),
        cmocka_unit_test(the_first_wrong_type_is_told_in_the_words_of_the_service),
        cmocka_unit_test(bad_base64_is_told_with_its_reason),
        cmocka_unit_test(bad_base64_is_quoted_as_it_came),
        cmocka_unit_test(broken_syntax_wins_over_a_wrong_type),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(the_items_of_a_list_or_map_are_bounded),
        cmocka_unit_test(many_items_are_all_there),
        cmocka_unit_test(an_arena_that_is_too_small_is_told),
        cmocka_unit_test(a_check_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
