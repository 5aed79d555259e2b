#include "CChecksum.h"

#include <string.h>

// The processor's own instruction where it has one; eight bytes a step either way. Swift has no
// access to it, and a table alone reads an eighth of what a disk delivers.

#define POLYNOMIAL 0x82F63B78u

// The instruction's result is ready after three cycles, but one can begin in each: three stretches of
// so many bytes are summed side by side, and put together by what zeros behind a stretch do to a sum.
#define STRETCH 256

static uint32_t table[8][256];
static uint32_t after_stretch[4][256];

// Fills the tables once, before main: no thread can see them half made.
__attribute__((constructor)) static void fill_tables(void) {
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
  // What STRETCH zeros make of each bit; of a sum they make the sum of what they make of its bits.
  uint32_t bits[32];
  for (int bit = 0; bit < 32; bit++) {
    uint32_t crc = 1u << bit;
    for (int zero = 0; zero < STRETCH; zero++) crc = (crc >> 8) ^ table[0][crc & 0xFF];
    bits[bit] = crc;
  }
  for (int place = 0; place < 4; place++) {
    for (uint32_t byte = 0; byte < 256; byte++) {
      uint32_t crc = 0;
      for (int bit = 0; bit < 8; bit++) crc ^= byte >> bit & 1 ? bits[8 * place + bit] : 0;
      after_stretch[place][byte] = crc;
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

static uint64_t behind_stretch(uint64_t crc) {
  return after_stretch[0][crc & 0xFF] ^ after_stretch[1][crc >> 8 & 0xFF] ^
         after_stretch[2][crc >> 16 & 0xFF] ^ after_stretch[3][crc >> 24 & 0xFF];
}

static uint64_t word_at(const unsigned char *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc,
                                                                 const unsigned char *bytes,
                                                                 size_t count) {
  uint64_t wide = (uint32_t)~crc;
  for (; count >= 3 * STRETCH; bytes += 3 * STRETCH, count -= 3 * STRETCH) {
    uint64_t second = 0, third = 0;
    for (int offset = 0; offset < STRETCH; offset += 8) {
      wide = _mm_crc32_u64(wide, word_at(bytes + offset));
      second = _mm_crc32_u64(second, word_at(bytes + STRETCH + offset));
      third = _mm_crc32_u64(third, word_at(bytes + 2 * STRETCH + offset));
    }
    wide = behind_stretch(behind_stretch(wide) ^ second) ^ third;
  }
  for (; count >= 8; bytes += 8, count -= 8) wide = _mm_crc32_u64(wide, word_at(bytes));
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
