/** Calls of a hostile guest, at random: each is answered by an errno, changes what it says it changes, and nothing else. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RIGHTS_DIRECTORY } from '../../kernel/rights.ts'
import { type CallName, callNames } from '../../src/abi/signatures.ts'
import { OFLAG_DIRECTORY } from '../../src/abi/types.ts'
import { type Files, Machine, type Run, VivariumError } from '../../src/index.ts'
import { unstableCallNames } from '../../src/unstable/signatures.ts'
import { check } from '../../vfs/check.ts'
import { errnoName } from '../../vfs/errno.ts'
import { callerModule } from '../support/caller.ts'
import { ENDED, Hostcalls, READ_WRITE } from '../support/hostcalls.ts'
import { anyCall, prepareMemory, type RandomCall, randomCall } from '../support/random_calls.ts'

const SEED = 20260101
const FILES: Files = {
  '/a': 'contents of a',
  '/d/b': 'x'.repeat(10_000),
  '/d/e/f': '',
  '/empty': null,
  '/link': { symlink: 'd' },
  '/loop': { symlink: 'loop' },
  '/up': { symlink: '../a' },
}
/** Small, so that calls at random do reach its bounds. */
const QUOTA = { bytes: 64 * 4096, inodes: 60, entries: 20 }
const RUN = {
  args: ['hostile', ''],
  env: { A: 'b' },
  stdin: 'some input',
  listen: [[{ send: 'hello', respond: () => 'answer' }, { keepOpen: true }]],
  limits: { descriptors: 9 },
}

/** Few calls that end the run, since nothing comes after them. */
const ENDING: readonly CallName[] = ['proc_exit', 'proc_raise']
const calls = fc.oneof(
  { arbitrary: randomCall(callNames.filter((name) => !ENDING.includes(name))), weight: 99 },
  { arbitrary: randomCall(ENDING), weight: 1 },
)

function describeCall({ name, args }: RandomCall): string {
  return `${name}(${args.join(', ')})`
}

describe('calls at random', () => {
  it('are answered by an errno; a call that fails changes nothing, and one that succeeds only its results', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(fc.array(calls, { minLength: 40, maxLength: 100 }), (list) => {
        const guest = new Hostcalls({ files: FILES, quota: QUOTA, seed: 'hostile', run: RUN })
        guest.mknod('fifo', 'fifo')
        // Descriptors 5 to 7, which the calls at random often take: a file, a directory, a socket.
        guest.opened('a', { rights: READ_WRITE })
        guest.opened('d', { oflags: OFLAG_DIRECTORY, rights: RIGHTS_DIRECTORY })
        guest.must('sock_accept', 4, 0, guest.out(4))
        prepareMemory(guest.u8)
        for (const { name, args } of list) {
          const answer = guest.call(name, ...args)
          expect(answer).toMatch(/^E[A-Z0-9]+$/)
          seen.set(`${name} ${answer}`, (seen.get(`${name} ${answer}`) ?? 0) + 1)
          if (answer === ENDED) break
        }
        expect(check(guest.tree)).toEqual([])
      }),
      { seed: SEED, numRuns: 260 },
    )
    // The calls are worth something only if they get somewhere: each succeeded, and failed in several ways.
    const made = [...seen.values()].reduce((sum, count) => sum + count, 0)
    expect(made).toBeGreaterThan(10_000)
    const answers = [...seen.keys()]
    const succeeded = callNames.filter((name) => answers.includes(`${name} ESUCCESS`))
    expect(callNames.filter((name) => !succeeded.includes(name))).toEqual(['proc_exit'])
    const errnos = new Set(answers.map((answer) => answer.slice(answer.indexOf(' ') + 1)))
    const usual = [
      'EFAULT',
      'EBADF',
      'EINVAL',
      'ENOENT',
      'EPERM',
      'EMFILE',
      'ELOOP',
      'ENAMETOOLONG',
      'ENOTCAPABLE',
      'EFBIG',
    ]
    expect(usual.filter((errno) => !errnos.has(errno))).toEqual([])
  })

  it.each(['wasi_snapshot_preview1', 'wasi_unstable'] as const)(
    'with arguments of any bits are answered: %s',
    (module) => {
      const names = module === 'wasi_unstable' ? unstableCallNames : callNames
      fc.assert(
        fc.property(fc.array(anyCall(names), { minLength: 50, maxLength: 200 }), (calls) => {
          const { machine, run } = wildGuest(module)
          for (const one of calls) {
            const number = make(run, one)
            if (number === undefined) break
            expect(errnoName(number), describeCall(one)).toBeDefined()
          }
          expect(check(machine.tree)).toEqual([])
        }),
        { seed: SEED, numRuns: 100 },
      )
    },
  )

  it('are the same run each time', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(randomCall(), anyCall()), { minLength: 50, maxLength: 100 }), (calls) => {
        const digests = [1, 2].map(() => {
          const { run } = wildGuest('wasi_snapshot_preview1')
          for (const one of calls) if (make(run, one) === undefined) break
          return [run.traceDigest, run.end, run.stdout.bytes, run.calls]
        })
        expect(digests[0]).toEqual(digests[1])
      }),
      { seed: SEED, numRuns: 30 },
    )
  })
})

describe('a call with each argument at its worst', () => {
  const WORST32 = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff8, 65_535, 65_536]
  const WORST64 = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
  it.each(callNames)('%s', (name) => {
    fc.assert(
      fc.property(
        anyCall([name]).chain(({ args }) =>
          fc.tuple(
            ...args.map((arg) =>
              typeof arg === 'bigint'
                ? fc.constantFrom<number | bigint>(...WORST64)
                : fc.constantFrom<number | bigint>(...WORST32),
            ),
          ),
        ),
        (args) => {
          const { machine, run } = wildGuest('wasi_snapshot_preview1')
          const number = make(run, { name, args })
          if (number === undefined) expect(['exit', 'signal', 'deadlock']).toContain(run.end?.kind)
          else expect(errnoName(number), describeCall({ name, args })).toBeDefined()
          expect(check(machine.tree)).toEqual([])
        },
      ),
      { seed: SEED, numRuns: 60 },
    )
  })
})

function wildGuest(module: 'wasi_snapshot_preview1' | 'wasi_unstable'): { machine: Machine; run: Run } {
  const machine = new Machine({ files: FILES, quota: QUOTA, seed: 'wild' })
  const run = machine.run(callerModule({ module }), { ...RUN, preopens: { '/': '/', '/d': '/d' } })
  run.call('memory_grow', 3)
  prepareMemory(new Uint8Array((run.exports.memory as WebAssembly.Memory).buffer))
  return { machine, run }
}

/** Makes the call; its errno, or `undefined` where the run ended in it. Whatever else is thrown fails the test. */
function make(run: Run, { name, args }: RandomCall): number | undefined {
  try {
    return run.call(name, ...args.map((arg) => (typeof arg === 'bigint' ? BigInt.asIntN(64, arg) : arg))) as number
  } catch (error) {
    if (error instanceof VivariumError && error.code === 'ENDED') return undefined
    throw error
  }
}
