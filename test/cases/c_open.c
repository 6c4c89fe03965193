// What section C looks like through libc: the access mode and the flags that fcntl tells of each way to open a file.

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *mode(int flags) {
  switch (flags & O_ACCMODE) {
    case O_RDONLY: return "O_RDONLY";
    case O_WRONLY: return "O_WRONLY";
    case O_RDWR: return "O_RDWR";
    default: return "another";
  }
}

static void tell(const char *what, int fd) {
  int flags = fcntl(fd, F_GETFL);
  int rest = flags & ~O_ACCMODE & ~O_APPEND & ~O_NONBLOCK;
  printf("%s: %s%s%s%s\n", what, flags < 0 ? "failed" : mode(flags), flags & O_APPEND ? " O_APPEND" : "",
         flags & O_NONBLOCK ? " O_NONBLOCK" : "", rest != 0 ? " more" : "");
}

static void try(const char *what, int flags) {
  int fd = open("/f", flags, 0644);
  tell(what, fd);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_APPEND);
  tell("  with append", fd);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  tell("  nonblock alone", fd);
  close(fd);
}

int main(void) {
  try("O_RDONLY", O_RDONLY);
  try("O_WRONLY|O_CREAT", O_WRONLY | O_CREAT);
  try("O_WRONLY|O_TRUNC", O_WRONLY | O_TRUNC);
  try("O_RDWR|O_CREAT|O_TRUNC", O_RDWR | O_CREAT | O_TRUNC);
  unlink("/f");
  try("O_RDWR|O_CREAT|O_EXCL", O_RDWR | O_CREAT | O_EXCL);
  try("O_WRONLY|O_APPEND", O_WRONLY | O_APPEND);
  tell("stdin", 0);
  tell("stdout", 1);
}
