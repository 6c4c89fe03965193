// What section D looks like through libc; argv[1] names the case. Numbers are those of preview1's errno.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long long size_of(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (long long)status.st_size : -1;
}

static void tell(const char *what, long long result) { printf("%s: %lld\n", what, result); }

// The result, or what errno says as a negative number.
static long long or_errno(long long result) { return result < 0 ? -errno : result; }

static void cat(const char *path) {
  char text[64] = "";
  FILE *f = fopen(path, "r");
  fread(text, 1, sizeof text - 1, f);
  fclose(f);
  printf("%s\n", text);
}

static void fallocate_all(const char *path, int flags) {
  int fd = open(path, flags, 0644);
  tell("2^53 3", posix_fallocate(fd, (off_t)1 << 53, 3));
  tell("2^53-2 2", posix_fallocate(fd, ((off_t)1 << 53) - 2, 2));
  tell("2^63-1 1", posix_fallocate(fd, (off_t)((1ULL << 63) - 1), 1));
  tell("2^63-1 2^63-1", posix_fallocate(fd, (off_t)((1ULL << 63) - 1), (off_t)((1ULL << 63) - 1)));
  tell("0 2^40", posix_fallocate(fd, 0, (off_t)1 << 40));
  tell("1 0", posix_fallocate(fd, 1, 0));
  tell("0 0", posix_fallocate(fd, 0, 0));
  tell("-1 1", posix_fallocate(fd, -1, 1));
  tell("0 -1", posix_fallocate(fd, 0, -1));
  tell("size", size_of(path));
  tell("0 243", posix_fallocate(fd, 0, 243));
  tell("size", size_of(path));
  tell("closed", posix_fallocate(99, 0, 1));
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "end") == 0) {
    int fd = open("/f", O_RDWR | O_CREAT, 0644);
    write(fd, "z", 1);
    lseek(fd, 2500000000LL, SEEK_SET);
    tell("write", write(fd, "a", 1));
    struct stat status;
    fstat(fd, &status);
    tell("fstat", status.st_size);
    tell("SEEK_END", lseek(fd, 0, SEEK_END));
    tell("stat", size_of("/f"));
  } else if (strcmp(name, "fputs") == 0) {
    FILE *f = fopen("/f", "w");
    tell("fseek", or_errno(fseek(f, 2147483647, SEEK_SET)));
    tell("fputs", fputs("a", f) < 0);
    tell("ftello", or_errno(ftello(f)));
    tell("fclose", or_errno(fclose(f)));
    tell("size", size_of("/f"));
  } else if (strcmp(name, "fallocate") == 0)
    fallocate_all("/f", O_RDWR | O_CREAT);
  else if (strcmp(name, "fallocate-readonly") == 0)
    fallocate_all("/f", O_RDONLY);
  else if (strcmp(name, "append") == 0) {
    int fd = open("/f", O_CREAT | O_WRONLY | O_APPEND, 0644);
    tell("before", lseek(fd, 0, SEEK_CUR));
    tell("write", write(fd, "four", 4));
    tell("after", lseek(fd, 0, SEEK_CUR));
    FILE *f = fopen("/g", "a+");
    fputs("abcd", f);
    rewind(f);
    char text[3] = "";
    fread(text, 1, 2, f);
    printf("%s\n", text);
    fseek(f, 0, SEEK_CUR);
    fputs("EF", f);
    fflush(f);
    tell("ftell", ftell(f));
    fclose(f);
    cat("/g");
  } else if (strcmp(name, "seek-write") == 0) {
    FILE *f = fopen("/a", "w");
    fputs("123456789123456789", f);
    fseek(f, 4, SEEK_SET);
    fputs("abc", f);
    fseek(f, 0, SEEK_END);
    fputs("end", f);
    fclose(f);
    cat("/a");
    int fd = open("/b", O_WRONLY | O_CREAT, 0644);
    write(fd, "xyz", 3);
    lseek(fd, 3, SEEK_SET);
    write(fd, "123", 3);
    lseek(fd, 0, SEEK_CUR);
    write(fd, "456", 3);
    close(fd);
    cat("/b");
  } else if (strcmp(name, "fifo") == 0) {
    FILE *f = fopen("/fifo", "r+");
    tell("fseek", or_errno(fseek(f, 0, SEEK_END)));
    tell("ftell", or_errno(ftell(f)));
    tell("lseek", or_errno(lseek(fileno(f), 0, SEEK_CUR)));
  } else if (strcmp(name, "stdin") == 0) {
    tell("lseek", or_errno(lseek(0, 0, SEEK_SET)));
    tell("lseek", or_errno(lseek(0, 0, SEEK_CUR)));
    tell("lseek", or_errno(lseek(0, 0, SEEK_END)));
    tell("ftell", or_errno(ftell(stdin)));
    char text[8];
    tell("pread", or_errno(pread(0, text, 3, 0)));
    tell("read", or_errno(read(0, text, sizeof text)));
  } else if (strcmp(name, "pread") == 0) {
    int fd = open("/f", O_RDONLY);
    char text[4] = "";
    tell("pread", pread(fd, text, 3, 5));
    printf("%s\n", text);
    tell("offset", lseek(fd, 0, SEEK_CUR));
    tell("past the end", pread(fd, text, 3, 100));
    tell("negative", or_errno(pread(fd, text, 3, -1)));
  } else if (strcmp(name, "print") == 0)
    fputs(argv[2], stdout);
  else
    return 2;
  return 0;
}
