/* process.h - what a program asks of the kernel about itself, once, at start. */
#ifndef RN_SYS_PROCESS_H
#define RN_SYS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

bool rn_process_is_root(void);
/* This machine's name, cut if need be; "" where it has none. */
enum { RN_HOST_NAME_BYTES = 256 };
void rn_process_host_name(char *text);
uint64_t rn_process_id(void);
/* Whether standard error is a terminal. */
bool rn_process_on_terminal(void);
/* The soft limit of open files becomes the hard one; returns what holds now. */
uint64_t rn_process_raise_files(void);
/* A write to a pipe or socket that nobody reads fails instead of ending the program. */
void rn_process_ignore_broken_pipes(void);
/* Children that end leave nothing behind to wait for: those adopted by a process 1 too. */
void rn_process_forget_children(void);
/* At once, without running anything of ours. */
_Noreturn void rn_process_exit_now(int code);

#endif
