// What section B looks like through libc: opens each path of argv and tells what is in it, or why it cannot.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char text[64] = "";
    int create = argv[i][0] == '+';
    const char *path = argv[i] + create;
    int fd = open(path, create ? O_WRONLY | O_CREAT | O_EXCL : O_RDONLY, 0644);
    if (fd < 0)
      printf("%s: %s\n", path, errno == ENOENT ? "ENOENT" : strerror(errno));
    else if (create)
      printf("%s: %zd\n", path, write(fd, path, strlen(path)));
    else
      printf("%s: %s\n", path, read(fd, text, sizeof text - 1) < 0 ? errno == EISDIR ? "EISDIR" : strerror(errno) : text);
    close(fd);
  }
}
