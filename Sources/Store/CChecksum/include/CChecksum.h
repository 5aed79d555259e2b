#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Continues a CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, standard initial and final
/// inversion) over `count` bytes. A fresh one begins with 0.
uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same without the processor's own instruction, for processors that have none.
uint32_t checksum_crc32c_by_table(uint32_t crc, const void *bytes, size_t count);

#endif
