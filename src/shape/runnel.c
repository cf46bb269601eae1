/* runnel.c - tables of Runnel's own operations. */
#include "shape/runnel.h"

static const struct rn_shape text = {.kind = RN_STRING};
static const struct rn_shape boolean = {.kind = RN_BOOLEAN};

const struct rn_shape rn_runnel_get_limits_request_shape = {
    .kind = RN_STRUCT,
    .name = "GetLimitsInput",
    .size = sizeof(struct rn_runnel_get_limits_request)};

#define ROW(field, name, shape) RN_MEMBER(rn_runnel_limit, field, name, shape, true)
static const struct rn_member limit_members[] = {
    ROW(name, "Name", text),       ROW(value, "Value", text), ROW(initial, "Default", text),
    ROW(is_set, "IsSet", boolean), ROW(unit, "Unit", text),   ROW(description, "Description", text),
};
static const struct rn_shape limit = RN_STRUCT_SHAPE(rn_runnel_limit, "Limit", limit_members);
static const struct rn_shape limits = {.kind = RN_LIST, .item = &limit};
#undef ROW

static const struct rn_member get_limits_reply_members[] = {
    RN_MEMBER(rn_runnel_get_limits_reply, limits, "Limits", limits, true),
};
const struct rn_shape rn_runnel_get_limits_reply_shape =
    RN_STRUCT_SHAPE(rn_runnel_get_limits_reply, "GetLimitsOutput", get_limits_reply_members);

static const struct rn_shape limit_text = {
    .kind = RN_STRING, .has_min = true, .has_max = true, .min = 1, .max = 128};
static const struct rn_shape limit_map = {.kind = RN_MAP,
                                          .has_min = true,
                                          .has_max = true,
                                          .min = 1,
                                          .max = 100,
                                          .key = &limit_text,
                                          .value = &limit_text};
static const struct rn_member set_limits_members[] = {
    RN_MEMBER(rn_runnel_set_limits_request, limits, "Limits", limit_map, true),
};
const struct rn_shape rn_runnel_set_limits_request_shape =
    RN_STRUCT_SHAPE(rn_runnel_set_limits_request, "SetLimitsInput", set_limits_members);
