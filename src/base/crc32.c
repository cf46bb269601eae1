/* crc32.c - the polynomial 0x04C11DB7, reflected 0xEDB88320; initial and final value all ones. */
#include "base/crc32.h"

#include "base/crc_slices.h"

static const uint32_t POLYNOMIAL = 0xEDB88320u;

static struct rn_crc_slices slices;

/* Before main(), so that no thread ever sees half a table. */
__attribute__((constructor)) static void fill(void)
{
    rn_crc_slices_fill(&slices, POLYNOMIAL);
}

uint32_t rn_crc32(uint32_t crc, const void *bytes, size_t len)
{
    return ~rn_crc_slices_step(&slices, ~crc, bytes, len);
}
