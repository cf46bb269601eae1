/* settings_file.c - see settings_file.h. */
#include "server/settings_file.h"

enum { SHOWN_BYTES = 80 };

/* The next line without its end; a carriage return belongs to the end. */
static rn_str take_line(struct rn_settings_file *file)
{
    size_t end = rn_str_find(file->rest, '\n', 0);
    rn_str line = rn_str_make(file->rest.data, end);
    size_t used = end < file->rest.len ? end + 1 : end;

    file->rest = rn_str_make(file->rest.data + used, file->rest.len - used);
    file->number++;
    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len--;
    }
    return line;
}

static rn_str without_comment(rn_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool begins = i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t';

        if (line.data[i] == '#' && begins) {
            return rn_str_make(line.data, i);
        }
    }
    return line;
}

static rn_err check_bytes(rn_str line, struct rn_reason *reason)
{
    if (line.len > RN_SETTINGS_LINE_BYTES_MAX) {
        return rn_reason_set(reason, RN_INVALID, "the line has %zu bytes, more than %d", line.len,
                             RN_SETTINGS_LINE_BYTES_MAX);
    }
    for (size_t i = 0; i < line.len; i++) {
        unsigned char byte = (unsigned char)line.data[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return rn_reason_set(reason, RN_INVALID, "byte %zu of the line, 0x%02x, is no text",
                                 i + 1, byte);
        }
    }
    return RN_OK;
}

static rn_err split(rn_str line, uint32_t number, struct rn_settings_line *ret_line,
                    struct rn_reason *reason)
{
    size_t equals = rn_str_find(line, '=', 0);
    rn_str key = rn_str_trim(rn_str_make(line.data, equals));

    if (equals == line.len || key.len == 0) {
        return rn_reason_set(reason, RN_INVALID, "\"%.*s\" is not of the form key = value",
                             line.len < SHOWN_BYTES ? (int)line.len : SHOWN_BYTES, line.data);
    }
    *ret_line = (struct rn_settings_line){
        .key = key,
        .value = rn_str_trim(rn_str_make(line.data + equals + 1, line.len - equals - 1)),
        .number = number,
    };
    return RN_OK;
}

rn_err rn_settings_file_next(struct rn_settings_file *file, struct rn_settings_line *ret_line,
                             struct rn_reason *reterr_reason)
{
    while (file->rest.len > 0) {
        rn_str line = take_line(file);
        rn_err err = check_bytes(line, reterr_reason);

        if (err) {
            return err;
        }
        line = rn_str_trim(without_comment(line));
        if (line.len > 0) {
            return split(line, file->number, ret_line, reterr_reason);
        }
    }
    return RN_CLOSED;
}
