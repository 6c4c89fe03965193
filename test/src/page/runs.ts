/** Runs with a timeline for the tests of the page, and what is in the page of one. */

import { Machine, type Run, type TimelineOptions } from '../../../src/index.ts'
import { readData } from '../../../src/page/read_data.ts'
import type { PageData } from '../../../src/timeline_data.ts'
import { compileC } from '../../support/compile.ts'

/** Makes, writes, links, renames and unlinks; what it names and writes would end a page that trusted it. */
const FILES = `
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static const char hostile[] = "</script><!--<script>hacked=1</script>\\n";
int main(void) {
  char buffer[64];
  mkdir("/docs", 0755);
  int a = open("/docs/a.txt", O_CREAT | O_RDWR, 0644);
  write(a, "hello\\n", 6);
  write(a, "two lines\\n", 10);
  link("/docs/a.txt", "/docs/b.txt");
  rename("/docs/b.txt", "/c.txt");
  symlink("docs/a.txt", "/latest");
  symlink("</script><script>hacked=1</script>", "/<img src=x onerror=hacked=1>");
  open("/nope\\n</script><script>hacked=1</script>", O_RDONLY);
  pwrite(a, "HELLO", 5, 0);
  ftruncate(a, 12);
  unlink("/docs/a.txt");
  unlink("/c.txt");
  lseek(a, 0, SEEK_SET);
  read(a, buffer, sizeof buffer);
  close(a);
  int h = open("/\\xe2\\x80\\xaetxt.<b>", O_CREAT | O_WRONLY | O_APPEND, 0600);
  write(h, hostile, strlen(hostile));
  int b = open("/bytes", O_CREAT | O_WRONLY, 0644);
  for (int i = 0; i < 3000; i++) buffer[i % 64] = i * 7, i % 64 == 63 ? write(b, buffer, 64) : 0;
  close(b);
  b = open("/bytes", O_RDONLY);
  rename("/bytes", "/docs/bytes");
  rmdir("/tmp");
  int d = open("/docs", O_RDONLY | O_DIRECTORY);
  unlink("/docs/bytes");
  rmdir("/docs");
  close(b);
  close(d);
  return 3;
}`

export function filesRun(timeline: true | TimelineOptions = true): Run {
  return new Machine({ files: { '/old.txt': 'old', '/big': 'x'.repeat(100) } }).run(compileC(FILES), { timeline })
}

/** A run of so many calls and a few more. */
export function longRun(calls: number): Run {
  const source = `#include <unistd.h>
    int main(void) { for (int i = 0; i < ${calls}; i++) lseek(3, 0, SEEK_CUR); return 0; }`
  return new Machine().run(compileC(source), { timeline: true })
}

/** The data that is in a page. */
export function dataOf(page: string): PageData {
  const [, json] = /<script type="application\/json" id="run">([^<]*)<\/script>/.exec(page) ?? []
  if (json === undefined) throw new Error('there is no data in the page')
  return readData(json)
}
