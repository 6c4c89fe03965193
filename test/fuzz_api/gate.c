/* A format that random bytes are not: the magic "GATE", the CRC-32 of the rest, and the rest, of 4 bytes or more. */
#include <fcntl.h>
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

int main(void) {
  static uint8_t input[4096];
  size_t size = 0;
#ifdef FROM_FILE
  int from = open("/input", O_RDONLY);
#else
  int from = 0;
#endif
  for (ssize_t got; size < sizeof input && (got = read(from, input + size, sizeof input - size)) > 0;) size += got;
  if (size < 12) return 1;
  uint32_t magic, crc;
  memcpy(&magic, input, 4);
  memcpy(&crc, input + 4, 4);
  if (magic != 0x45544147) return 2;
  if (crc != crc32_of(input + 8, size - 8)) return 3;
  __builtin_trap();
}
