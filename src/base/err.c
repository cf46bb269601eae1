/* err.c - codes to words, and the sentence for an operator. */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

const char *rn_err_text(rn_err err)
{
    static const char *const texts[RN_ERR_COUNT] = {
#define X(code, text) [code] = text,
        RN_ERR_MAP(X)
#undef X
    };

    if ((unsigned)err >= RN_ERR_COUNT) {
        return "unknown error";
    }
    return texts[err];
}

rn_err rn_reason_set(struct rn_reason *reason, rn_err err, const char *fmt, ...)
{
    va_list args;

    assert(err != RN_OK);
    if (!reason) {
        return err;
    }
    va_start(args, fmt);
    if (vsnprintf(reason->text, sizeof(reason->text), fmt, args) < 0) {
        reason->text[0] = '\0';
    }
    va_end(args);
    return err;
}
