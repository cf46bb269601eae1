/* log.c - one line, one write.
 *
 *   2026-01-15T10:15:30.123Z warn  local: the disk is nearly full
 *   {"time":"2026-01-15T10:15:30.123Z","level":"warn","room":"local","message":"the disk is ..."}
 *
 * A message is cut at MESSAGE_BYTES. Whatever a message carries stays on its line: control
 * characters are escaped in both forms, and in JSON a byte that is not UTF-8 becomes U+FFFD.
 * A line that cannot be written is lost: there is nowhere to complain. */
#include "sys/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/utf8.h"
#include "sys/clock.h"

enum { MESSAGE_BYTES = 2048, LINE_BYTES = MESSAGE_BYTES * 6 + 256 };

static atomic_int most = RN_LOG_INFO;
static atomic_bool json;
static const char level_names[][6] = {"error", "warn", "info", "debug"};

void rn_log_setup(enum rn_log_level level, bool as_json)
{
    atomic_store(&most, (int)level);
    atomic_store(&json, as_json);
}

bool rn_log_on(enum rn_log_level level)
{
    return (int)level <= atomic_load_explicit(&most, memory_order_relaxed);
}

bool rn_log_may(struct rn_log_pace *pace, int64_t now_us, int64_t span_ms, uint64_t *ret_held_back)
{
    int64_t next_us = atomic_load_explicit(&pace->next_us, memory_order_relaxed);

    if (now_us < next_us ||
        !atomic_compare_exchange_strong(&pace->next_us, &next_us, now_us + span_ms * 1000)) {
        atomic_fetch_add_explicit(&pace->held_back, 1, memory_order_relaxed);
        return false;
    }
    *ret_held_back = atomic_exchange_explicit(&pace->held_back, 0, memory_order_relaxed);
    return true;
}

static size_t put(char *line, size_t at, const char *text, size_t len)
{
    if (len > LINE_BYTES - at) {
        len = LINE_BYTES - at;
    }
    memcpy(line + at, text, len);
    return at + len;
}

/* `text` with nothing in it that could end the line, or the JSON string. */
static size_t put_escaped(char *line, size_t at, const char *text, bool as_json)
{
    size_t left = strlen(text);

    while (left) {
        unsigned char byte = (unsigned char)*text;
        size_t len = rn_utf8_point(text, left);
        char escape[8];

        if (byte < 0x20 || byte == 0x7f) {
            int n = snprintf(escape, sizeof(escape), as_json ? "\\u%04x" : "\\x%02x", byte);

            at = put(line, at, escape, (size_t)n);
        } else if (as_json && (byte == '"' || byte == '\\')) {
            at = put(line, at, "\\", 1);
            at = put(line, at, text, 1);
        } else if (as_json && len == 0) {
            at = put(line, at, "\\ufffd", 6);
        } else {
            at = put(line, at, text, len ? len : 1);
        }
        text += len ? len : 1;
        left -= len ? len : 1;
    }
    return at;
}

static void write_all(const char *line, size_t len)
{
    while (len) {
        ssize_t wrote = write(STDERR_FILENO, line, len);

        if (wrote < 0 && errno != EINTR) {
            return;
        }
        if (wrote > 0) { /* short only on a pipe that is nearly full */
            line += wrote;
            len -= (size_t)wrote;
        }
    }
}

void rn_log(enum rn_log_level level, const char *room, const char *fmt, ...)
{
    char message[MESSAGE_BYTES], line[LINE_BYTES + 4], time[RN_CIVIL_TEXT_BYTES], head[160];
    bool as_json = atomic_load_explicit(&json, memory_order_relaxed);
    va_list args;
    size_t at;
    int len;

    if (!rn_log_on(level)) {
        return;
    }
    va_start(args, fmt);
    len = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    if (len < 0) {
        return;
    }
    rn_civil_iso(rn_clock_wall_ms(rn_clock_real()), time);
    len = snprintf(head, sizeof(head),
                   as_json ? "{\"time\":\"%s\",\"level\":\"%s\",\"room\":\"%.32s\",\"message\":\""
                           : "%s %-5s %.32s: ",
                   time, level_names[level], room);
    at = put(line, 0, head, (size_t)len);
    at = put_escaped(line, at, message, as_json);
    if (as_json) {
        memcpy(line + at, "\"}", 2);
        at += 2;
    }
    line[at++] = '\n';
    write_all(line, at);
}
