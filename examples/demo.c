// The maze of the day: for three days, dig a random maze, solve it, file it under its date, and sleep until tomorrow.
// Everything here that should make a program different each time (the clock, random bytes, the listing of a directory)
// is what a machine makes the same each time.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 31, HEIGHT = 11, DAYS = 3, DAY_SECONDS = 24 * 60 * 60 };

static char maze[HEIGHT][WIDTH + 1];
static const int step[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};

static void die(const char *what) {
  fprintf(stderr, "demo: %s: %s\n", what, strerror(errno));
  exit(1);
}

// Opens every second cell, and a way between each pair of neighbours that were not joined yet.
static void dig(int x, int y) {
  maze[y][x] = ' ';
  int order[4] = {0, 1, 2, 3};
  for (int i = 3; i > 0; i--) {
    int j = rand() % (i + 1), kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  for (int i = 0; i < 4; i++) {
    int dx = step[order[i]][0], dy = step[order[i]][1];
    int tx = x + 2 * dx, ty = y + 2 * dy;
    if (tx > 0 && ty > 0 && tx < WIDTH && ty < HEIGHT && maze[ty][tx] == '#') {
      maze[y + dy][x + dx] = ' ';
      dig(tx, ty);
    }
  }
}

// Marks the way from a cell to the exit with dots; returns its length, or 0 where there is none.
static int solve(int x, int y) {
  if (maze[y][x] != ' ') return 0;
  maze[y][x] = '.';
  if (x == WIDTH - 1) return 1;
  for (int i = 0; i < 4; i++) {
    int rest = solve(x + step[i][0], y + step[i][1]);
    if (rest > 0) return rest + 1;
  }
  maze[y][x] = ',';
  return 0;
}

static int make(unsigned seed) {
  srand(seed);
  for (int y = 0; y < HEIGHT; y++) {
    memset(maze[y], '#', WIDTH);
    maze[y][WIDTH] = '\0';
  }
  dig(1, 1);
  maze[HEIGHT - 2][WIDTH - 1] = ' ';
  int length = solve(1, 1);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      if (maze[y][x] == ',') maze[y][x] = ' ';
  return length;
}

// Writes to a new name and renames, so that a reader never sees half a maze.
static void save(const char *path, unsigned seed, int length) {
  FILE *file = fopen("mazes/.new", "w");
  if (file == NULL) die("mazes/.new");
  fprintf(file, "seed %08x, %d steps\n", seed, length);
  for (int y = 0; y < HEIGHT; y++) fprintf(file, "%s\n", maze[y]);
  if (fclose(file) != 0) die("mazes/.new");
  if (rename("mazes/.new", path) != 0) die(path);
}

static void list(void) {
  DIR *directory = opendir("mazes");
  if (directory == NULL) die("mazes");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    char path[64], when[32];
    struct stat info;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "mazes/%s", entry->d_name);
    if (lstat(path, &info) != 0) die(path);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", gmtime(&info.st_mtime));
    printf("%c %5lld  %s  %s\n", S_ISLNK(info.st_mode) ? 'l' : '-', (long long)info.st_size, when, entry->d_name);
  }
  closedir(directory);
}

int main(void) {
  char name[32] = "", path[64] = "", line[80];
  if (mkdir("mazes", 0755) != 0) die("mazes");
  for (int day = 0; day < DAYS; day++) {
    if (day > 0) sleep(DAY_SECONDS);
    unsigned seed;
    if (getentropy(&seed, sizeof seed) != 0) die("getentropy");
    time_t now = time(NULL);
    strftime(name, sizeof name, "%Y-%m-%d", gmtime(&now));
    snprintf(path, sizeof path, "mazes/%s", name);
    save(path, seed, make(seed));
  }
  if (symlink(name, "mazes/latest") != 0) die("mazes/latest");
  list();
  FILE *file = fopen("mazes/latest", "r");
  if (file == NULL) die("mazes/latest");
  while (fgets(line, sizeof line, file) != NULL) fputs(line, stdout);
  fclose(file);
  return 0;
}
