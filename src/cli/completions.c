/* completions.c - what bash, zsh and fish offer behind "runnel", printed from the command lines' tables. */
#include "cli/docs.h"

#include <stdio.h>
#include <string.h>

/* Choices ("fail|skip") as words. */
static void put_choices(const char *choices)
{
    for (; *choices; choices++) {
        (void)putchar(*choices == '|' ? ' ' : *choices);
    }
}

static void put_commands(void)
{
    size_t count;
    const struct rn_command *table = rn_command_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (table[i].help) {
            (void)printf("%s%s", i > 0 ? " " : "", table[i].name);
        }
    }
}

static bool takes(const struct rn_command_line *line, const char *what)
{
    return line->arguments && strstr(line->arguments, what);
}

/* Words that are known in advance: commands, or what the command can do. */
static bool has_first_words(const struct rn_command_line *line)
{
    return line->verb_count || takes(line, "COMMAND");
}

static void put_first_words(const struct rn_command_line *line)
{
    if (!line->verb_count) {
        put_commands();
    }
    for (size_t i = 0; i < line->verb_count; i++) {
        (void)printf("%s%s", i > 0 ? " " : "", line->verbs[i].name);
    }
}

/* ---- bash: programmable completion; what it leaves empty, bash fills with file names ---- */

static void bash_values(void *arg, const struct rn_command_line *line)
{
    (void)arg;
    for (size_t i = 0; i < line->option_count; i++) {
        const struct rn_option *option = &line->options[i];

        if (!option->value) {
            continue;
        }
        (void)printf("    \"%s --%s\") ", line->command, option->name);
        switch (rn_docs_offer(option)) {
        case RN_OFFER_CHOICES:
            (void)fputs("_runnel_offer \"", stdout);
            put_choices(option->choices);
            (void)puts("\" ;;");
            break;
        case RN_OFFER_FILES:
            (void)puts("compopt -o default ;;");
            break;
        case RN_OFFER_DIRECTORIES:
            (void)puts("compopt -o dirnames ;;");
            break;
        case RN_OFFER_NOTHING:
            (void)puts(": ;;");
            break;
        }
    }
}

static void bash_options(void *arg, const struct rn_command_line *line)
{
    (void)arg;
    (void)printf("    %s) options=\"", line->command);
    for (size_t i = 0; i < line->option_count; i++) {
        (void)printf("--%s ", line->options[i].name);
    }
    (void)fputs("--help\" words=\"", stdout);
    if (has_first_words(line)) {
        put_first_words(line);
    }
    (void)printf("\"%s ;;\n", takes(line, "FILE") ? " files=1" : "");
}

void rn_docs_bash(void)
{
    (void)puts("# bash completion for runnel\n"
               "_runnel_offer() {\n"
               "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
               "}\n"
               "\n"
               "_runnel() {\n"
               "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
               "    local command=${COMP_WORDS[1]} options= words= files=\n"
               "    COMPREPLY=()\n"
               "    # bash makes a word of the '=' in --option=value\n"
               "    if [ \"$cur\" = \"=\" ]; then\n"
               "        cur=\n"
               "    elif [ \"$prev\" = \"=\" ]; then\n"
               "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
               "    fi\n"
               "    if [ \"$COMP_CWORD\" -eq 1 ]; then");
    (void)fputs("        _runnel_offer \"", stdout);
    put_commands();
    (void)puts("\"\n        return\n    fi\n    case \"$command $prev\" in");
    rn_docs_each(bash_values, NULL);
    (void)puts("    *) _runnel_word ;;\n    esac\n}\n\n_runnel_word() {\n    case $command in");
    rn_docs_each(bash_options, NULL);
    (void)puts("    esac\n"
               "    case $cur in\n"
               "    -*) _runnel_offer \"$options\" ;;\n"
               "    *) if [ -n \"$files\" ]; then compopt -o default\n"
               "       elif [ \"$COMP_CWORD\" -eq 2 ]; then _runnel_offer \"$words\"; fi ;;\n"
               "    esac\n"
               "}\n"
               "\n"
               "complete -F _runnel runnel");
}

/* ---- zsh: _arguments ---- */

/* In single quotes, and in brackets: both are escaped, and the colon that parts a spec. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            (void)fputs("'\\''", stdout);
        } else if (strchr("[]:\\", *text)) {
            (void)printf("\\%c", *text);
        } else {
            (void)putchar(*text);
        }
    }
}

static void zsh_option(const struct rn_option *option)
{
    (void)printf(" \\\n            '%s--%s%s[", option->repeats ? "*" : "", option->name,
                 option->value ? "=" : "");
    zsh_text(option->help);
    (void)putchar(']');
    if (option->value) {
        (void)putchar(':');
        zsh_text(option->value);
        (void)putchar(':');
    }
    switch (rn_docs_offer(option)) {
    case RN_OFFER_CHOICES:
        (void)putchar('(');
        put_choices(option->choices);
        (void)putchar(')');
        break;
    case RN_OFFER_FILES:
        (void)fputs("_files", stdout);
        break;
    case RN_OFFER_DIRECTORIES:
        (void)fputs("_files -/", stdout);
        break;
    case RN_OFFER_NOTHING:
        break;
    }
    (void)putchar('\'');
}

static void zsh_command(void *arg, const struct rn_command_line *line)
{
    (void)arg;
    (void)printf("    %s)\n        _arguments", line->command);
    for (size_t i = 0; i < line->option_count; i++) {
        zsh_option(&line->options[i]);
    }
    (void)fputs(" \\\n            '--help[print this and exit]'", stdout);
    if (has_first_words(line)) {
        (void)fputs(" \\\n            '1:command:(", stdout);
        put_first_words(line);
        (void)fputs(")'", stdout);
    } else if (line->arguments[0]) {
        (void)printf(" \\\n            '*:argument:%s'", takes(line, "FILE") ? "_files" : "");
    }
    (void)puts("\n        ;;");
}

void rn_docs_zsh(void)
{
    size_t count;
    const struct rn_command *table = rn_command_table(&count);

    (void)puts("#compdef runnel\n"
               "# zsh completion for runnel\n"
               "_runnel() {\n"
               "    local -a commands\n"
               "    commands=(");
    for (size_t i = 0; i < count; i++) {
        if (table[i].help) {
            (void)printf("        '%s:", table[i].name);
            zsh_text(table[i].help);
            (void)puts("'");
        }
    }
    (void)puts("    )\n"
               "    if (( CURRENT == 2 )); then\n"
               "        _describe -t commands command commands\n"
               "        return\n"
               "    fi\n"
               "    local command=${words[2]}\n"
               "    shift words\n"
               "    (( CURRENT-- ))\n"
               "    case $command in");
    rn_docs_each(zsh_command, NULL);
    (void)puts("    esac\n"
               "}\n"
               "\n"
               "if [ \"$funcstack[1]\" = _runnel ]; then\n"
               "    _runnel \"$@\"\n"
               "else\n"
               "    compdef _runnel runnel\n"
               "fi");
}

/* ---- fish ---- */

static void fish_text(const char *text)
{
    (void)putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            (void)putchar('\\');
        }
        (void)putchar(*text);
    }
    (void)putchar('\'');
}

static void fish_option(const struct rn_option *option)
{
    (void)printf(" -l %s", option->name);
    switch (rn_docs_offer(option)) {
    case RN_OFFER_CHOICES:
        (void)fputs(" -x -a '", stdout);
        put_choices(option->choices);
        (void)putchar('\'');
        break;
    case RN_OFFER_FILES:
        (void)fputs(" -r -F", stdout);
        break;
    case RN_OFFER_DIRECTORIES:
        (void)fputs(" -x -a '(__fish_complete_directories)'", stdout);
        break;
    case RN_OFFER_NOTHING:
        (void)fputs(option->value ? " -x" : "", stdout);
        break;
    }
    (void)fputs(" -d ", stdout);
    fish_text(option->help);
    (void)putchar('\n');
}

static void fish_command(void *arg, const struct rn_command_line *line)
{
    (void)arg;
    for (size_t i = 0; i < line->option_count; i++) {
        (void)printf("complete -c runnel -n '__fish_seen_subcommand_from %s'", line->command);
        fish_option(&line->options[i]);
    }
    (void)printf(
        "complete -c runnel -n '__fish_seen_subcommand_from %s' -l help -d 'print this and exit'\n",
        line->command);
    if (takes(line, "FILE")) {
        (void)printf("complete -c runnel -n '__fish_seen_subcommand_from %s' -F\n", line->command);
    }
    if (has_first_words(line)) {
        (void)printf("complete -c runnel -n '__fish_seen_subcommand_from %s; and test (count "
                     "(commandline -poc)) -eq 2' -a '",
                     line->command);
        put_first_words(line);
        (void)puts("'");
    }
}

void rn_docs_fish(void)
{
    size_t count;
    const struct rn_command *table = rn_command_table(&count);

    (void)puts("# fish completion for runnel\ncomplete -c runnel -f");
    for (size_t i = 0; i < count; i++) {
        if (table[i].help) {
            (void)printf("complete -c runnel -n __fish_use_subcommand -a %s -d ", table[i].name);
            fish_text(table[i].help);
            (void)putchar('\n');
        }
    }
    rn_docs_each(fish_command, NULL);
}
