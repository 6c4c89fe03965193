// Listings through the C library. argv[1] is the case, argv[2] the directory.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(e) ((e) ? (void)0 : (fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno)), exit(1)))

static int is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static void join(char *path, const char *directory, const char *name) { snprintf(path, 512, "%s/%s", directory, name); }

static void touch(const char *path) {
  int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
  MUST(fd >= 0);
  MUST(close(fd) == 0);
}

static const char *type_of(int type) {
  return type == DT_DIR ? "dir" : type == DT_REG ? "file" : type == DT_LNK ? "link" : type == DT_CHR ? "char" : "?";
}

/* Each entry with its type, and whether its number is what lstat says. */
static void list(const char *directory) {
  DIR *dir = opendir(directory);
  MUST(dir != NULL);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    char path[512];
    struct stat status;
    const char *same = "-";
    join(path, directory, entry->d_name);
    if (strcmp(entry->d_name, "..") != 0) {
      MUST(lstat(path, &status) == 0);
      same = status.st_ino == entry->d_ino ? "same" : "other";
    }
    printf("%s %s %s\n", entry->d_name, type_of(entry->d_type), same);
  }
  MUST(errno == 0 || errno == ENOTTY);
  MUST(closedir(dir) == 0);
}

static int count(DIR *dir, const char *wanted) {
  int entries = 0, found = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL; entries++) found += strcmp(entry->d_name, wanted) == 0;
  printf("%d entries, %d of them %s\n", entries, found, wanted);
  return entries;
}

static void rewind_sees_new(const char *directory) {
  DIR *dir = opendir(directory);
  MUST(dir != NULL);
  char path[512];
  join(path, directory, "new");
  count(dir, "new");
  touch(path);
  rewinddir(dir);
  count(dir, "new");
  MUST(unlink(path) == 0);
  rewinddir(dir);
  count(dir, "new");
  MUST(closedir(dir) == 0);
}

/* Goes back to each place that telldir gave, and reads on from there. */
static void seek(const char *directory) {
  DIR *dir = opendir(directory);
  MUST(dir != NULL);
  long places[64];
  char names[64][64];
  int total = 0;
  for (struct dirent *entry; total < 64;) {
    places[total] = telldir(dir);
    if ((entry = readdir(dir)) == NULL) break;
    strcpy(names[total++], entry->d_name);
  }
  for (int i = total - 1; i >= 0; i--) {
    seekdir(dir, places[i]);
    struct dirent *entry = readdir(dir);
    MUST(entry != NULL && strcmp(entry->d_name, names[i]) == 0);
  }
  printf("%d places\n", total);
  MUST(closedir(dir) == 0);
}

/* Removes each file as soon as it is listed, then the directory. */
static void unlink_all(const char *directory) {
  DIR *dir = opendir(directory);
  MUST(dir != NULL);
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (is_dot(entry->d_name)) continue;
    MUST(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
    removed++;
  }
  MUST(closedir(dir) == 0);
  printf("removed %d, rmdir %d\n", removed, rmdir(directory));
}

/* What remove_dir_all of other languages does: below first, and each name removed while its directory is listed. */
static int remove_tree(const char *directory) {
  int removed = 0;
  DIR *dir = opendir(directory);
  MUST(dir != NULL);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    char path[512];
    if (is_dot(entry->d_name)) continue;
    join(path, directory, entry->d_name);
    if (entry->d_type == DT_DIR) removed += remove_tree(path);
    else {
      MUST(unlink(path) == 0);
      removed++;
    }
  }
  MUST(closedir(dir) == 0);
  MUST(rmdir(directory) == 0);
  return removed + 1;
}

/* Renames each name in place while listing: a name that comes later than the place may be listed again, no more. */
static void rename_all(const char *directory) {
  DIR *dir = opendir(directory);
  MUST(dir != NULL);
  int renamed = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    char to[512];
    if (is_dot(entry->d_name) || strncmp(entry->d_name, "done-", 5) == 0) continue;
    snprintf(to, sizeof to, "done-%s", entry->d_name);
    MUST(renameat(dirfd(dir), entry->d_name, dirfd(dir), to) == 0);
    renamed++;
  }
  MUST(closedir(dir) == 0);
  printf("renamed %d\n", renamed);
}

int main(int argc, char **argv) {
  const char *what = argv[1], *directory = argv[2];
  if (strcmp(what, "list") == 0) list(directory);
  else if (strcmp(what, "rewind") == 0) rewind_sees_new(directory);
  else if (strcmp(what, "seek") == 0) seek(directory);
  else if (strcmp(what, "unlink") == 0) unlink_all(directory);
  else if (strcmp(what, "remove") == 0) printf("removed %d\n", remove_tree(directory));
  else if (strcmp(what, "rename") == 0) rename_all(directory);
  else return 2;
  return 0;
}
