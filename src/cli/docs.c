/* docs.c - `runnel docs`: the manual page, the shells' completions and the configuration file with every
 * default, printed from the tables that parse command lines and settings. The build installs what it prints. */
#include "cli/docs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command/serve.h"
#include "tool/exit.h"

enum { CONF_COLUMNS = 96 };

void rn_docs_each(void (*fn)(void *arg, const struct rn_command_line *line), void *arg)
{
    size_t count;
    const struct rn_command *table = rn_command_table(&count);
    char name[32];
    char *words[] = {name, NULL};

    rn_options_tell(fn, arg);
    for (size_t i = 0; i < count; i++) {
        if (table[i].help) {
            (void)snprintf(name, sizeof(name), "%s", table[i].name);
            (void)table[i].run(1, words);
        }
    }
    rn_options_tell(NULL, NULL);
}

enum rn_docs_offer rn_docs_offer(const struct rn_option *option)
{
    if (option->choices) {
        return RN_OFFER_CHOICES;
    }
    if (option->value && strcmp(option->value, "FILE") == 0) {
        return RN_OFFER_FILES;
    }
    return option->value && strcmp(option->value, "DIR") == 0 ? RN_OFFER_DIRECTORIES
                                                              : RN_OFFER_NOTHING;
}

/* ---- the manual page: roff(7) with the macros of man(7) --------------------------------------- */

static void put_byte(char byte)
{
    if (byte == '\\') {
        (void)fputs("\\e", stdout);
    } else if (byte == '-') {
        (void)fputs("\\-", stdout);
    } else {
        (void)putchar(byte);
    }
}

/* Text in a line of its own or in the midst of one: nothing in it is a request or an escape. */
static void put_words(const char *text)
{
    for (; *text; text++) {
        put_byte(*text);
    }
}

/* Lines of prose; one that begins with a blank is an example. */
static void put_prose(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        bool is_example = *text == ' ';

        (void)fputs(is_example ? ".PP\n.EX\n" : "", stdout);
        (void)fputs(*text == '.' || *text == '\'' ? "\\&" : "", stdout);
        for (size_t i = 0; i < len; i++) {
            put_byte(text[i]);
        }
        (void)fputs(is_example ? "\n.EE\n.PP\n" : "\n", stdout);
        text += len + (text[len] == '\n');
    }
}

static void put_tag(const char *name, const char *value)
{
    (void)fputs(".TP\n\\fB", stdout);
    put_words(name);
    (void)fputs("\\fR", stdout);
    if (value) {
        (void)fputs(" \\fI", stdout);
        put_words(value);
        (void)fputs("\\fR", stdout);
    }
    (void)putchar('\n');
}

static void put_default(const struct rn_option *option)
{
    if (option->text && *option->text) {
        (void)fputs("; default: ", stdout);
        put_words(*option->text);
    } else if (option->number && *option->number) {
        (void)printf("; default: %lld", (long long)*option->number);
    } else if (option->unset) {
        (void)fputs("; default: ", stdout);
        put_words(option->unset);
    }
}

static void put_option(const struct rn_option *option)
{
    char flag[64];

    (void)snprintf(flag, sizeof(flag), "--%s", option->name);
    put_tag(flag, option->value);
    put_words(option->help);
    if (option->choices && option->value && strcmp(option->choices, option->value) != 0) {
        (void)fputs("; one of ", stdout);
        put_words(option->choices);
    }
    put_default(option);
    (void)fputs(".\n", stdout);
}

/* The settings stand once, with the first command that takes them. */
static bool told_already(const struct rn_command_line *line, bool *settings_told)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);
    bool are_settings = line->option_count == count && line->options[0].name == table[0].name;
    bool told = are_settings && *settings_told;

    *settings_told |= are_settings;
    return told;
}

static void put_command(void *arg, const struct rn_command_line *line)
{
    size_t shown = told_already(line, arg) ? 0 : line->option_count;

    (void)fputs(".SS \"runnel ", stdout);
    put_words(line->command);
    (void)fputs(line->option_count ? " [OPTION...]" : "", stdout);
    for (size_t i = 0; i < line->verb_count; i++) {
        (void)fputs(i ? " | " : " ", stdout);
        put_words(line->verbs[i].name);
        (void)putchar(' ');
        put_words(line->verbs[i].arguments);
    }
    if (!line->verb_count) {
        (void)fputs(line->arguments[0] ? " " : "", stdout);
        put_words(line->arguments);
    }
    (void)fputs("\"\n", stdout);
    put_prose(line->about);
    for (size_t i = 0; i < shown; i++) {
        put_option(&line->options[i]);
    }
}

static const struct {
    const char *name, *means;
} variables[] = {
    {"RUNNEL_ROOT_ACCESS_KEY_ID", "the root access key of a new data directory"},
    {"RUNNEL_ROOT_SECRET_ACCESS_KEY", "its secret; it stays in DATA/credentials"},
    {"STATE_DIRECTORY", "the data directory of a service, as its manager sets it"},
    {"CONFIGURATION_DIRECTORY", "where a service has its runnel.conf, as its manager sets it"},
    {"NOTIFY_SOCKET", "where a service manager hears of ready, reloading and stopping"},
    {"WATCHDOG_USEC", "how often that wants a sign of life"},
    {"AWS_ENDPOINT_URL_KINESIS", "the server that the client commands talk to"},
    {"AWS_ACCESS_KEY_ID", "the key that they sign with"},
    {"AWS_SECRET_ACCESS_KEY", "its secret"},
    {"AWS_SESSION_TOKEN", "its session token"},
    {"AWS_REGION", "the region that they sign for; else AWS_DEFAULT_REGION"},
    {"AWS_PROFILE", "the profile in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"},
    {"AWS_CA_BUNDLE", "certificates to trust, a PEM file"},
};

static void put_variables(void)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);

    (void)puts(".SH ENVIRONMENT");
    for (size_t i = 0; i < count; i++) {
        char name[RN_SETTING_NAME_BYTES], flag[RN_SETTING_NAME_BYTES + 2];

        put_tag(rn_setting_variable(&table[i], name), NULL);
        (void)snprintf(flag, sizeof(flag), "--%s", table[i].name);
        (void)fputs("as ", stdout);
        put_words(flag);
        (void)fputs(" of runnel serve.\n", stdout);
    }
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        put_tag(variables[i].name, NULL);
        put_words(variables[i].means);
        (void)fputs(".\n", stdout);
    }
}

static void put_exit_codes(void)
{
    static const struct {
        int code;
        const char *means;
    } codes[] = {
#define X(name, code, text) {code, text},
        RN_EXIT_MAP(X)
#undef X
    };

    (void)puts(".SH EXIT STATUS");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        (void)printf(".TP\n\\fB%d\\fR\n", codes[i].code);
        put_words(codes[i].means);
        (void)fputs(".\n", stdout);
    }
}

static void print_man(void)
{
    bool settings_told = false;

    (void)puts(
        ".TH RUNNEL 1 \"\" \"runnel " RN_VERSION "\" \"User Commands\"\n"
        ".SH NAME\n"
        "runnel \\- streaming data service that speaks the Amazon Kinesis Data Streams API\n"
        ".SH SYNOPSIS\n"
        ".B runnel\n"
        ".I COMMAND\n"
        "[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
        ".SH DESCRIPTION\n"
        "Runnel is a server that unmodified AWS SDKs and the AWS CLI use as Kinesis Data Streams,\n"
        "and the tools to work with it.\n"
        "An option is given as \\-\\-name value or \\-\\-name=value;\n"
        "every command answers \\fB\\-\\-help\\fR.\n"
        ".SH COMMANDS");
    rn_docs_each(put_command, &settings_told);
    (void)puts(
        ".SH CONFIGURATION FILE\n"
        "Lines of the form key = value; keys are the options of \\fBrunnel serve\\fR without\n"
        "dashes. A # at the start of a line or behind a blank begins a comment.\n"
        "A list takes commas, or a line for each item; anything else may stand once.\n"
        "\\fBrunnel config\\fR says which line a value comes from. For example:\n"
        ".PP\n"
        ".EX\n"
        "listen = 0.0.0.0:4567\n"
        "cache = 1GiB\n"
        "log\\-format = json\n"
        ".EE");
    put_variables();
    (void)puts(
        ".SH FILES\n"
        ".TP\n\\fI/etc/runnel/runnel.conf\\fR\nThe configuration file of root and of the service.\n"
        ".TP\n\\fI$XDG_CONFIG_HOME/runnel/runnel.conf\\fR\nThat of anybody else.\n"
        ".TP\n\\fI/var/lib/runnel\\fR\nThe data directory of root and of the service.\n"
        ".TP\n\\fI$XDG_STATE_HOME/runnel\\fR\nThat of anybody else.\n"
        ".TP\n\\fIDATA/credentials\\fR\nThe root access key, in the form that AWS tools read.\n"
        ".SH SIGNALS\n"
        ".TP\n\\fBSIGTERM\\fR, \\fBSIGINT\\fR\n"
        "The server finishes what is under way and ends; a second one ends it at once.\n"
        ".TP\n\\fBSIGHUP\\fR\n"
        "The server reads its settings again. On a terminal it ends.");
    put_exit_codes();
}

/* ---- the configuration file -------------------------------------------------------------------- */

/* `text` as comment lines, broken at blanks. */
static void put_comment(const char *text)
{
    size_t column = 1;

    (void)putchar('#');
    while (*text) {
        size_t len = strcspn(text, " ");

        if (column + 1 + len > CONF_COLUMNS) {
            (void)fputs("\n#", stdout);
            column = 1;
        }
        (void)printf(" %.*s", (int)len, text);
        column += 1 + len;
        text += len + (text[len] == ' ');
    }
    (void)putchar('\n');
}

static void put_setting(const struct rn_setting *setting)
{
    char help[512];

    (void)snprintf(
        help, sizeof(help), "%s.%s%s%s", setting->help, setting->default_text ? "" : " Default: ",
        setting->default_text ? "" : setting->default_note, setting->default_text ? "" : ".");
    help[0] = (char)toupper((unsigned char)help[0]);
    (void)putchar('\n');
    put_comment(help);
    (void)printf("#%s = %s\n", setting->name,
                 setting->default_text ? setting->default_text : setting->value_name);
}

static void print_conf(void)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);

    (void)puts(
        "# runnel.conf - settings of the Runnel server: lines of the form key = value.\n"
        "# Each is shown with its default. Variables (RUNNEL_CACHE) and flags (--cache) beat this\n"
        "# file; \"runnel config\" prints what is in force and where it comes from.");
    for (size_t i = 0; i < count; i++) {
        if (table[i].offset != offsetof(struct rn_settings, config)) {
            put_setting(&table[i]);
        }
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} prints[] = {
    {"man", print_man},   {"conf", print_conf},   {"bash", rn_docs_bash},
    {"zsh", rn_docs_zsh}, {"fish", rn_docs_fish},
};

int rn_command_docs(int argc, char **argv)
{
    const struct rn_command_line line = {.command = "docs",
                                         .arguments = "man|conf|bash|zsh|fish",
                                         .about = "Prints the manual page, the configuration file "
                                                  "with every default, or completions for a\n"
                                                  "shell.",
                                         .arguments_min = 1,
                                         .arguments_max = 1};
    const char *arguments[RN_ARGUMENTS_MAX];
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code != RN_GO_ON) {
        return code;
    }
    for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
        if (strcmp(arguments[0], prints[i].name) == 0) {
            prints[i].print();
            return RN_EXIT_OK;
        }
    }
    return rn_complain("docs", RN_EXIT_USAGE, "there is no '%s' to print, only %s", arguments[0],
                       line.arguments);
}
