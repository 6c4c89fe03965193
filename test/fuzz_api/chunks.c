/* Chunks under checksums, as in PNG: a signature; then length, type, content and the CRC-32 of type and content, all
   with the high byte first. The first has to be a header of 13 bytes with the ninth an 8; one called IEND traps. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static uint32_t crc32_of(const uint8_t *bytes, size_t size) {
  uint32_t crc = 0xffffffff;
  for (size_t at = 0; at < size; at++) {
    crc ^= bytes[at];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

static uint32_t number(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

int main(void) {
  static uint8_t input[4096];
  ssize_t size = read(0, input, sizeof input);
  if (size < 8 || memcmp(input, "\x89PNG\r\n\x1a\n", 8) != 0) return 1;
  int chunks = 0;
  for (size_t at = 8; at + 12 <= (size_t)size;) {
    uint32_t length = number(input + at);
    if (length > (size_t)size - at - 12) return 2;
    if (number(input + at + 8 + length) != crc32_of(input + at + 4, length + 4)) return 3;
    if (chunks++ == 0) {
      if (memcmp(input + at + 4, "IHDR", 4) != 0) return 4;
      if (length != 13) return 5;
      if (input[at + 16] != 8) return 6;
    } else if (memcmp(input + at + 4, "IEND", 4) == 0) __builtin_trap();
    at += 12 + length;
  }
  return 7;
}
