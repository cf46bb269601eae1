/* Signature Version 4: every way in which a request must not verify, and its exact words. */
#include "tests/unit/auth/rig.h"

/* ---- what must not verify: variants of V1, V2 and V4 ---- */

static void a_flipped_body_byte_is_a_mismatch(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene_set_body(&scene, RN_STR("{]"));
    assert_mismatch(&scene);
    scene_end(&scene);
}

static void any_changed_part_of_the_request_is_a_mismatch(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene.request.method = RN_STR("GET");
    assert_mismatch(&scene);
    scene.request.method = RN_STR("POST");
    scene.request.path = RN_STR("/x");
    assert_mismatch(&scene);
    scene.request.path = RN_STR("/");
    scene.request.query = RN_STR("a");
    assert_mismatch(&scene);
    scene.request.query = RN_STR("");
    scene_set(&scene, "Host", "kinesis.us-east-1.amazonaws.com:4567");
    assert_mismatch(&scene);
    scene_set(&scene, "Host", "kinesis.us-east-1.amazonaws.com");
    scene_set(&scene, "X-Amz-Target", "Kinesis_20131202.DeleteStream");
    assert_mismatch(&scene);
    scene_set(&scene, "X-Amz-Target", "Kinesis_20131202.ListStreams");
    scene_add(&scene, "x-amz-target",
              "Kinesis_20131202.DeleteStream"); /* a second one joins the first */
    assert_mismatch(&scene);
    scene_drop(&scene, "x-amz-target");
    assert_mismatch(&scene);
    scene_end(&scene);
}

static void the_order_and_case_of_headers_do_not_matter(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene_set_body(&scene, RN_STR("{}"));
    scene_add(&scene, "x-amz-target", "  Kinesis_20131202.ListStreams\t");
    scene_add(&scene, "AUTHORIZATION", V1_AUTHORIZATION);
    scene_add(&scene, "HOST", "kinesis.us-east-1.amazonaws.com");
    scene_add(&scene, "x-forwarded-for", "10.0.0.1");
    scene_add(&scene, "X-AMZ-DATE", DATE);
    scene_add(&scene, "content-TYPE", "application/x-amz-json-1.1");
    assert_verifies(&scene);
    scene_end(&scene);
}

static void authorization_is_split_at_commas_and_blanks_in_any_order(void **state)
{
    static const char *const forms[] = {
        "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE ",SignedHeaders=" V1_LIST
        ",Signature=" V1_SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE " SignedHeaders=" V1_LIST
        " Signature=" V1_SIGNATURE,
        "AWS4-HMAC-SHA256   Signature=" V1_SIGNATURE " ,, SignedHeaders=" V1_LIST
        ",\tCredential=" KEY_ID "/" SCOPE ",",
        "AWS4-HMAC-SHA256 Signature=0, Extra=1, Credential=" KEY_ID "/" SCOPE
        ", SignedHeaders=" V1_LIST ", Signature=" V1_SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE "//, SignedHeaders=" V1_LIST
        ", Signature=" V1_SIGNATURE,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct scene scene;

        scene_begin_v1_sent(&scene);
        scene_set(&scene, "Authorization", forms[i]);
        assert_verifies(&scene);
        scene_end(&scene);
    }
}

static void signatures_must_be_64_lower_case_digits(void **state)
{
    static const char *const signatures[] = {
        "4AFFCA58B3B6A61CA9F7F529AC6EECD8AA8ECC4C74FAFAD4C28F0BB3D1FF153E",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153e0",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153=",
        "x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++) {
        struct scene scene;

        scene_begin_v1_sent(&scene);
        scene_set(&scene, "Authorization",
                  scene_authorization(&scene, SCOPE, V1_LIST, signatures[i]));
        assert_mismatch(&scene);
        scene_end(&scene);
    }
}

#define WRONG_REGION "Credential should be scoped to a valid region. "
#define WRONG_SERVICE "Credential should be scoped to correct service: 'kinesis'. "
#define WRONG_TERMINATOR(t) \
    "Credential should be scoped with a valid terminator: 'aws4_request', not '" t "'. "
#define WRONG_DATE(d)                                                                            \
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " \
    "'" d "' != "                                                                                \
    "'20260115', from '" DATE "'."

static void each_wrong_part_of_the_scope_is_named_in_order(void **state)
{
    static const struct {
        const char *scope, *message;
    } cases[] = {
        {"20260116/us-east-1/kinesis/aws4_request", WRONG_DATE("20260116")},
        {"20260115/us-east-2/kinesis/aws4_request", WRONG_REGION},
        {"20260115/us-east-1/firehose/aws4_request", WRONG_SERVICE},
        {"20260115/us-east-1/kinesis/aws4_requesT", WRONG_TERMINATOR("aws4_requesT")},
        {"20260115//kinesis/aws4_request", WRONG_REGION},
        {"1/2/3/4", WRONG_REGION WRONG_SERVICE WRONG_TERMINATOR("4") WRONG_DATE("1")},
        {"20260115/us-east-2/firehose/aws4_request", WRONG_REGION WRONG_SERVICE},
        {"/us-east-1/kinesis/\x01\xff", WRONG_TERMINATOR("??") WRONG_DATE("")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        scene_begin_v1_sent(&scene);
        scene_set(&scene, "Authorization",
                  scene_authorization(&scene, cases[i].scope, V1_LIST, V1_SIGNATURE));
        assert_denied(&scene, "InvalidSignatureException", cases[i].message);
        assert_int_equal(scene.lookups, 0);
        scene_end(&scene);
    }
}

static void whoever_runs_the_server_is_told_which_scope_was_expected(void **state)
{
    static const struct {
        const char *scope, *hint;
    } cases[] = {
        {"20260115/us-east-2/kinesis/aws4_request",
         "signed for region 'us-east-2' and service 'kinesis'; this is 'us-east-1' and 'kinesis'"},
        {"20260115/us-east-1/s3/aws4_request",
         "signed for region 'us-east-1' and service 's3'; this is 'us-east-1' and 'kinesis'"},
        {"20260115/a\x01/kinesis/aws4_request",
         "signed for region 'a?' and service 'kinesis'; this is 'us-east-1' and 'kinesis'"},
        {"20260116/us-east-1/kinesis/aws4_request", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        scene_begin_v1_sent(&scene);
        scene_set(&scene, "Authorization",
                  scene_authorization(&scene, cases[i].scope, V1_LIST, V1_SIGNATURE));
        assert_int_equal(scene_verify(&scene), RN_DENIED);
        if (cases[i].hint) {
            assert_true(rn_str_eq(scene.failure.hint, rn_str_c(cases[i].hint)));
        } else {
            assert_null(scene.failure.hint.data);
        }
        scene_end(&scene);
    }
}

static void without_an_expected_region_any_will_do(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v3(&scene);
    scene.rules.region = RN_STR_NONE;
    scene_add(
        &scene, "Authorization",
        scene_signed_as(&scene, KEY_ID, RN_STR("eu-west-1"), RN_STR("kinesis"), sig_at(DATE)).data);
    assert_verifies(&scene);
    scene_end(&scene);
}

static void credentials_have_five_parts(void **state)
{
    static const char *const credentials[] = {"a",     "a/b/c/d",   "a/b/c/d/e/f",
                                              "/////", "a/b/c/d//", "a/b/c//d/e"};

    (void)state;
    for (size_t i = 0; i < sizeof(credentials) / sizeof(*credentials); i++) {
        struct scene scene;
        char header_text[256], message[256];

        scene_begin_v1_sent(&scene);
        snprintf(header_text, sizeof(header_text),
                 "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=0", credentials[i]);
        snprintf(message, sizeof(message),
                 "Credential must have exactly 5 slash-delimited elements, e.g. "
                 "keyid/date/region/service/term, got '%s'",
                 credentials[i]);
        scene_set(&scene, "Authorization", header_text);
        assert_denied(&scene, "IncompleteSignatureException", message);
        scene_end(&scene);
    }
}

static void the_host_must_be_signed(void **state)
{
    static const char *const lists[] = {"content-type;x-amz-date;x-amz-target", "hosts", ";",
                                        ":Authority"};
    struct scene scene;

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        scene_begin_v1_sent(&scene);
        scene_set(&scene, "Authorization",
                  scene_authorization(&scene, SCOPE, lists[i], V1_SIGNATURE));
        assert_denied(&scene, "InvalidSignatureException",
                      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        scene_end(&scene);
    }
    scene_begin_v1_sent(&scene);
    scene_set(&scene, "Authorization",
              scene_authorization(&scene, SCOPE, "content-type;Host;x-amz-date;x-amz-target",
                                  V1_SIGNATURE));
    assert_mismatch(&scene); /* the name's case is forgiven, the signature of another list is not */
    scene_end(&scene);
}

static void the_window_is_five_minutes_to_the_second(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene.rules.now_ms = sig_at("20260115T102030Z") + 999;
    assert_verifies(&scene);
    scene.rules.now_ms = sig_at("20260115T102031Z");
    assert_denied(&scene, "InvalidSignatureException",
                  "Signature expired: 20260115T101530Z is now earlier than 20260115T101531Z "
                  "(20260115T102031Z - 5 min.)");
    scene.rules.now_ms = sig_at("20260115T101030Z");
    assert_verifies(&scene);
    scene.rules.now_ms = sig_at("20260115T101029Z") + 999;
    assert_denied(
        &scene, "InvalidSignatureException",
        "Signature not yet current: 20260115T101530Z is still later than 20260115T101529Z "
        "(20260115T101029Z + 5 min.)");
    scene.rules.skew_ms = 900000;
    scene.rules.now_ms = sig_at("20260115T103031Z");
    assert_denied(&scene, "InvalidSignatureException",
                  "Signature expired: 20260115T101530Z is now earlier than 20260115T101531Z "
                  "(20260115T103031Z - 15 min.)");
    scene_end(&scene);
}

static void dates_have_the_basic_form(void **state)
{
    static const char *const dates[] = {
        "2026-01-15T10:15:30Z",         "20260115T101530", "20261315T101530Z", "20260115", "x\x07y",
        "Thu, 15 Jan 2026 10:15:30 GMT"};

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        struct scene scene;
        char message[256];

        scene_begin_v1_sent(&scene);
        scene_set(&scene, "X-Amz-Date", dates[i]);
        snprintf(message, sizeof(message),
                 "Date must be in ISO-8601 'basic format'. Got '%s'. See "
                 "http://en.wikipedia.org/wiki/ISO_8601",
                 strcmp(dates[i], "x\x07y") == 0 ? "x?y" : dates[i]);
        assert_denied(&scene, "IncompleteSignatureException", message);
        scene_end(&scene);
    }
}

static void two_dates_are_no_date(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene_add(&scene, "x-amz-date", DATE);
    assert_denied(
        &scene, "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got '20260115T101530Z,20260115T101530Z'. See "
        "http://en.wikipedia.org/wiki/ISO_8601");
    scene_end(&scene);
}

static void a_date_header_stands_in_for_x_amz_date(void **state)
{
    static const char *const dates[] = {"Thu, 15 Jan 2026 10:15:30 GMT", "2026-01-15T10:15:30Z",
                                        DATE};

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        struct scene scene;

        scene_begin_v1(&scene);
        scene_drop(&scene, "X-Amz-Date");
        scene_add(&scene, "Date", dates[i]);
        scene_add(
            &scene, "Authorization",
            scene_signed_as(&scene, KEY_ID, RN_STR("us-east-1"), RN_STR("kinesis"), sig_at(DATE))
                .data);
        assert_verifies(&scene);
        scene_add(&scene, "X-Amz-Date", "20260115T000000Z"); /* beats it */
        scene.rules.now_ms = sig_at("20260115T101530Z");
        assert_int_equal(scene_verify(&scene), RN_DENIED);
        assert_memory_equal(scene.failure.message.data, "Signature expired: 20260115T000000Z", 35);
        scene_end(&scene);
    }
}

static void a_changed_session_token_belongs_to_nobody(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v2(&scene);
    scene_add(
        &scene, "Authorization",
        scene_signed_as(&scene, KEY_ID, RN_STR("us-east-1"), RN_STR("kinesis"), sig_at(DATE)).data);
    assert_verifies(&scene);
    scene_set(&scene, "x-amz-security-token", "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDEXAMPLE+/=.");
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid");
    scene_drop(&scene, "x-amz-security-token");
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    scene_end(&scene);
}

static void a_signature_over_authority_does_not_pass_as_one_over_host(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v4(&scene);
    scene_add(&scene, "authorization",
              scene_authorization(&scene, SCOPE,
                                  "content-type;host;x-amz-date;x-amz-target;x-amz-user-agent",
                                  V4_SIGNATURE));
    assert_mismatch(&scene);
    scene_end(&scene);
}

static void host_and_authority_stand_for_one_another_on_the_wire(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene_header(&scene, "Host")->name =
        RN_STR(":authority"); /* signed as host, arrived over HTTP/2 */
    assert_verifies(&scene);
    scene_end(&scene);
    scene_begin_v4_sent(&scene);
    scene_header(&scene, ":authority")->name =
        RN_STR("Host"); /* and behind a proxy the other way round */
    assert_verifies(&scene);
    scene_set(&scene, "Host", "127.0.0.1:4569");
    assert_mismatch(&scene);
    scene_end(&scene);
}

/* As net shows a request that came over HTTP/2: the authority under both names, whichever was signed. */
static void a_request_that_shows_both_passes_with_either_signed(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene_add(&scene, ":authority", scene_header(&scene, "Host")->value.data);
    assert_verifies(&scene);
    scene_set(&scene, "Host", "elsewhere");
    assert_mismatch(&scene); /* the name that was signed is the one that counts */
    scene_end(&scene);
    scene_begin_v4_sent(&scene);
    scene_add(&scene, "host", "127.0.0.1:4568");
    assert_verifies(&scene);
    scene_set(&scene, ":authority", "127.0.0.1:4569");
    assert_mismatch(&scene);
    scene_end(&scene);
}

static void other_algorithms_are_named_and_refused(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene_set(&scene, "Authorization",
              "AWS4-ECDSA-P256-SHA256 Credential=" KEY_ID "/" SCOPE ", SignedHeaders=" V1_LIST
              ", Signature=" V1_SIGNATURE);
    assert_denied(&scene, "IncompleteSignatureException",
                  "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.");
    scene_set(&scene, "Authorization",
              "aws4-hmac-sha256 Credential=" KEY_ID "/" SCOPE ", SignedHeaders=" V1_LIST
              ", Signature=" V1_SIGNATURE);
    assert_denied(&scene, "IncompleteSignatureException",
                  "Unsupported AWS 'algorithm': 'aws4-hmac-sha256'.");
    scene_end(&scene);
}

/* ---- presence and structure ---- */

static void a_request_without_credentials_misses_a_token(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1(&scene);
    assert_denied(&scene, "MissingAuthenticationTokenException", "Missing Authentication Token");
    scene_add(&scene, "Authorization", "  ");
    assert_denied(&scene, "MissingAuthenticationTokenException", "Missing Authentication Token");
    scene.request.query = RN_STR("X-Amz-Credential=a&x-amz-algorithm=AWS4-HMAC-SHA256");
    assert_denied(&scene, "MissingAuthenticationTokenException", "Missing Authentication Token");
    scene_end(&scene);
}

static void both_forms_at_once_are_refused(void **state)
{
    static const char *const queries[] = {
        "X-Amz-Algorithm", "X-Amz-Algorithm=", "a&X-Amz-Algorithm=x", "X-Amz-%41lgorithm=1"};

    (void)state;
    for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
        struct scene scene;

        scene_begin_v1_sent(&scene);
        scene.request.query = rn_str_c(queries[i]);
        assert_denied(&scene, "InvalidSignatureException",
                      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                      "HTTP header.");
        scene_end(&scene);
    }
}

#define NEEDS(part) "Authorization header requires '" part "' parameter. "
#define NEEDS_DATE \
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
#define HASHED(digest) "(Hashed with SHA-256 and encoded with Base64) Authorization=" digest

static void all_missing_pieces_are_listed(void **state)
{
    static const struct {
        const char *authorization, *message;
        bool dated;
    } cases[] = {
        {"X",
         NEEDS("Credential") NEEDS("Signature") NEEDS("SignedHeaders")
             NEEDS_DATE HASHED("S2irOEf+2n1sYsH7y+6/o16rc1HtXnj03a3qXfZLgBU="),
         false},
        {"AWS4- Signature=b Credential=a",
         NEEDS("SignedHeaders") HASHED("lqzVWZTjSXwYqfdwVbmrdpXDM92FffYY554MIYcS9fg="), true},
        {"AWS4- Signature=b,Credential=a",
         NEEDS("SignedHeaders") HASHED("N5van34yNMRKNKzVDBxhg03IHJqY/ssMAMLLufW2e+4="), true},
        {"AWS4- Signature=,Credential=a,SignedHeaders=",
         NEEDS("Signature") NEEDS("SignedHeaders")
             HASHED("Oe8Dh7PlpdoYzRfQTWZMSSXaBDs749YRrVoAZ60hMwk="),
         true},
        {"AWS4- Signature=a,Credential=a,SignedHeaders=a",
         NEEDS_DATE HASHED("p+Dlou8l6TlPE1Lx6IN3sY4yRzdDWaB9ikMAYHKFJ8o="), false},
        {"AWS4- signature=a,credential=a,signedheaders=a",
         NEEDS("Credential") NEEDS("Signature") NEEDS("SignedHeaders")
             HASHED("YzOoj/70IsOBM4P6lt4ldD38EgOg84hbf75zxfo+O5E="),
         true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        scene_begin_v1(&scene);
        scene_add(&scene, "Authorization", cases[i].authorization);
        if (!cases[i].dated) {
            scene_drop(&scene, "X-Amz-Date");
        }
        assert_denied(&scene, "IncompleteSignatureException", cases[i].message);
        scene_end(&scene);
    }
}

#define NO_EQUALS(digest)                                                                       \
    "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 " \
    "and encoded "                                                                              \
    "with Base64): '" digest "'."

static void a_word_without_equal_sign_is_no_parameter(void **state)
{
    static const struct {
        const char *authorization, *message;
    } cases[] = {
        {"Basic dXNlcjpwYXNz", NO_EQUALS("AK+rg3mIGeouojwZwNRMjBjZouASr4mu4FWMTXQQcD0=")},
        {"AWS4-HMAC-SHA256 Credential= a, Signature=b, SignedHeaders=c",
         NO_EQUALS("IYk5iPH+2DVpOX2waG4U5SvnIW3kfqmiYyjWen6MAhM=")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        scene_begin_v1(&scene);
        scene_add(&scene, "Authorization", cases[i].authorization);
        assert_denied(&scene, "IncompleteSignatureException", cases[i].message);
        scene_end(&scene);
    }
}

static void two_authorizations_are_refused(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene_add(&scene, "authorization", V1_AUTHORIZATION);
    assert_int_equal(scene_verify(&scene), RN_DENIED);
    assert_text(scene.failure.type, "IncompleteSignatureException");
    scene_end(&scene);
}

static void the_header_begins_with_the_algorithm(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1(&scene);
    scene_add(&scene, "Authorization", "Credential=a, Signature=b");
    assert_denied(&scene, "IncompleteSignatureException",
                  "Authorization header must begin with the algorithm name, which cannot include "
                  "an equal-sign.");
    scene_end(&scene);
}

#define QUERY_NEEDS(part) "AWS query-string parameters must include '" part "'. "
#define RE_EXAMINE "Re-examine the query-string parameters."

static void all_missing_query_parameters_are_listed(void **state)
{
    static const struct {
        const char *query, *message;
    } cases[] = {
        {"X-Amz-Algorithm", QUERY_NEEDS("X-Amz-Algorithm") QUERY_NEEDS("X-Amz-Credential")
                                QUERY_NEEDS("X-Amz-Signature") QUERY_NEEDS("X-Amz-SignedHeaders")
                                    QUERY_NEEDS("X-Amz-Date") RE_EXAMINE},
        {"X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d",
         QUERY_NEEDS("X-Amz-SignedHeaders") RE_EXAMINE},
        {"X-Amz-Algorithm=&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d&X-Amz-Date=e",
         QUERY_NEEDS("X-Amz-Algorithm") RE_EXAMINE},
        {"X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d",
         QUERY_NEEDS("X-Amz-Date") RE_EXAMINE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        scene_begin_v1(&scene); /* its X-Amz-Date header does not count */
        scene.request.query = rn_str_c(cases[i].query);
        assert_denied(&scene, "IncompleteSignatureException", cases[i].message);
        scene_end(&scene);
    }
}

/* Each request has two faults; the one that is checked first is the answer. */
static void faults_are_found_in_the_services_order(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin_v1_sent(&scene);
    scene.rules.now_ms = sig_at("20260115T110000Z");
    scene_set(&scene, "Authorization", scene_authorization(&scene, "1/2/3/4", "x", "0"));
    assert_int_equal(scene_verify(&scene), RN_DENIED); /* date before host */
    assert_memory_equal(scene.failure.message.data, "Signature expired", 17);
    scene.rules.now_ms = sig_at(DATE);
    scene_set(&scene, "Authorization", "X Credential=a, SignedHeaders=x, Signature=0");
    assert_int_equal(scene_verify(&scene), RN_DENIED); /* host before algorithm */
    assert_memory_equal(scene.failure.message.data, "'Host' or", 9);
    scene_set(&scene, "Authorization", "X Credential=a, SignedHeaders=host, Signature=0");
    assert_int_equal(scene_verify(&scene),
                     RN_DENIED); /* algorithm before the shape of the credential */
    assert_memory_equal(scene.failure.message.data, "Unsupported AWS", 15);
    scene_set(&scene, "Authorization",
              "AWS4-HMAC-SHA256 Credential=a/1/2/3/4, SignedHeaders=host, Signature=0");
    assert_int_equal(scene_verify(&scene), RN_DENIED); /* scope before the key */
    assert_memory_equal(scene.failure.message.data, "Credential should be scoped", 27);
    assert_int_equal(scene.lookups, 0);
    scene_set(&scene, "Authorization",
              "AWS4-HMAC-SHA256 Credential=a/" SCOPE ", SignedHeaders=host, Signature=0");
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_body_byte_is_a_mismatch),
        cmocka_unit_test(any_changed_part_of_the_request_is_a_mismatch),
        cmocka_unit_test(the_order_and_case_of_headers_do_not_matter),
        cmocka_unit_test(authorization_is_split_at_commas_and_blanks_in_any_order),
        cmocka_unit_test(signatures_must_be_64_lower_case_digits),
        cmocka_unit_test(each_wrong_part_of_the_scope_is_named_in_order),
        cmocka_unit_test(whoever_runs_the_server_is_told_which_scope_was_expected),
        cmocka_unit_test(without_an_expected_region_any_will_do),
        cmocka_unit_test(credentials_have_five_parts),
        cmocka_unit_test(the_host_must_be_signed),
        cmocka_unit_test(the_window_is_five_minutes_to_the_second),
        cmocka_unit_test(dates_have_the_basic_form),
        cmocka_unit_test(two_dates_are_no_date),
        cmocka_unit_test(a_date_header_stands_in_for_x_amz_date),
        cmocka_unit_test(a_changed_session_token_belongs_to_nobody),
        cmocka_unit_test(a_signature_over_authority_does_not_pass_as_one_over_host),
        cmocka_unit_test(host_and_authority_stand_for_one_another_on_the_wire),
        cmocka_unit_test(a_request_that_shows_both_passes_with_either_signed),
        cmocka_unit_test(other_algorithms_are_named_and_refused),
        cmocka_unit_test(a_request_without_credentials_misses_a_token),
        cmocka_unit_test(both_forms_at_once_are_refused),
        cmocka_unit_test(all_missing_pieces_are_listed),
        cmocka_unit_test(a_word_without_equal_sign_is_no_parameter),
        cmocka_unit_test(two_authorizations_are_refused),
        cmocka_unit_test(the_header_begins_with_the_algorithm),
        cmocka_unit_test(all_missing_query_parameters_are_listed),
        cmocka_unit_test(faults_are_found_in_the_services_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
