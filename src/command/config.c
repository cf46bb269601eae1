/* config.c - runnel config: what runnel serve would use, and where each value comes from. */
#include "command/command.h"
#include "command/serve.h"
#include "tool/exit.h"

#include <stdio.h>

int rn_command_config(int argc, char **argv)
{
    struct rn_serve_settings settings;
    struct rn_serve_line line;
    char place[RN_SETTING_PLACE_BYTES];
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);
    int code;

    rn_serve_line_make(
        "config",
        "Prints each setting of runnel serve with its value and its source: an option, a\n"
        "variable, file and line, or the default. Takes the options of runnel serve and\n"
        "starts nothing.",
        &line);
    if (rn_serve_line_answers(&line, argc, argv)) {
        return RN_EXIT_OK;
    }
    code = rn_serve_settings_read(argc, argv, &settings);
    if (code) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        rn_str text = rn_setting_text(&table[i], &settings.values, settings.arena);

        (void)printf("%-18s %-32.*s %s\n", table[i].name,
                     RN_STR_ARG(text.data ? text : RN_STR("-")),
                     rn_setting_place(&table[i], &settings.values, &settings.origin, place));
    }
    rn_serve_settings_done(&settings);
    return RN_EXIT_OK;
}
