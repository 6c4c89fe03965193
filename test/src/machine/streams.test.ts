/** What goes in and out of a run: stdin in its four forms, captures and sinks, terminals, preopens, and sockets. */

import { describe, expect, it } from 'vitest'
import { FILETYPE_CHARACTER_DEVICE, FILETYPE_REGULAR_FILE, FILETYPE_UNKNOWN } from '../../../src/abi/types.ts'
import { Machine, type RunOptions, type Stdin } from '../../../src/index.ts'
import { compileC } from '../../support/compile.ts'
import { Hostcalls } from '../../support/hostcalls.ts'

const CAT = `
#include <unistd.h>
int main(void) {
  char buffer[1000];
  for (ssize_t n; (n = read(0, buffer, sizeof buffer)) != 0;) {
    if (n < 0 || write(1, buffer, n) != n) return 1;
  }
  return 0;
}`

const cat = (stdin: Stdin, machine = new Machine()): string => {
  const run = machine.run(compileC(CAT), { stdin })
  expect(run.exitCode).toBe(0)
  return run.stdout.text()
}

describe('stdin', () => {
  it('is empty by default', () => {
    const run = new Machine().run(compileC(CAT))
    expect(run.exitCode).toBe(0)
    expect(run.stdout.bytes).toEqual(new Uint8Array(0))
  })

  it('can be text, of any characters', () => {
    for (const text of ['', 'plain', 'ü € 🦀 \0 end', 'x'.repeat(100_000)]) expect(cat(text)).toBe(text)
  })

  it('can be bytes, of any value', () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index & 255)
    const run = new Machine().run(compileC(CAT), { stdin: bytes })
    expect(run.stdout.bytes).toEqual(bytes)
  })

  it('can be an iterable of both, pulled only as the guest reads', () => {
    const pulled: string[] = []
    function* chunks(): Generator<string | Uint8Array> {
      for (const chunk of ['one ', '', 'two ', 'three ', 'four ']) {
        pulled.push(chunk)
        yield chunk.length === 4 ? chunk : new TextEncoder().encode(chunk)
      }
    }
    const module = compileC(`
      #include <unistd.h>
      int main(void) {
        char buffer[100];
        for (int i = 0; i < 2; i++) write(1, buffer, read(0, buffer, sizeof buffer));
        return 0;
      }`)
    expect(new Machine().run(module, { stdin: chunks() }).stdout.text()).toBe('one two ')
    expect(pulled).toEqual(['one ', '', 'two '])
    expect(cat(chunks())).toBe('one two three four ')
    expect(cat(['a', new Uint8Array([98]), 'c'])).toBe('abc')
  })

  it('can be a file of the machine, which can be seeked in and keeps its number', () => {
    const machine = new Machine({ files: { '/in': 'contents', '/link': { symlink: 'in' } } })
    expect(cat({ file: '/in' }, machine)).toBe('contents')
    expect(cat({ file: '/link' }, machine)).toBe('contents')
    const module = compileC(`
      #include <stdio.h>
      #include <sys/stat.h>
      #include <unistd.h>
      int main(void) {
        struct stat here, there;
        fstat(0, &here);
        stat("/in", &there);
        printf("%d %d %ld\\n", S_ISREG(here.st_mode), here.st_ino == there.st_ino, (long)lseek(0, -3, SEEK_END));
        printf("%c %zd\\n", getchar(), write(0, "x", 1));
        return 0;
      }`)
    expect(machine.run(module, { stdin: { file: '/in' } }).stdout.text()).toBe('1 1 5\nn -1\n')
  })

  it('is the same stream however it is cut, to one who reads to its end', () => {
    expect(cat(['ab', 'cd'])).toBe(cat('abcd'))
  })
})

describe('sinks', () => {
  const module = compileC(`
    #include <stdio.h>
    #include <unistd.h>
    int main(void) {
      setvbuf(stdout, NULL, _IONBF, 0);
      printf("a"); fprintf(stderr, "b"); printf("c"); fprintf(stderr, "d");
      write(1, "", 0);
      return 0;
    }`)

  it('are called with each write, in order, besides the capture', () => {
    const order: string[] = []
    const sink =
      (name: string) =>
      (bytes: Uint8Array): void => {
        order.push(`${name}:${new TextDecoder().decode(bytes)}`)
      }
    const run = new Machine().run(module, { stdout: sink('out'), stderr: sink('err') })
    expect(order).toEqual(['out:a', 'err:b', 'out:c', 'err:d'])
    expect(run.stdout.text()).toBe('ac')
    expect(run.stderr.text()).toBe('bd')
  })

  it('own the bytes that they get, and a capture its own', () => {
    const kept: Uint8Array[] = []
    const run = new Machine().run(module, { stdout: (bytes) => kept.push(bytes) })
    for (const bytes of kept) bytes.fill(33)
    expect(run.stdout.text()).toBe('ac')
    run.stdout.bytes.fill(0)
    expect(run.stdout.text()).toBe('ac')
  })

  it('change nothing that the guest or the trace sees', () => {
    const digests = [{}, { stdout: () => {} }, { stderr: () => {} }].map(
      (options: RunOptions) => new Machine().run(module, options).traceDigest,
    )
    expect(new Set(digests).size).toBe(1)
  })
})

describe('tty', () => {
  const module = compileC(`
    #include <stdio.h>
    #include <unistd.h>
    int main(void) { fprintf(stderr, "%d%d%d", isatty(0), isatty(1), isatty(2)); return 0; }`)
  it.each([
    [undefined, '000'],
    [false, '000'],
    [true, '111'],
    [{}, '000'],
    [{ stdin: true }, '100'],
    [{ stdout: true }, '010'],
    [{ stderr: true, stdin: false }, '001'],
  ])('%o gives isatty %s', (tty, said) => {
    const run = new Machine().run(module, tty === undefined ? {} : { tty })
    expect(run.stderr.text()).toBe(said)
  })

  it('shows in the type and the rights of the descriptor', () => {
    const calls = new Hostcalls({ run: { tty: { stdout: true } } })
    expect([0, 1, 2].map((fd) => calls.fdstat(fd).filetype)).toEqual([
      FILETYPE_UNKNOWN,
      FILETYPE_CHARACTER_DEVICE,
      FILETYPE_UNKNOWN,
    ])
    const SEEK_AND_TELL = 0x24n
    expect([0, 1, 2].map((fd) => calls.fdstat(fd).base & SEEK_AND_TELL)).toEqual([0n, 0n, 0n])
  })

  it('makes no terminal of a file', () => {
    const calls = new Hostcalls({ files: { '/in': 'x' }, run: { tty: true, stdin: { file: '/in' } } })
    expect(calls.fdstat(0).filetype).toBe(FILETYPE_REGULAR_FILE)
  })
})

describe('preopens', () => {
  function preopensOf(options: RunOptions): { fd: number; name: string; ino: bigint }[] {
    const calls = new Hostcalls({ files: { '/a/b/': null, '/c': null, '/link': { symlink: 'a/b' } }, run: options })
    const found = []
    for (let fd = 3; ; fd++) {
      const buf = calls.out(8)
      if (calls.call('fd_prestat_get', fd, buf) !== 'ESUCCESS') return found
      const len = calls.u32(buf + 4)
      const name = calls.out(len)
      calls.must('fd_prestat_dir_name', fd, name, len)
      found.push({ fd, name: calls.text({ ptr: name, len }), ino: calls.fstat(fd).ino })
    }
  }

  it('are / on descriptor 3 by default', () => {
    expect(preopensOf({})).toEqual([{ fd: 3, name: '/', ino: 1n }])
  })

  it('are in the order given, with the names given, whatever they are', () => {
    const names = ['/a/b/', 'c', '.', '/', '', 'ü/€', '//x//', 'C:\\']
    const found = preopensOf({ preopens: names.map((name) => ({ name, path: '/c' })) })
    expect(found.map(({ name }) => name)).toEqual(names)
    expect(found.map(({ fd }) => fd)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('may be an object, name to path, in its order', () => {
    expect(preopensOf({ preopens: { '/z': '/c', '/a': '/a', '/m': '/' } }).map(({ name }) => name)).toEqual([
      '/z',
      '/a',
      '/m',
    ])
  })

  it('may name a directory with slashes, by a link, and twice', () => {
    const found = preopensOf({
      preopens: [
        { name: '1', path: '/a/b' },
        { name: '2', path: '/a/b/' },
        { name: '3', path: '//a//b//' },
        { name: '4', path: '/link' },
        { name: '4', path: '/link/.' },
      ],
    })
    expect(new Set(found.map(({ ino }) => ino)).size).toBe(1)
    expect(found).toHaveLength(5)
  })

  it('may be none at all', () => {
    expect(preopensOf({ preopens: {} })).toEqual([])
    expect(preopensOf({ preopens: [] })).toEqual([])
  })

  it('are what a C library finds its paths by: the longest name wins', () => {
    const module = compileC(`
      #include <stdio.h>
      int main(int c, char **v) {
        for (int i = 1; i < c; i++) {
          FILE *f = fopen(v[i], "r");
          printf("%c", f == NULL ? '-' : getc(f));
        }
        return 0;
      }`)
    const machine = new Machine({ files: { '/a/x': '1', '/b/x': '2', '/c/x': '3' } })
    const run = machine.run(module, {
      args: ['main', '/in/x', '/in/deep/x', '/in/deep/../x', 'x', '/other/x'],
      preopens: { '/in': '/a', '/in/deep': '/b', '.': '/c' },
    })
    expect(run.stdout.text()).toBe('12-3-')
  })

  it('are walls: nothing above them is reached', () => {
    const calls = new Hostcalls({
      files: { '/in/x': '', '/secret': 's', '/in/up': { symlink: '../secret' }, '/in/abs': { symlink: '/secret' } },
      run: { preopens: { '/in': '/in' } },
    })
    for (const path of ['../secret', 'up', 'abs', '/secret', 'x/../../secret', './../in/x']) {
      expect(['EPERM', 'ENOTCAPABLE', 'ENOTDIR']).toContain(calls.open(path))
    }
  })
})

describe('sockets', () => {
  it('listen on the descriptors after the preopens; peers connect in order', () => {
    const calls = new Hostcalls({
      run: {
        preopens: { '/': '/', '/tmp': '/tmp' },
        listen: [[{ send: 'first' }, { send: 'second' }], [{ send: new Uint8Array([0, 255]) }]],
      },
    })
    const accept = (fd: number): number | string => {
      const out = calls.out(4)
      const answer = calls.call('sock_accept', fd, 0, out)
      return answer === 'ESUCCESS' ? calls.u32(out) : answer
    }
    expect(accept(4)).toBe('ENOTSOCK')
    const [one, two, three] = [accept(5), accept(5), accept(6)] as number[]
    expect([one, two, three]).toEqual([7, 8, 9])
    expect(calls.read(two as number, 100)).toBe('second')
    expect(calls.read(one as number, 3)).toBe('fir')
    expect(calls.read(one as number, 100)).toBe('st')
    expect(calls.read(one as number, 100)).toBe('')
    expect(calls.write(one as number, 'to the first')).toBe(12)
    expect(calls.write(three as number, 'to ')).toBe(3)
    expect(calls.write(three as number, 'the third')).toBe(9)
    expect(calls.run.received.map((peers) => peers.map((output) => output.text()))).toEqual([
      ['to the first', ''],
      ['to the third'],
    ])
  })

  it('have peers that answer what they get', () => {
    const seen: string[] = []
    const respond = (bytes: Uint8Array): string | undefined => {
      seen.push(new TextDecoder().decode(bytes))
      return seen.length === 2 ? undefined : `answer ${seen.length}`
    }
    const calls = new Hostcalls({ run: { listen: [[{ respond }]] } })
    const out = calls.out(4)
    calls.must('sock_accept', 4, 0, out)
    const fd = calls.u32(out)
    const send = (...parts: string[]): void => {
      const { ptr, len } = calls.iovs(...parts)
      calls.must('sock_send', fd, ptr, len, 0, calls.out(4))
    }
    send('GET ', '/')
    expect(calls.read(fd, 100)).toBe('answer 1')
    send('quiet')
    send('more')
    expect(calls.read(fd, 100)).toBe('answer 3')
    expect(seen).toEqual(['GET /', 'quiet', 'more'])
  })

  it('serve a C program that accepts until it is told to stop', () => {
    const module = compileC(`
      #include <sys/socket.h>
      #include <unistd.h>
      int main(void) {
        char buffer[256];
        for (;;) {
          int fd = accept(4, NULL, NULL);
          if (fd < 0) return 1;
          ssize_t n = recv(fd, buffer, sizeof buffer, 0);
          if (n <= 0) return 2;
          if (buffer[0] == 'q') return 0;
          for (ssize_t i = 0; i < n; i++) buffer[i] ^= 32;
          if (send(fd, buffer, n, 0) != n) return 3;
          shutdown(fd, SHUT_RDWR);
          close(fd);
        }
      }`)
    const run = new Machine().run(module, { listen: [[{ send: 'Hello' }, { send: 'World' }, { send: 'quit' }]] })
    expect(run.exitCode).toBe(0)
    expect(run.received[0]?.map((output) => output.text())).toEqual(['hELLO', 'wORLD', ''])
  })
})
