/* kinesis_names.h - the operations of the newest public model of the service, built here or not. */
#ifndef RN_SHAPE_KINESIS_NAMES_H
#define RN_SHAPE_KINESIS_NAMES_H

#include "base/str.h"

bool rn_kinesis_is_operation(rn_str name);
/* All of them, by name; NULL-terminated. */
const char *const *rn_kinesis_operations(void);

#endif
