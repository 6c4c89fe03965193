/* A command as a fuzzer starts them: 15 calls, then proc_exit with 0, or with the number of the call that failed. */
#include <stdint.h>
#include <wasi/api.h>

#define PREOPEN 3
#define IN_RIGHTS (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_FILESTAT_GET)
#define STEP(call) \
  step++;          \
  if (call) __wasi_proc_exit(step)

__attribute__((export_name("_start"))) void start(void) {
  static uint8_t buffer[4096];
  int step = 0;
  __wasi_size_t count, size;
  __wasi_timestamp_t time;
  __wasi_prestat_t prestat;
  __wasi_fdstat_t fdstat;
  __wasi_filestat_t filestat;
  __wasi_filesize_t offset;
  __wasi_fd_t fd;
  __wasi_iovec_t in = {buffer, sizeof buffer};
  __wasi_ciovec_t out = {buffer, 64};

  STEP(__wasi_args_sizes_get(&count, &size));
  STEP(__wasi_environ_sizes_get(&count, &size));
  STEP(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &time));
  STEP(__wasi_random_get(buffer, 16));
  STEP(__wasi_fd_prestat_get(PREOPEN, &prestat));
  STEP(__wasi_fd_fdstat_get(PREOPEN, &fdstat));
  STEP(__wasi_path_filestat_get(PREOPEN, 0, "input", &filestat));
  STEP(__wasi_path_open(PREOPEN, 0, "input", 0, IN_RIGHTS, 0, 0, &fd));
  STEP(__wasi_fd_read(fd, &in, 1, &size));
  STEP(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &offset));
  STEP(__wasi_fd_filestat_get(fd, &filestat));
  STEP(__wasi_fd_close(fd));
  STEP(__wasi_path_open(PREOPEN, 0, "output", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE, 0, 0, &fd));
  STEP(__wasi_fd_write(fd, &out, 1, &size));
  STEP(__wasi_fd_close(fd));
  __wasi_proc_exit(0);
}
