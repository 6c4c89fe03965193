/*
 * A store of keys and values in one file, /data: a record is appended for each change, and the last one of a key counts.
 * Input: a line for each change, as "key=value". Each is told once it is on the disk. At the end, and with no input,
 * all that is stored is told.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 2048
#define KEYS_MAX 64

struct record {
  uint32_t sum;
  uint32_t size;
  char text[TEXT_MAX];
};

#define HEAD 8

static char *texts[KEYS_MAX];
static int count;

static uint32_t sum_of(const char *text, uint32_t size) {
  uint32_t sum = 2166136261u;
  for (uint32_t i = 0; i < size; i++) sum = (sum ^ (unsigned char)text[i]) * 16777619u;
  return sum;
}

static void keep(const char *text) {
  size_t key = strcspn(text, "=") + 1;
  for (int i = 0; i < count; i++) {
    if (strncmp(texts[i], text, key) != 0) continue;
    free(texts[i]);
    texts[i] = strdup(text);
    return;
  }
  if (count < KEYS_MAX) texts[count++] = strdup(text);
}

/* Reads what is stored, up to the end or to what is no whole record; where that is. */
static off_t load(int fd) {
  off_t at = 0;
  struct record record;
  for (;;) {
    ssize_t got = pread(fd, &record, sizeof record, at);
    if (got < HEAD || record.size >= TEXT_MAX) return at;
    if (got < (ssize_t)(HEAD + record.size)) {
#ifdef FIXED
      return at;
#else
      /* A file that was written by this program alone has only whole records, unless the power went in a write. */
      fputs("/data is damaged\n", stderr);
      exit(1);
#endif
    }
    if (record.sum != sum_of(record.text, record.size)) return at;
    record.text[record.size] = 0;
    keep(record.text);
    at += HEAD + record.size;
  }
}

int main(void) {
  int fd = open("/data", O_RDWR | O_CREAT, 0644);
  int directory = open("/", O_RDONLY | O_DIRECTORY);
  if (fd < 0 || fsync(directory) != 0) return 1;
  off_t end = load(fd);
  struct record record;
  while (fgets(record.text, sizeof record.text, stdin) != NULL) {
    record.size = strcspn(record.text, "\n");
    record.text[record.size] = 0;
    if (strchr(record.text, '=') == NULL) continue;
    record.sum = sum_of(record.text, record.size);
    if (pwrite(fd, &record, HEAD + record.size, end) != (ssize_t)(HEAD + record.size)) return 1;
    if (fsync(fd) != 0) return 1;
    end += HEAD + record.size;
    keep(record.text);
    puts(record.text);
    fflush(stdout);
  }
  for (int i = 0; i < count; i++) puts(texts[i]);
  /* A call, and so a moment at which the power can go, with all said and done. */
  exit(0);
}
