/*
 * What SQLite's own layer for Unix wants of POSIX and wasi-libc does not have. A guest runs alone and owns all files, so
 * locks are always given and owners never change; all else, the order of writes and syncs above all, is SQLite's own.
 */
#ifndef SQLITE_WASI_H
#define SQLITE_WASI_H

#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>
#include <unistd.h>

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6

/* SQLite asks for locks, and for flags that mean nothing here. */
static int lock_alone(int fd, int command, ...) {
  (void)fd;
  if (command == F_GETLK) {
    va_list rest;
    va_start(rest, command);
    va_arg(rest, struct flock *)->l_type = F_UNLCK;
    va_end(rest);
  }
  return 0;
}
#define fcntl lock_alone

static int fchown(int fd, uid_t owner, gid_t group) {
  (void)fd, (void)owner, (void)group;
  return 0;
}

static uid_t geteuid(void) { return 1000; }
static pid_t only_process(void) { return 1; }
#define getpid only_process

#endif
