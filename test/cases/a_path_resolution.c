// What section A looks like through libc; argv[1] names the case, and each line tells one call's answer.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *answer(long result) {
  if (result >= 0) return "0";
  switch (errno) {
    case EEXIST: return "EEXIST";
    case EINVAL: return "EINVAL";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    default: return strerror(errno);
  }
}

static void tell(const char *call, long result) { printf("%s: %s\n", call, answer(result)); }

static void same(const char *path, ino_t ino) {
  struct stat status;
  int result = stat(path, &status);
  printf("%s: %s\n", path, result != 0 ? answer(result) : status.st_ino == ino ? "same" : "another");
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  struct stat status;
  char buffer[64];
  if (strcmp(name, "mkdir") == 0) {
    tell("mkdir foo/", mkdir("foo/", 0755));
    tell("mkdir g/", mkdir("g/", 0755));
    tell("mkdir foo", mkdir("foo", 0755));
  } else if (strcmp(name, "dot") == 0) {
    tell("open a/.", open("a/.", O_RDONLY));
    tell("open a/..", open("a/..", O_RDONLY));
    tell("realpath a/.", realpath("a/.", NULL) == NULL ? -1 : 0);
  } else if (strcmp(name, "absolute") == 0) {
    tell("open /x", open("/x", O_RDONLY));
    tell("mkdir /made", mkdir("/made", 0755));
    tell("rename /x /made/y", rename("/x", "/made/y"));
  } else if (strcmp(name, "component") == 0) {
    tell("open p/tmpx", open("p/tmpx", O_RDWR | O_CREAT | O_EXCL, 0644));
    tell("opendir /p", opendir("/p") == NULL ? -1 : 0);
    tell("stat /p/x", stat("/p/x", &status));
    tell("mkdir /p/x", mkdir("/p/x", 0755));
  } else if (strcmp(name, "missing") == 0) {
    tell("open", open("m", O_RDONLY));
    tell("stat", stat("m", &status));
    tell("lstat", lstat("m", &status));
    tell("utimensat", utimensat(AT_FDCWD, "m", NULL, 0));
    tell("link", link("m", "n"));
    tell("readlink", readlink("m", buffer, sizeof buffer));
    tell("rmdir", rmdir("m"));
    tell("unlink", unlink("m"));
    tell("opendir", opendir("m") == NULL ? -1 : 0);
    tell("rename m n", rename("m", "n"));
    tell("rename m m", rename("m", "m"));
    tell("truncate", truncate("m", 1));
  } else if (strcmp(name, "dots") == 0) {
    if (stat("a/b", &status) != 0) return 1;
    same("./a/./b", status.st_ino);
    same("a//b", status.st_ino);
    same("././a/b", status.st_ino);
    same("/./a/b", status.st_ino);
  } else
    return 2;
  return 0;
}
