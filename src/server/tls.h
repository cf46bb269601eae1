/* tls.h - what the server shows to TLS clients: files of the operator's, or certificates of its own.
 *
 *     --tls-cert FILE --tls-key FILE    PEM, read at start and again at each SIGHUP
 *     --tls-self-signed                 DATA/tls/ca.pem, an authority made once, and a certificate for
 *                                       localhost, 127.0.0.1, ::1 and the host name below it, made anew
 *                                       at start or SIGHUP when it does not fit any more
 * Threads: the main one. */
#ifndef RN_SERVER_TLS_H
#define RN_SERVER_TLS_H

#include "crypto/tls.h"
#include "server/settings.h"
#include "sys/disk.h"

struct rn_tls_source {
    const struct rn_settings *settings;
    struct rn_disk *disk; /* of the data directory */
    int64_t now_s;
};

/* RN_INVALID: the settings do not go together. */
RN_MUST_USE rn_err rn_tls_check_settings(const struct rn_settings *settings,
                                         struct rn_reason *reterr_reason);
bool rn_tls_is_wanted(const struct rn_settings *settings);
/* Have the server use what the source has now. On an error it goes on with what it had. Reasons name the
 * file. */
RN_MUST_USE rn_err rn_tls_load(const struct rn_tls_source *source, struct rn_tls_server *server,
                               struct rn_reason *reterr_reason);
/* Log what makes clients trust a certificate of our own, to be copied. */
void rn_tls_tell_clients(const struct rn_settings *settings);

#endif
