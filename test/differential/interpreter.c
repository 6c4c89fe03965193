// Runs a program of preview1 calls, read from stdin, and writes to stdout what each call gave, one line for each.
//
//   program   count, then that many strings (length, bytes); then operations until the end
//   operation number of the call, then its arguments in the order of the table in programs.ts
//   numbers   LEB128, up to 64 bits; a string is an argument by its place among the strings
//   line      errno, then " key=value" for each result; the last line is "end"
//
// Before each operation it calls differential.before(index), by which a host can look at the world that the call meets.
// The calls are imported here and not taken from the C library, whose wrappers end paths at their first NUL byte.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <wasi/api.h>

#define CALL(name, ...) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) uint32_t raw_##name(__VA_ARGS__);

typedef uint32_t u32;
typedef uint64_t u64;

CALL(fd_advise, u32 fd, u64 offset, u64 length, u32 advice)
CALL(fd_allocate, u32 fd, u64 offset, u64 length)
CALL(fd_close, u32 fd)
CALL(fd_datasync, u32 fd)
CALL(fd_fdstat_get, u32 fd, __wasi_fdstat_t *stat)
CALL(fd_fdstat_set_flags, u32 fd, u32 flags)
CALL(fd_fdstat_set_rights, u32 fd, u64 base, u64 inheriting)
CALL(fd_filestat_get, u32 fd, __wasi_filestat_t *stat)
CALL(fd_filestat_set_size, u32 fd, u64 size)
CALL(fd_filestat_set_times, u32 fd, u64 atim, u64 mtim, u32 flags)
CALL(fd_pread, u32 fd, const __wasi_iovec_t *iovs, u32 count, u64 offset, u32 *done)
CALL(fd_prestat_dir_name, u32 fd, uint8_t *path, u32 length)
CALL(fd_prestat_get, u32 fd, __wasi_prestat_t *stat)
CALL(fd_pwrite, u32 fd, const __wasi_iovec_t *iovs, u32 count, u64 offset, u32 *done)
CALL(fd_read, u32 fd, const __wasi_iovec_t *iovs, u32 count, u32 *done)
CALL(fd_readdir, u32 fd, uint8_t *buffer, u32 length, u64 cookie, u32 *used)
CALL(fd_renumber, u32 from, u32 to)
CALL(fd_seek, u32 fd, u64 delta, u32 whence, u64 *offset)
CALL(fd_sync, u32 fd)
CALL(fd_tell, u32 fd, u64 *offset)
CALL(fd_write, u32 fd, const __wasi_iovec_t *iovs, u32 count, u32 *done)
CALL(path_create_directory, u32 fd, const uint8_t *path, u32 length)
CALL(path_filestat_get, u32 fd, u32 flags, const uint8_t *path, u32 length, __wasi_filestat_t *stat)
CALL(path_filestat_set_times, u32 fd, u32 flags, const uint8_t *path, u32 length, u64 atim, u64 mtim, u32 fstflags)
CALL(path_link, u32 old_fd, u32 flags, const uint8_t *old, u32 old_length, u32 fd, const uint8_t *path, u32 length)
CALL(path_open, u32 fd, u32 dirflags, const uint8_t *path, u32 length, u32 oflags, u64 base, u64 inheriting,
     u32 fdflags, u32 *opened)
CALL(path_readlink, u32 fd, const uint8_t *path, u32 length, uint8_t *buffer, u32 buffer_length, u32 *used)
CALL(path_remove_directory, u32 fd, const uint8_t *path, u32 length)
CALL(path_rename, u32 old_fd, const uint8_t *old, u32 old_length, u32 fd, const uint8_t *path, u32 length)
CALL(path_symlink, const uint8_t *text, u32 text_length, u32 fd, const uint8_t *path, u32 length)
CALL(path_unlink_file, u32 fd, const uint8_t *path, u32 length)

__attribute__((import_module("differential"), import_name("before"))) void before(u32 index);

enum { OUT = 1, FIRST_FD = 3, LAST_FD = 63, ROUNDS = 200 };

// The program.

static uint8_t program[1 << 16];
static u32 size, at;

struct string {
  const uint8_t *bytes;
  u32 length;
};
static struct string strings[256];

static u64 argument(void) {
  u64 value = 0;
  for (int shift = 0; at < size; shift += 7) {
    uint8_t byte = program[at++];
    value |= (u64)(byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

static struct string text(void) { return strings[argument() & 255]; }

static void load(void) {
  for (u32 done = 1; done > 0 && size < sizeof program; size += done) {
    __wasi_iovec_t iov = {program + size, sizeof program - size};
    if (raw_fd_read(0, &iov, 1, &done) != 0) break;
  }
  u64 count = argument();
  for (u64 i = 0; i < count && i < 256; i++) {
    u32 length = (u32)argument();
    strings[i] = (struct string){program + at, length};
    at += length;
  }
}

// The lines.

static uint8_t out[1 << 16];
static u32 used;

static void flush(void) {
  for (u32 from = 0, done; from < used; from += done) {
    __wasi_iovec_t iov = {out + from, used - from};
    if (raw_fd_write(OUT, &iov, 1, &done) != 0) exit(1);
  }
  used = 0;
}

static void put_byte(uint8_t byte) {
  if (used == sizeof out) flush();
  out[used++] = byte;
}

static void put(const char *text) {
  while (*text) put_byte((uint8_t)*text++);
}

static void put_number(u64 value) {
  char digits[21];
  int i = 20;
  digits[i] = 0;
  do digits[--i] = (char)('0' + value % 10);
  while (value /= 10);
  put(digits + i);
}

static void result(const char *key, u64 value) {
  put_byte(' ');
  put(key);
  put_byte('=');
  put_number(value);
}

// The calls that take more than a line.

static uint8_t data[1 << 17];
static __wasi_iovec_t iovs[3];

// Cuts `length` bytes of `data` into ranges, of which the middle one of three is empty.
static void cut(u64 length, u64 pieces) {
  u32 total = length > sizeof data ? sizeof data : (u32)length;
  u32 half = pieces > 1 ? total / 2 : total;
  iovs[0] = (__wasi_iovec_t){data, half};
  iovs[1] = (__wasi_iovec_t){data + half, pieces > 2 ? 0 : total - half};
  iovs[2] = (__wasi_iovec_t){data + half, total - half};
}

static void fill(u64 seed, u64 length) {
  for (u32 i = 0; i < length && i < sizeof data; i++) data[i] = (uint8_t)(seed * 31 + i);
}

static void put_hash(u32 length) {
  u32 hash = 2166136261u;
  for (u32 i = 0; i < length && i < sizeof data; i++) hash = (hash ^ data[i]) * 16777619u;
  result("hash", hash);
}

static void put_filestat(const __wasi_filestat_t *stat) {
  result("type", stat->filetype);
  result("nlink", stat->nlink);
  result("size", stat->size);
  result("ino", stat->ino);
  result("atim", stat->atim);
  result("mtim", stat->mtim);
}

// Lists a directory with a buffer of `length` bytes, as a C library does, and, with `sweep`, unlinks what it finds as
// soon as it has found it. `names` gets each name and type with a slash after it. `stuck`: an entry did not fit.
static u32 list(u32 fd, u32 length, int sweep, char *names, u32 room, int *stuck) {
  u64 cookie = 0;
  u32 end = 0;
  for (int round = 0; round < ROUNDS; round++) {
    u32 filled = 0, from = 0;
    u32 error = raw_fd_readdir(fd, data, length, cookie, &filled);
    if (error != 0) return error;
    int moved = 0;
    while (from + sizeof(__wasi_dirent_t) <= filled) {
      __wasi_dirent_t entry;
      __builtin_memcpy(&entry, data + from, sizeof entry);
      const uint8_t *name = data + from + sizeof entry;
      if (entry.d_namlen > filled - from - sizeof entry) break;
      int dots = (entry.d_namlen == 1 && name[0] == '.') || (entry.d_namlen == 2 && name[0] == '.' && name[1] == '.');
      if (!dots && end + entry.d_namlen + 4 < room) {
        __builtin_memcpy(names + end, name, entry.d_namlen);
        end += entry.d_namlen;
        names[end++] = ':';
        names[end++] = (char)('0' + entry.d_type);
        names[end++] = '/';
        names[end] = 0;
        if (sweep) raw_path_unlink_file(fd, name, entry.d_namlen);
      }
      cookie = entry.d_next;
      from += sizeof entry + entry.d_namlen;
      moved = 1;
    }
    if (filled < length) break;
    if (!moved) {
      *stuck = 1;
      break;
    }
  }
  return 0;
}

static void put_list(u64 fd, u64 length, int sweep) {
  static char names[1 << 14];
  int stuck = 0;
  names[0] = 0;
  put_number(list((u32)fd, length > sizeof data ? sizeof data : (u32)length, sweep, names, sizeof names, &stuck));
  result("stuck", stuck);
  put(" names=");
  put(names);
}

// One call after the other. The numbers are those of programs.ts.

static void run(u64 call) {
  u64 a[8];
  u32 error, done = 0;
  u64 offset = 0;
  struct string path, other;
  __wasi_filestat_t filestat = {0};
  __wasi_fdstat_t fdstat = {0};
#define ARGS(n) \
  for (int i = 0; i < n; i++) a[i] = argument()
#define SIMPLE(n, ...) \
  ARGS(n);             \
  put_number(__VA_ARGS__)
  switch (call) {
    case 1:
      ARGS(2);
      path = text();
      for (int i = 2; i < 6; i++) a[i] = argument();
      error = raw_path_open(a[0], a[1], path.bytes, path.length, a[2], a[3], a[4], a[5], &done);
      put_number(error);
      if (error == 0) result("fd", done);
      return;
    case 2: SIMPLE(1, raw_fd_close(a[0])); return;
    case 3:
    case 5:
      ARGS(3);
      if (call == 5) a[3] = argument();
      fill(0, a[1]);
      cut(a[1], a[2]);
      error = call == 3 ? raw_fd_read(a[0], iovs, a[2], &done) : raw_fd_pread(a[0], iovs, a[2], a[3], &done);
      put_number(error);
      if (error != 0) return;
      result("count", done);
      put_hash(done);
      return;
    case 4:
    case 6:
      ARGS(4);
      if (call == 6) a[4] = argument();
      fill(a[3], a[1]);
      cut(a[1], a[2]);
      error = call == 4 ? raw_fd_write(a[0], iovs, a[2], &done) : raw_fd_pwrite(a[0], iovs, a[2], a[4], &done);
      put_number(error);
      if (error == 0) result("count", done);
      return;
    case 7:
      ARGS(3);
      error = raw_fd_seek(a[0], a[1], a[2], &offset);
      put_number(error);
      if (error == 0) result("offset", offset);
      return;
    case 8:
      ARGS(1);
      error = raw_fd_tell(a[0], &offset);
      put_number(error);
      if (error == 0) result("offset", offset);
      return;
    case 9: SIMPLE(2, raw_fd_renumber(a[0], a[1])); return;
    case 10:
      ARGS(1);
      error = raw_fd_filestat_get(a[0], &filestat);
      put_number(error);
      if (error == 0) put_filestat(&filestat);
      return;
    case 11: SIMPLE(2, raw_fd_filestat_set_size(a[0], a[1])); return;
    case 12: SIMPLE(4, raw_fd_filestat_set_times(a[0], a[1], a[2], a[3])); return;
    case 13: SIMPLE(3, raw_fd_allocate(a[0], a[1], a[2])); return;
    case 14: SIMPLE(4, raw_fd_advise(a[0], a[1], a[2], a[3])); return;
    case 15: SIMPLE(1, raw_fd_sync(a[0])); return;
    case 16: SIMPLE(1, raw_fd_datasync(a[0])); return;
    case 17:
      ARGS(1);
      error = raw_fd_fdstat_get(a[0], &fdstat);
      put_number(error);
      if (error != 0) return;
      result("type", fdstat.fs_filetype);
      result("flags", fdstat.fs_flags);
      result("base", fdstat.fs_rights_base);
      result("inheriting", fdstat.fs_rights_inheriting);
      return;
    case 18: SIMPLE(2, raw_fd_fdstat_set_flags(a[0], a[1])); return;
    case 19: SIMPLE(3, raw_fd_fdstat_set_rights(a[0], a[1], a[2])); return;
    case 20: ARGS(2); put_list(a[0], a[1], 0); return;
    case 21:
      ARGS(3);
      put_number(raw_fd_readdir(a[0], data, a[1] > sizeof data ? sizeof data : a[1], a[2], &done));
      return;
    case 22:
      ARGS(1);
      path = text();
      put_number(raw_path_create_directory(a[0], path.bytes, path.length));
      return;
    case 23:
      ARGS(2);
      path = text();
      error = raw_path_filestat_get(a[0], a[1], path.bytes, path.length, &filestat);
      put_number(error);
      if (error == 0) put_filestat(&filestat);
      return;
    case 24:
      ARGS(2);
      path = text();
      for (int i = 2; i < 5; i++) a[i] = argument();
      put_number(raw_path_filestat_set_times(a[0], a[1], path.bytes, path.length, a[2], a[3], a[4]));
      return;
    case 25:
      ARGS(2);
      path = text();
      a[2] = argument();
      other = text();
      put_number(raw_path_link(a[0], a[1], path.bytes, path.length, a[2], other.bytes, other.length));
      return;
    case 26:
      ARGS(1);
      path = text();
      a[1] = argument();
      error = raw_path_readlink(a[0], path.bytes, path.length, data, a[1] > 4096 ? 4096 : a[1], &done);
      put_number(error);
      if (error != 0) return;
      result("used", done);
      put_hash(done);
      return;
    case 27:
      ARGS(1);
      path = text();
      put_number(raw_path_remove_directory(a[0], path.bytes, path.length));
      return;
    case 28:
      ARGS(1);
      path = text();
      a[1] = argument();
      other = text();
      put_number(raw_path_rename(a[0], path.bytes, path.length, a[1], other.bytes, other.length));
      return;
    case 29:
      other = text();
      ARGS(1);
      path = text();
      put_number(raw_path_symlink(other.bytes, other.length, a[0], path.bytes, path.length));
      return;
    case 30:
      ARGS(1);
      path = text();
      put_number(raw_path_unlink_file(a[0], path.bytes, path.length));
      return;
    case 31: ARGS(2); put_list(a[0], a[1], 1); return;
    case 32: {
      __wasi_prestat_t prestat = {0};
      ARGS(1);
      error = raw_fd_prestat_get(a[0], &prestat);
      put_number(error);
      if (error == 0) result("length", prestat.u.dir.pr_name_len);
      return;
    }
    case 33:
      ARGS(2);
      fill(0, 16);
      error = raw_fd_prestat_dir_name(a[0], data, a[1] > 4096 ? 4096 : a[1]);
      put_number(error);
      if (error == 0) put_hash(8);
      return;
    default: exit(2);
  }
}

int main(void) {
  load();
  for (u32 index = 0; at < size; index++) {
    before(index);
    run(argument());
    put_byte('\n');
  }
  // A host that only forgets its descriptors would run out of them.
  for (u32 fd = FIRST_FD; fd <= LAST_FD; fd++) raw_fd_close(fd);
  put("end\n");
  flush();
  return 0;
}
