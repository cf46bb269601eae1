/* runnel.h - Runnel's own operations as data, beside those of Kinesis: target Runnel_20250101.
 *
 * Signed, encoded and refused like those, so every client of the one can speak the other. Values of limits are
 * texts: a whole number, "off", or (to be set) "default". */
#ifndef RN_SHAPE_RUNNEL_H
#define RN_SHAPE_RUNNEL_H

#include "codec/shape.h"

#define RN_RUNNEL_TARGET "Runnel_20250101"

struct rn_runnel_get_limits_request {
    char nothing; /* it has no members */
};

struct rn_runnel_limit {
    rn_str name, value;
    rn_str initial; /* the value unless set: what the server was started with */
    struct rn_number is_set;
    rn_str unit, description;
};

struct rn_runnel_get_limits_reply {
    struct rn_items limits; /* struct rn_runnel_limit, by name */
};

struct rn_runnel_set_limits_request {
    struct rn_items limits; /* struct rn_pair, name to value */
};

extern const struct rn_shape rn_runnel_get_limits_request_shape;
extern const struct rn_shape rn_runnel_get_limits_reply_shape;
extern const struct rn_shape rn_runnel_set_limits_request_shape;

#endif
