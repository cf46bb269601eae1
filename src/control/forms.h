/* forms.h - the forms of commands that do not stand in command.c, for its table. */
#ifndef RN_CONTROL_FORMS_H
#define RN_CONTROL_FORMS_H

#include "control/command.h"

#define RN_FORM(type)                                                            \
    bool rn_check_##type(const struct rn_command *command);                      \
    void rn_encode_##type(const struct rn_command *command, struct rn_buf *buf); \
    void rn_decode_##type(struct rn_wire *wire, struct rn_command *command)

/* command_resource.c */
RN_FORM(add_tags);
RN_FORM(remove_tags);
RN_FORM(register_consumer);
RN_FORM(consumer);
RN_FORM(tag_consumer);
RN_FORM(untag_consumer);
RN_FORM(set_policy);

/* A u16 count, then of each its key and, if so, its value. */
void rn_tags_wire_put(struct rn_buf *buf, const struct rn_pair_text *tags, size_t count,
                      bool with_values);
/* Into command->tags; returns how many. */
size_t rn_tags_wire_take(struct rn_wire *wire, struct rn_command *command, bool with_values);

#endif
