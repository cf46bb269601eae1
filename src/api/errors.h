/* errors.h - faults as the wire knows them: name, status, and the body that carries them. */
#ifndef RN_API_ERRORS_H
#define RN_API_ERRORS_H

#include "base/buf.h"
#include "base/str.h"
#include "service/call.h"

/* How a request was written, and so how its answer is. */
enum rn_wire {
    RN_WIRE_NONE,       /* no protocol of the service: XML, without content type */
    RN_WIRE_JSON,       /* application/x-amz-json-1.1 */
    RN_WIRE_CBOR,       /* application/x-amz-cbor-1.1 */
    RN_WIRE_PLAIN_JSON, /* application/json: never reaches an operation */
};

/* By content type; what follows the first ';' and blanks around it do not count. */
enum rn_wire rn_wire_of(rn_str content_type);
rn_str rn_wire_content_type(enum rn_wire wire); /* RN_STR_NONE for RN_WIRE_NONE */

struct rn_fault_row {
    rn_str type; /* "ResourceNotFoundException" */
    int status;
};
const struct rn_fault_row *rn_fault_row(enum rn_fault fault); /* not RN_FAULT_NONE */

/* What an error says. Absent members are left out. The service spells the member "Message" where its
 * type checker or its authorizer speaks and "message" elsewhere. */
struct rn_error {
    int status;
    rn_str type;
    rn_str message;         /* "message" */
    rn_str capital_message; /* "Message" */
};

/* The body of `error`. RN_WIRE_NONE is not for this. Failure is out->failed. */
void rn_error_encode(enum rn_wire wire, const struct rn_error *error, struct rn_buf *out);

#endif
