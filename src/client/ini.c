/* ini.c - one pass over a copy of the text, cut into NUL-terminated pieces in place. */
#include "client/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct line {
    const char *section, *key, *value; /* key NULL: the section itself */
};

struct rn_ini {
    char *text;
    struct line *lines;
    size_t count, cap;
};

void rn_ini_free(struct rn_ini *ini)
{
    if (ini) {
        free(ini->text);
        free(ini->lines);
        free(ini);
    }
}

static rn_err add_line(struct rn_ini *ini, struct line line)
{
    if (ini->count == ini->cap) {
        size_t cap = ini->cap ? ini->cap * 2 : 16;
        struct line *lines = realloc(ini->lines, cap * sizeof(*lines));

        if (!lines) {
            return RN_NOMEM;
        }
        ini->lines = lines;
        ini->cap = cap;
    }
    ini->lines[ini->count++] = line;
    return RN_OK;
}

static char *trim(char *from, char *to)
{
    while (from < to && (*from == ' ' || *from == '\t')) {
        from++;
    }
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r')) {
        to--;
    }
    *to = 0;
    return from;
}

/* One line [at, end), end being where a NUL may be written. *section is the one in force. */
static rn_err parse_line(struct rn_ini *ini, char *at, char *end, const char **section)
{
    bool nested = *at == ' ' || *at == '\t';
    char *text = trim(at, end), *equals;

    if (!*text || *text == '#' || *text == ';' || nested) {
        return RN_OK;
    }
    if (*text == '[') {
        char *close = strchr(text, ']');

        if (!close) {
            return RN_INVALID;
        }
        *section = trim(text + 1, close);
        return add_line(ini, (struct line){*section, NULL, NULL});
    }
    equals = strchr(text, '=');
    if (!equals || !*section) {
        return RN_INVALID;
    }
    char *value = trim(equals + 1, equals + 1 + strlen(equals + 1));

    return add_line(ini, (struct line){*section, trim(text, equals), value});
}

rn_err rn_ini_parse(rn_str text, const char *name, struct rn_ini **ret_ini,
                    struct rn_reason *reterr_reason)
{
    struct rn_ini *ini = calloc(1, sizeof(*ini));
    const char *section = NULL;
    unsigned number = 0;
    rn_err err = RN_NOMEM;

    if (!ini || !(ini->text = malloc(text.len + 1))) {
        goto fail;
    }
    memcpy(ini->text, text.data, text.len);
    ini->text[text.len] = 0;
    for (char *at = ini->text, *stop = ini->text + text.len; at < stop;) {
        char *end = memchr(at, '\n', (size_t)(stop - at));

        number++;
        end = end ? end : stop;
        *end = 0;
        err = parse_line(ini, at, end, &section);
        if (err) {
            (void)rn_reason_set(reterr_reason, err, "%s:%u: neither a [section] nor key = value",
                                name, number);
            goto fail;
        }
        at = end + 1;
    }
    *ret_ini = ini;
    return RN_OK;

fail:
    rn_ini_free(ini);
    return err;
}

rn_err rn_ini_read(const char *path, struct rn_ini **ret_ini, struct rn_reason *reterr_reason)
{
    FILE *file = path[0] ? fopen(path, "re") : NULL;
    char *text = NULL;
    size_t len = 0;
    rn_err err;

    if (!file) {
        return !path[0] || errno == ENOENT || errno == ENOTDIR
                   ? RN_NOT_FOUND
                   : rn_reason_set(reterr_reason, RN_IO, "cannot read %s: %m", path);
    }
    text = malloc(RN_INI_BYTES_MAX + 1);
    if (!text) {
        err = RN_NOMEM;
    } else if ((len = fread(text, 1, RN_INI_BYTES_MAX + 1, file)) > RN_INI_BYTES_MAX ||
               ferror(file)) {
        err = rn_reason_set(reterr_reason, ferror(file) ? RN_IO : RN_TOO_LARGE,
                            "cannot read %s: broken, or over 1 MiB", path);
    } else {
        err = rn_ini_parse(rn_str_make(text, len), path, ret_ini, reterr_reason);
    }
    free(text);
    (void)fclose(file); /* was only read */
    return err;
}

bool rn_ini_has(const struct rn_ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->count; i++) {
        if (strcmp(ini->lines[i].section, section) == 0) {
            return true;
        }
    }
    return false;
}

const char *rn_ini_get(const struct rn_ini *ini, const char *section, const char *key)
{
    for (size_t i = ini->count; i-- > 0;) {
        const struct line *line = &ini->lines[i];

        if (line->key && strcmp(line->section, section) == 0 && strcmp(line->key, key) == 0) {
            return line->value;
        }
    }
    return NULL;
}
