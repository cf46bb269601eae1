/* options.c - one loop over argv, one over the rows. */
#include "tool/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/exit.h"

int rn_complain(const char *command, int code, const char *fmt, ...)
{
    va_list args;

    (void)fflush(stdout);
    (void)fprintf(stderr, "runnel %s: ", command);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return code;
}

static void (*teller)(void *arg, const struct rn_command_line *line);
static void *teller_arg;

void rn_options_tell(void (*fn)(void *arg, const struct rn_command_line *line), void *arg)
{
    teller = fn;
    teller_arg = arg;
}

bool rn_options_told(const struct rn_command_line *line)
{
    if (teller) {
        teller(teller_arg, line);
    }
    return teller != NULL;
}

void rn_options_print_help(const struct rn_command_line *line)
{
    for (size_t i = 0; i < line->verb_count; i++) {
        (void)printf("%s runnel %s %s %s [options]\n", i ? "      " : "usage:", line->command,
                     line->verbs[i].name, line->verbs[i].arguments);
    }
    if (!line->verb_count) {
        (void)printf("usage: runnel %s [options]%s%s\n", line->command,
                     line->arguments[0] ? " " : "", line->arguments);
    }
    (void)printf("\n%s\n\noptions:\n", line->about);
    for (size_t i = 0; i < line->option_count; i++) {
        const struct rn_option *option = &line->options[i];
        char left[64];

        (void)snprintf(left, sizeof(left), "--%s%s%s", option->name, option->value ? " " : "",
                       option->value ? option->value : "");
        (void)printf("  %-26s %s", left, option->help);
        if (option->choices) {
            (void)printf(" (%s)", option->choices);
        }
        if (option->text && *option->text) {
            (void)printf(" [%s]", *option->text);
        } else if (option->number && *option->number) {
            (void)printf(" [%lld]", (long long)*option->number);
        } else if (option->unset) {
            (void)printf(" [%s]", option->unset);
        }
        (void)putchar('\n');
    }
    (void)printf("  %-26s %s\n", "--help", "print this and exit");
}

static bool among(const char *choices, const char *value)
{
    size_t len = strlen(value);

    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (len && strncmp(at, value, len) == 0 && (at[len] == '|' || at[len] == 0)) {
            return true;
        }
    }
    return false;
}

static int set_number(const struct rn_command_line *line, const struct rn_option *option,
                      const char *value)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno || end == value || *end || number < option->number_min ||
        number > option->number_max) {
        return rn_complain(line->command, RN_EXIT_USAGE,
                           "--%s must be a whole number from %lld to %lld, not '%s'", option->name,
                           (long long)option->number_min, (long long)option->number_max, value);
    }
    *option->number = number;
    return RN_GO_ON;
}

static int set_value(const struct rn_command_line *line, const struct rn_option *option,
                     const char *value)
{
    if (option->number) {
        return set_number(line, option, value);
    }
    if (option->choices && !among(option->choices, value)) {
        return rn_complain(line->command, RN_EXIT_USAGE, "--%s must be one of %s, not '%s'",
                           option->name, option->choices, value);
    }
    *option->text = value;
    return RN_GO_ON;
}

static const struct rn_option *row_of(const struct rn_command_line *line, const char *word,
                                      size_t len)
{
    for (size_t i = 0; i < line->option_count; i++) {
        if (strlen(line->options[i].name) == len && memcmp(line->options[i].name, word, len) == 0) {
            return &line->options[i];
        }
    }
    return NULL;
}

/* The option at argv[*at]; *at moves to its last word. */
static int take_option(const struct rn_command_line *line, int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 2, *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct rn_option *option = row_of(line, word, len);

    if (!option) {
        return rn_complain(line->command, RN_EXIT_USAGE,
                           "there is no option '%s'; 'runnel %s --help' lists them", argv[*at],
                           line->command);
    }
    if (option->on) {
        if (equals) {
            return rn_complain(line->command, RN_EXIT_USAGE, "--%s takes no value", option->name);
        }
        *option->on = true;
        return RN_GO_ON;
    }
    if (!equals && *at + 1 >= argc) {
        return rn_complain(line->command, RN_EXIT_USAGE, "--%s needs a value: %s", option->name,
                           option->value);
    }
    return set_value(line, option, equals ? equals + 1 : argv[++*at]);
}

static size_t words_max(const struct rn_command_line *line)
{
    size_t most = line->verbs ? RN_ARGUMENTS_MAX : line->arguments_max;

    return most < RN_ARGUMENTS_MAX - 1 ? most : RN_ARGUMENTS_MAX - 1;
}

/* The names of the verbs, for a sentence. */
static void list_verbs(const struct rn_command_line *line, char *text, size_t size)
{
    size_t len = 0;

    text[0] = 0;
    for (size_t i = 0; i < line->verb_count && len < size; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "", line->verbs[i].name);
    }
}

/* The first word is the verb, and leaves the arguments. */
static int take_verb(const struct rn_command_line *line, const char **arguments, size_t *count)
{
    char names[128];
    const struct rn_verb *verb = NULL;

    list_verbs(line, names, sizeof(names));
    if (!*count) {
        return rn_complain(line->command, RN_EXIT_USAGE, "what to do is missing: one of %s", names);
    }
    for (size_t i = 0; i < line->verb_count && !verb; i++) {
        verb = strcmp(arguments[0], line->verbs[i].name) == 0 ? &line->verbs[i] : NULL;
    }
    if (!verb) {
        return rn_complain(line->command, RN_EXIT_USAGE, "'%s' is not one of %s", arguments[0],
                           names);
    }
    memmove(arguments, arguments + 1, *count * sizeof(*arguments)); /* the NULL comes too */
    if (--*count < verb->arguments_min) {
        return rn_complain(line->command, RN_EXIT_USAGE,
                           "an argument is missing (usage: runnel %s %s %s)", line->command,
                           verb->name, verb->arguments);
    }
    if (*count > verb->arguments_max) {
        return rn_complain(
            line->command, RN_EXIT_USAGE, "one argument too many: '%s' (usage: runnel %s %s %s)",
            arguments[verb->arguments_max], line->command, verb->name, verb->arguments);
    }
    *line->verb = (size_t)(verb - line->verbs);
    return RN_GO_ON;
}

int rn_options_parse(const struct rn_command_line *line, int argc, char **argv,
                     const char **ret_arguments, size_t *ret_count)
{
    bool options_end = false;

    if (rn_options_told(line)) {
        return RN_EXIT_OK;
    }
    *ret_count = 0;
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];

        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
        } else if (!options_end && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            rn_options_print_help(line);
            return RN_EXIT_OK;
        } else if (!options_end && word[0] == '-' && word[1] == '-') {
            int code = take_option(line, argc, argv, &at);

            if (code != RN_GO_ON) {
                return code;
            }
        } else if (!options_end && word[0] == '-' && word[1]) {
            return rn_complain(line->command, RN_EXIT_USAGE,
                               "there is no option '%s'; 'runnel %s --help' lists them", word,
                               line->command);
        } else if (*ret_count == words_max(line)) {
            return rn_complain(line->command, RN_EXIT_USAGE,
                               "one argument too many: '%s' (usage: runnel %s %s)", word,
                               line->command, line->verbs ? "VERB ..." : line->arguments);
        } else {
            ret_arguments[(*ret_count)++] = word;
        }
    }
    ret_arguments[*ret_count] = NULL;
    if (line->verbs) {
        return take_verb(line, ret_arguments, ret_count);
    }
    if (*ret_count < line->arguments_min) {
        return rn_complain(line->command, RN_EXIT_USAGE,
                           "an argument is missing (usage: runnel %s %s)", line->command,
                           line->arguments);
    }
    return RN_GO_ON;
}
