/* engine.c - words for outcomes. */
#include "engine/engine.h"

const char *rn_outcome_text(enum rn_outcome outcome)
{
    switch (outcome) {
#define X(code, text) \
    case code:        \
        return text;
        RN_OUTCOME_MAP(X)
#undef X
    }
    return "no such outcome";
}
