/* Events that a subscriber is pushed.
 *
 * HOLDS      A payload is a page, or refused and the page is empty. A page either says where to go on or names children.
 *            Every text ends where the client's callers look for its end. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "client/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

static void read_everything(const struct runnel_page *page)
{
    size_t sum = length_of(runnel_page_continuation(page));

    for (size_t i = 0; i < runnel_page_count(page); i++) {
        const void *bytes;
        size_t len;
        const char *key, *number;
        int64_t arrival_ms;

        runnel_page_record(page, i, &bytes, &len, &key, &number, &arrival_ms);
        assert(len == 0 || bytes);
        sum += length_of(key) + length_of(number) + (len ? ((const uint8_t *)bytes)[len - 1] : 0);
    }
    for (size_t i = 0; i < runnel_page_child_count(page); i++) {
        const char *id, *parent, *adjacent;

        runnel_page_child(page, i, &id, &parent, &adjacent);
        sum += length_of(id) + length_of(parent) + length_of(adjacent);
    }
    assert(sum < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct runnel_page *page = runnel_page_new();
    enum runnel_err err;

    assert(page);
    err = rn_page_from_event(page, rn_str_make(data, size));
    if (err) {
        assert(err == RUNNEL_PROTOCOL || err == RUNNEL_NOMEM);
        assert(!runnel_page_count(page) && !runnel_page_child_count(page));
    } else {
        assert(!runnel_page_continuation(page) == (runnel_page_child_count(page) > 0));
    }
    read_everything(page);
    runnel_page_free(page);
    return 0;
}
