/* Files of limits.
 *
 * HOLDS      A text is taken, and every value is one that its limit may have; or it is refused with a
 *            reason that names the file and a line. What a taken text says, written out and read again,
 *            gives the same values. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/limit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round(const struct rn_limits *limits)
{
    struct rn_limits again = rn_limits_off();
    struct rn_reason reason;
    struct rn_buf text;
    char value[RN_LIMIT_VALUE_BYTES];

    rn_buf_init(&text, RN_LIMITS_FILE_BYTES_MAX);
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        assert(rn_limit_value_valid((enum rn_limit)i, limits->value[i]));
        rn_buf_printf(&text, "%s = %s\n", rn_limit_row((enum rn_limit)i)->name,
                      rn_limit_value_text(limits->value[i], value));
    }
    assert(rn_limits_read(rn_buf_str(&text), "f", &again, &reason) == RN_OK);
    assert(memcmp(&again, limits, sizeof(again)) == 0);
    rn_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rn_limits limits = rn_limits_aws(RN_STR("us-east-1"));
    struct rn_reason reason = {""};
    char *text = malloc(size + 1); /* of that size, so that reading on is seen */

    assert(text);
    memcpy(text, data, size);
    if (rn_limits_read(rn_str_make(text, size), "f", &limits, &reason) == RN_OK) {
        check_round(&limits);
    } else {
        assert(strncmp(reason.text, "f:", 2) == 0 && strlen(reason.text) < sizeof(reason.text));
    }
    free(text);
    return 0;
}
