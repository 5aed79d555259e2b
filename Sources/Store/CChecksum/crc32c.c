#include "CChecksum.h"

#include <string.h>

// The processor's own instruction where it has one; eight bytes a step either way. Swift has no
// access to it, and a table alone reads an eighth of what a disk delivers.

#define POLYNOMIAL 0x82F63B78u

static uint32_t table[8][256];

// Fills the table once, before main: no thread can see it half made.
__attribute__((constructor)) static void fill_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    table[0][byte] = crc;
  }
  for (uint32_t byte = 0; byte < 256; byte++) {
    for (int step = 1; step < 8; step++) {
      uint32_t before = table[step - 1][byte];
      table[step][byte] = (before >> 8) ^ table[0][before & 0xFF];
    }
  }
}

uint32_t checksum_crc32c_by_table(uint32_t crc, const void *start, size_t count) {
  const unsigned char *bytes = start;
  crc = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + 4, 4);
    low ^= crc;
    crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^
          table[4][low >> 24] ^ table[3][high & 0xFF] ^ table[2][high >> 8 & 0xFF] ^
          table[1][high >> 16 & 0xFF] ^ table[0][high >> 24];
  }
  for (; count > 0; bytes++, count--) crc = (crc >> 8) ^ table[0][(crc ^ *bytes) & 0xFF];
  return ~crc;
}

#if defined(__x86_64__)

#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc,
                                                                 const unsigned char *bytes,
                                                                 size_t count) {
  uint64_t wide = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = (uint32_t)wide;
  for (; count > 0; bytes++, count--) crc = _mm_crc32_u8(crc, *bytes);
  return ~crc;
}

uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, bytes, count)
                                          : checksum_crc32c_by_table(crc, bytes, count);
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

uint32_t checksum_crc32c(uint32_t crc, const void *start, size_t count) {
  const unsigned char *bytes = start;
  crc = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __crc32cd(crc, word);
  }
  for (; count > 0; bytes++, count--) crc = __crc32cb(crc, *bytes);
  return ~crc;
}

#else

uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return checksum_crc32c_by_table(crc, bytes, count);
}

#endif
