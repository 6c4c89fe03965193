// Names and links through the C library; argv[1] is the case.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

/* "name: ok", or why not. */
static void tell(const char *name, int result) { printf("%s: %s\n", name, result == 0 ? "ok" : strerror(errno)); }

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  MUST(file != NULL);
  MUST(fputs(text, file) >= 0);
  MUST(fclose(file) == 0);
}

static void cat(const char *path) {
  char text[64];
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  size_t size = fread(text, 1, sizeof text, file);
  MUST(!ferror(file) && fclose(file) == 0);
  printf("%s: %.*s\n", path, (int)size, text);
}

static void links(const char *path) {
  struct stat status;
  MUST(lstat(path, &status) == 0);
  printf("%s: %d names\n", path, (int)status.st_nlink);
}

static void rename_self(void) {
  write_file("p", "content");
  MUST(mkdir("d", 0777) == 0);
  tell("p p", rename("p", "p"));
  tell("p ./p", rename("p", "./p"));
  tell("./p /p", rename("./p", "/p"));
  tell("d d", rename("d", "d"));
  tell("d d/", rename("d", "d/"));
  tell("d/ ./d", rename("d/", "./d"));
  cat("p");
}

/* What clang does with the object that it writes. */
static void temporary(void) {
  write_file("source/hello/hello-1df6f5ea.o.tmp", "object");
  tell("rename", rename("source/hello/hello-1df6f5ea.o.tmp", "source/hello/hello.o"));
  cat("source/hello/hello.o");
  cat("source/hello/hello-1df6f5ea.o.tmp");
}

/* Writes `size` bytes to a file that has no name any more, then reads them back. */
static void unlinked(int size) {
  int fd = open("temporary", O_CREAT | O_EXCL | O_RDWR, 0600);
  MUST(fd >= 0 && unlink("temporary") == 0);
  FILE *file = fdopen(fd, "w+");
  MUST(file != NULL);
  char *bytes = malloc(size + 1), *back = malloc(size + 1);
  for (int i = 0; i < size; i++) bytes[i] = "0123456789"[i % 10];
  MUST(fwrite(bytes, 1, size, file) == (size_t)size);
  MUST(fflush(file) == 0 && !ferror(file));
  rewind(file);
  MUST(fread(back, 1, size + 1, file) == (size_t)size && feof(file) && !ferror(file));
  MUST(memcmp(bytes, back, size) == 0);
  struct stat status;
  MUST(fstat(fd, &status) == 0);
  printf("%d: size %lld, %d names\n", size, (long long)status.st_size, (int)status.st_nlink);
  MUST(fclose(file) == 0);
}

static void hard_link(void) {
  write_file("/a", "first");
  MUST(mkdir("/d", 0777) == 0);
  tell("link a b", link("/a", "/b"));
  tell("link b d/c", link("/b", "/d/c"));
  links("/a");
  links("/d/c");
  write_file("/d/c", "second");
  cat("/a");
  tell("link a b", link("/a", "/b"));
  tell("link d e", link("/d", "/e"));
  MUST(unlink("/a") == 0);
  cat("/a");
  cat("/b");
  links("/b");
  struct stat b, c;
  MUST(stat("/b", &b) == 0 && stat("/d/c", &c) == 0);
  printf("%s\n", b.st_ino == c.st_ino && b.st_dev == c.st_dev ? "one file" : "two files");
}

static void remove_all(void) {
  write_file("f", "");
  MUST(mkdir("d", 0777) == 0 && mkdir("full", 0777) == 0 && symlink("d", "sd") == 0);
  write_file("full/x", "");
  tell("unlink d", unlink("d"));
  tell("unlink sd/", unlink("sd/"));
  tell("unlink f/", unlink("f/"));
  tell("rmdir f", rmdir("f"));
  tell("rmdir sd", rmdir("sd"));
  tell("remove sd", remove("sd"));
  tell("remove d", remove("d"));
  tell("remove f", remove("f"));
  tell("remove full", remove("full"));
  tell("remove missing", remove("missing"));
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "self") == 0) rename_self();
  else if (strcmp(what, "temporary") == 0) temporary();
  else if (strcmp(what, "unlinked") == 0) for (int i = 2; i < argc; i++) unlinked(atoi(argv[i]));
  else if (strcmp(what, "link") == 0) hard_link();
  else if (strcmp(what, "remove") == 0) remove_all();
  else return 2;
  return 0;
}
