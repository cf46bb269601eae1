/* version.c - runnel version. */
#include "cli/command.h"
#include "cli/exit.h"

#include <stdio.h>
#include <string.h>

int rn_command_version(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") != 0) {
        (void)fprintf(stderr, "runnel version: takes no arguments, but got \"%s\"\n", argv[1]);
        return RN_EXIT_USAGE;
    }
    if (argc > 1) {
        (void)puts("usage: runnel version\n\nPrints the version of this program.");
    } else {
        (void)puts("runnel " RN_VERSION);
    }
    return RN_EXIT_OK;
}
