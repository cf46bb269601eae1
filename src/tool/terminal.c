/* terminal.c - see terminal.h. */
#include "tool/terminal.h"

#include <stdlib.h>
#include <strings.h>

#include "base/str.h"
#include "sys/terminal.h"

enum { COLUMNS_DEFAULT = 80, COLUMNS_LEAST = 20, COLUMNS_MOST = 1000 };

static bool speaks_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);

        if (value && value[0]) {
            const char *charset = strchr(value, '.');

            return charset && (strncasecmp(charset, ".UTF-8", 6) == 0 ||
                               strncasecmp(charset, ".UTF8", 5) == 0);
        }
    }
    return false;
}

static int columns_of(int fd)
{
    const char *variable = getenv("COLUMNS");
    uint64_t wanted = 0;

    if (!variable || !rn_str_to_u64(rn_str_c(variable), &wanted) || !wanted) {
        wanted = (uint64_t)rn_terminal_columns(fd);
    }
    if (!wanted) {
        return COLUMNS_DEFAULT;
    }
    return wanted < COLUMNS_LEAST  ? COLUMNS_LEAST
           : wanted > COLUMNS_MOST ? COLUMNS_MOST
                                   : (int)wanted;
}

struct rn_terminal rn_terminal_of(int fd)
{
    return (struct rn_terminal){columns_of(fd), speaks_utf8(), rn_terminal_is(fd)};
}
