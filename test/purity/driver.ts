/** What is run in every realm alike: the guest, and what it left behind, as text. */

import { exportTree, formatRecord, Machine } from '../../src/index.ts'

/** Runs the guest in two machines, the second from a snapshot, and says what became of it as JSON, without any bytes. */
export function runGuest(module: Uint8Array): string {
  const machine = new Machine({
    seed: 'purity',
    epoch: '2026-07-01T12:00:00Z',
    files: {
      '/given/text': 'given',
      '/given/bytes': new Uint8Array([0, 128, 255]),
      '/given/link': { symlink: 'text' },
    },
  })
  const options = { args: ['guest', 'ü', ''], env: { LANG: 'C' }, stdin: ['one\nt', 'wo\nthrée'] }
  const first = machine.run(module, options)
  const fork = machine.fork()
  const second = fork.run(module, { ...options, trace: 'records' })
  const files = Object.entries(exportTree(fork.tree, 1, { directories: true })).map(([path, entry]) => {
    return [path, entry instanceof Uint8Array ? hash(entry) : entry]
  })
  return JSON.stringify({
    runs: [first, second].map((run) => ({
      end: run.end,
      traceDigest: run.traceDigest,
      calls: run.calls,
      stdout: run.stdout.text(),
      stderr: run.stderr.text(),
    })),
    trace: second.trace.map(formatRecord),
    time: String(fork.time),
    files,
  })
}

/** FNV-1a and the length: enough to tell contents apart by accident, and short to compare. */
function hash(bytes: Uint8Array): string {
  let value = 0x811c9dc5
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193)
  return `${bytes.length} bytes, ${(value >>> 0).toString(16)}`
}
