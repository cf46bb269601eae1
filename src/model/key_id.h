/* key_id.h - what names a key of KMS: its id, its alias, or the ARN of either; pure.
 *
 *   1234abcd-12ab-34cd-56ef-1234567890ab            mrk-1234abcd12ab34cd56ef1234567890ab
 *   alias/NAME                                      arn:aws:kms:REGION:ACCOUNT:key/ID or :alias/NAME */
#ifndef RN_MODEL_KEY_ID_H
#define RN_MODEL_KEY_ID_H

#include <stdbool.h>

#include "base/str.h"

bool rn_key_id_valid(rn_str key_id);
/* Do both name the same key, as far as their texts tell? An id and an ARN that holds it do. */
bool rn_key_id_same(rn_str a, rn_str b);

#endif
