/* docs.h - what is printed from the tables: every subcommand's line, in the order of the table of commands. */
#ifndef RN_CLI_DOCS_H
#define RN_CLI_DOCS_H

#include "cli/table.h"
#include "command/command.h"
#include "tool/options.h"

/* Each visible command in turn; its line lives for the call. */
void rn_docs_each(void (*fn)(void *arg, const struct rn_command_line *line), void *arg);

/* Completions for a shell, on standard output. */
void rn_docs_bash(void);
void rn_docs_zsh(void);
void rn_docs_fish(void);

/* What a shell may offer as the value of an option, or as an argument. */
enum rn_docs_offer { RN_OFFER_NOTHING, RN_OFFER_CHOICES, RN_OFFER_FILES, RN_OFFER_DIRECTORIES };
enum rn_docs_offer rn_docs_offer(const struct rn_option *option);

#endif
