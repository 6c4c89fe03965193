/* Writes so many records, each fourth synced, and ends at the first failure: what exhaustive faults are measured on. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static const char record[64] = "a record of 64 bytes";
  int count = argc > 1 ? atoi(argv[1]) : 0;
  int fd = open("/log", O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd < 0) return 1;
  for (int i = 1; i <= count; i++) {
    if (write(fd, record, sizeof record) != sizeof record) return 2;
    if (i % 4 == 0 && fsync(fd) != 0) return 3;
  }
  return close(fd) == 0 ? 0 : 4;
}
