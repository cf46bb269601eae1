/* terminal.h - what a program may know of the terminal that its output goes to. */
#ifndef RN_SYS_TERMINAL_H
#define RN_SYS_TERMINAL_H

#include <stdbool.h>

bool rn_terminal_is(int fd);
/* Its width now in columns; 0: no terminal, or it does not say. */
int rn_terminal_columns(int fd);

#endif
