/* terminal.h - how to write for the person who reads: the width of the lines, and whether beyond ASCII. */
#ifndef RN_TOOL_TERMINAL_H
#define RN_TOOL_TERMINAL_H

#include <stdbool.h>

struct rn_terminal {
    int columns; /* COLUMNS, else what the terminal says, else 80 */
    bool utf8;   /* of LC_ALL, LC_CTYPE, LANG the first that is set names it */
    bool is_one; /* not a file or a pipe */
};

/* What `fd` goes to. */
struct rn_terminal rn_terminal_of(int fd);

#endif
