/* Prints the settings of a program: those of the files in /etc/app.d, one after the other, as by "cat /etc/app.d/?*". */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 64

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void) {
  char *names[FILES_MAX];
  int count = 0;
  DIR *directory = opendir("/etc/app.d");
  if (directory == NULL) return 0;
  for (struct dirent *entry = readdir(directory); entry != NULL && count < FILES_MAX; entry = readdir(directory)) {
    if (entry->d_type == DT_REG) names[count++] = strdup(entry->d_name);
  }
  closedir(directory);
#ifdef FIXED
  qsort(names, count, sizeof *names, by_name);
#else
  /* The order of readdir is the file system's own: by name on this developer's machine, by hash or age on others. */
  (void)by_name;
#endif
  for (int i = 0; i < count; i++) {
    char path[512];
    snprintf(path, sizeof path, "/etc/app.d/%s", names[i]);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 1;
    for (int c = getc(file); c != EOF; c = getc(file)) putchar(c);
    fclose(file);
  }
  return 0;
}
