/* version.c - runnel version. */
#include "cli/table.h"
#include "command/command.h"
#include "tool/exit.h"
#include "tool/options.h"

#include <stdio.h>

int rn_command_version(int argc, char **argv)
{
    const struct rn_command_line line = {
        .command = "version", .arguments = "", .about = "Prints the version of this program."};
    const char *arguments[RN_ARGUMENTS_MAX];
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code != RN_GO_ON) {
        return code;
    }
    (void)puts("runnel " RN_VERSION);
    return RN_EXIT_OK;
}
