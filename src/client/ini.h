/* ini.h - the AWS tools' configuration files: [section] lines, key = value lines, # and ; comments.
 * Nested keys (indented under a key) are skipped. Of a key given twice the last one counts. */
#ifndef RN_CLIENT_INI_H
#define RN_CLIENT_INI_H

#include "base/err.h"
#include "base/str.h"

enum { RN_INI_BYTES_MAX = 1024 * 1024 };

struct rn_ini;
/* RN_NOT_FOUND, RN_TOO_LARGE, RN_IO (with a reason), RN_INVALID: a line that is neither (the reason names file and line). */
RN_MUST_USE rn_err rn_ini_read(const char *path, struct rn_ini **ret_ini,
                               struct rn_reason *reterr_reason);
RN_MUST_USE rn_err rn_ini_parse(rn_str text, const char *name, struct rn_ini **ret_ini,
                                struct rn_reason *reterr_reason);
void rn_ini_free(struct rn_ini *ini); /* NULL is fine */
bool rn_ini_has(const struct rn_ini *ini, const char *section);
/* NULL: not there. Lives as long as the ini. */
const char *rn_ini_get(const struct rn_ini *ini, const char *section, const char *key);

#endif
