/* terminal.c - see terminal.h. */
#include "sys/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

bool rn_terminal_is(int fd)
{
    return isatty(fd) == 1;
}

int rn_terminal_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
