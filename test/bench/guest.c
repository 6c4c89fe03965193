/*
 * The benchmark's guest: one exported function a pattern, each a loop over raw preview1 calls, so that what is timed is
 * the host and not libc. Every function takes the half-open range [from, to) of the operations to do and a size whose
 * meaning is the pattern's, and returns 0, the errno of the first call that failed, or WRONG_ANSWER.
 */
#include <stdint.h>
#include <wasi/api.h>

#define PATTERN(name) \
  __attribute__((export_name(#name))) int pattern_##name(uint32_t from, uint32_t to, uint32_t size)
#define TRY(call)             \
  do {                        \
    int error_ = (call);      \
    if (error_) return error_; \
  } while (0)
#define EACH for (uint32_t i = from; i < to; i++)
#define WRONG_ANSWER 255

#define FILE_RIGHTS                                                                                          \
  (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_WRITE |          \
   __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE)
#define DIRECTORY_RIGHTS                                                                                     \
  (__WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_CREATE_DIRECTORY |                \
   __WASI_RIGHTS_PATH_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_GET)

static uint8_t buffer[1 << 20];
static __wasi_fd_t file;
static __wasi_fd_t tail;
/* The directory that all paths start from. */
static __wasi_fd_t preopen;

extern int empty(int, int, int) __attribute__((import_module("bench"), import_name("empty")));

/* "d/" and eight hexadecimal digits that scatter over the directory as i counts up; no two are equal. */
static const char *entry_name(uint32_t i) {
  static char name[] = "d/00000000";
  uint32_t key = i * 0x9E3779B1u;
  for (int at = 9; at > 1; at--, key >>= 4) name[at] = "0123456789abcdef"[key & 15];
  return name;
}

static int create_entry(uint32_t i) {
  __wasi_fd_t fd;
  TRY(__wasi_path_open(preopen, 0, entry_name(i), __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE, 0, 0, &fd));
  return __wasi_fd_close(fd);
}

static int write_some(uint32_t size) {
  __wasi_ciovec_t iov = {buffer, size};
  __wasi_size_t count;
  TRY(__wasi_fd_write(file, &iov, 1, &count));
  return count == size ? 0 : WRONG_ANSWER;
}

/* Makes what the patterns use: a/b/c/d, the directory d, and the open file, empty. size: the preopen's descriptor. */
PATTERN(prepare) {
  (void)from, (void)to;
  preopen = tail = size;
  TRY(__wasi_path_create_directory(preopen, "a"));
  TRY(__wasi_path_create_directory(preopen, "a/b"));
  TRY(__wasi_path_create_directory(preopen, "a/b/c"));
  TRY(__wasi_path_create_directory(preopen, "a/b/c/d"));
  TRY(__wasi_path_create_directory(preopen, "d"));
  return __wasi_path_open(preopen, 0, "file", __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, 0, &file);
}

/* Empties the open file. */
PATTERN(rewind) {
  (void)from, (void)to, (void)size;
  __wasi_filesize_t offset;
  TRY(__wasi_fd_filestat_set_size(file, 0));
  return __wasi_fd_seek(file, 0, __WASI_WHENCE_SET, &offset);
}

/* The limit: a call that does nothing. */
PATTERN(empty) {
  (void)size;
  EACH TRY(empty(1, 2, 3));
  return 0;
}

PATTERN(clock_time_get) {
  (void)size;
  __wasi_timestamp_t time;
  EACH TRY(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &time));
  return 0;
}

/* size: bytes. */
PATTERN(random_get) {
  EACH TRY(__wasi_random_get(buffer, size));
  return 0;
}

PATTERN(fd_seek) {
  (void)size;
  __wasi_filesize_t offset;
  EACH {
    TRY(__wasi_fd_seek(file, i, __WASI_WHENCE_SET, &offset));
    if (offset != i) return WRONG_ANSWER;
  }
  return 0;
}

/* Appends size bytes. */
PATTERN(fd_write) {
  EACH TRY(write_some(size));
  return 0;
}

/* Reads size bytes somewhere in a file of 16 MiB. */
PATTERN(fd_pread) {
  __wasi_iovec_t iov = {buffer, size};
  __wasi_size_t count;
  EACH {
    uint32_t offset = size == 1 ? i & 0xffffff : size == 4096 ? (i & 0xfff) << 12 : (i % 60) << 18;
    TRY(__wasi_fd_pread(file, &iov, 1, offset, &count));
    if (count != size) return WRONG_ANSWER;
  }
  return 0;
}

PATTERN(fd_filestat_get) {
  (void)size;
  __wasi_filestat_t stat;
  EACH {
    TRY(__wasi_fd_filestat_get(file, &stat));
    if (stat.filetype != __WASI_FILETYPE_REGULAR_FILE) return WRONG_ANSWER;
  }
  return 0;
}

PATTERN(path_filestat_get) {
  (void)size;
  __wasi_filestat_t stat;
  EACH {
    TRY(__wasi_path_filestat_get(preopen, 0, "a/b/c/d", &stat));
    if (stat.filetype != __WASI_FILETYPE_DIRECTORY) return WRONG_ANSWER;
  }
  return 0;
}

PATTERN(path_filestat_get_missing) {
  (void)size;
  __wasi_filestat_t stat;
  EACH if (__wasi_path_filestat_get(preopen, 0, "missing", &stat) != __WASI_ERRNO_NOENT) return WRONG_ANSWER;
  return 0;
}

PATTERN(open_close) {
  (void)size;
  __wasi_fd_t fd;
  EACH {
    TRY(__wasi_path_open(preopen, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
    TRY(__wasi_fd_close(fd));
  }
  return 0;
}

/* size: the entries that d has; the new ones fall between them. */
PATTERN(create_unlink) {
  EACH {
    TRY(create_entry(size + i));
    TRY(__wasi_path_unlink_file(preopen, entry_name(size + i)));
  }
  return 0;
}

/* Each operation lists d whole, as readdir of wasi-libc does, with a buffer of 4 KiB; size: the entries it has. */
PATTERN(list) {
  EACH {
    __wasi_fd_t fd;
    TRY(__wasi_path_open(preopen, 0, "d", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0, 0, &fd));
    __wasi_dircookie_t cookie = __WASI_DIRCOOKIE_START;
    uint32_t found = 0;
    for (;;) {
      __wasi_size_t used;
      TRY(__wasi_fd_readdir(fd, buffer, 4096, cookie, &used));
      uint32_t at = 0;
      while (at + sizeof(__wasi_dirent_t) <= used) {
        const __wasi_dirent_t *entry = (const __wasi_dirent_t *)(buffer + at);
        uint32_t length = sizeof *entry + entry->d_namlen;
        if (at + length > used) break;
        if (entry->d_namlen == 8) found++; /* Some hosts list . and .. too. */
        cookie = entry->d_next;
        at += length;
      }
      if (used < 4096) break;
    }
    TRY(__wasi_fd_close(fd));
    if (found != size) return WRONG_ANSWER;
  }
  return 0;
}

PATTERN(poll_oneoff) {
  (void)size;
  __wasi_subscription_t subscriptions[2] = {0};
  __wasi_event_t events[2];
  __wasi_size_t count;
  for (int at = 0; at < 2; at++) {
    subscriptions[at].userdata = at;
    subscriptions[at].u.tag = __WASI_EVENTTYPE_CLOCK;
    subscriptions[at].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  }
  EACH {
    TRY(__wasi_poll_oneoff(subscriptions, events, 2, &count));
    if (count < 1) return WRONG_ANSWER;
  }
  return 0;
}

/* The patterns below are those of growth: the i-th operation meets what the ones before it have left. */

PATTERN(create) {
  (void)size;
  EACH TRY(create_entry(i));
  return 0;
}

PATTERN(stat) {
  (void)size;
  __wasi_filestat_t stat;
  EACH TRY(__wasi_path_filestat_get(preopen, 0, entry_name(i), &stat));
  return 0;
}

PATTERN(unlink) {
  (void)size;
  EACH TRY(__wasi_path_unlink_file(preopen, entry_name(i)));
  return 0;
}

PATTERN(make_directory) {
  (void)size;
  EACH TRY(__wasi_path_create_directory(preopen, entry_name(i)));
  return 0;
}

/* One directory inside the other, each made in the one before it. */
PATTERN(chain) {
  (void)size;
  EACH {
    __wasi_fd_t next;
    TRY(__wasi_path_create_directory(tail, "c"));
    TRY(__wasi_path_open(tail, 0, "c", __WASI_OFLAGS_DIRECTORY, DIRECTORY_RIGHTS, DIRECTORY_RIGHTS, 0, &next));
    if (tail != preopen) TRY(__wasi_fd_close(tail));
    tail = next;
  }
  return 0;
}

/* Opens a file and leaves it open. */
PATTERN(keep_open) {
  (void)size;
  __wasi_fd_t fd;
  EACH TRY(__wasi_path_open(preopen, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
  return 0;
}

/* Overwrites one of the size records of 256 bytes, picked by a fixed scatter. */
PATTERN(overwrite) {
  __wasi_ciovec_t iov = {buffer, 256};
  __wasi_size_t count;
  EACH {
    uint64_t offset = (uint64_t)((i * 0x9E3779B1u) % size) * 256;
    TRY(__wasi_fd_pwrite(file, &iov, 1, offset, &count));
    if (count != 256) return WRONG_ANSWER;
  }
  return 0;
}
