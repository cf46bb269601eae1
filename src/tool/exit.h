/* exit.h - what a process says with its exit code: the one table, for every subcommand.
 * The numbers of 64 to 77 are those of sysexits(3); 130 is what a shell reports for Ctrl-C. */
#ifndef RN_TOOL_EXIT_H
#define RN_TOOL_EXIT_H

#define RN_EXIT_MAP(X)                                                                      \
    X(RN_EXIT_OK, 0, "everything was done")                                                 \
    X(RN_EXIT_PARTLY, 1, "some of it failed; the rest was done")                            \
    X(RN_EXIT_USAGE, 2, "the command line or a setting is wrong")                           \
    X(RN_EXIT_BAD_DATA, 65, "the input, or stored data, breaks a rule")                     \
    X(RN_EXIT_UNAVAILABLE, 69, "a server, a stream or a program is unreachable or missing") \
    X(RN_EXIT_BUG, 70, "Runnel contradicted itself; please report it")                      \
    X(RN_EXIT_CANNOT_CREATE, 73, "a file or directory cannot be made or written")           \
    X(RN_EXIT_TAKEN, 75, "a port, a lock or a directory is taken by another process")       \
    X(RN_EXIT_DENIED, 77, "not authorised, or not permitted")                               \
    X(RN_EXIT_INTERRUPTED, 130, "interrupted by Ctrl-C")

enum rn_exit {
#define X(name, code, text) name = code,
    RN_EXIT_MAP(X)
#undef X
};

#endif
