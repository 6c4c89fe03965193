/** A trace record as a line of text, as strace prints one. */

import type { TraceRecord } from './run.ts'

/** `fd_write(1, iovs: "hi\n") = 0 {nwritten: 3}`; errors as `= -1 ENOENT`. */
export function formatRecord(record: TraceRecord): string {
  const args = Object.entries(record.args).map(([name, value]) =>
    name === 'fd' ? show(value) : `${name}: ${show(value)}`,
  )
  const results = Object.entries(record.results).map(([name, value]) => `${name}: ${show(value)}`)
  const outcome = record.errno === 'ended' ? '?' : record.errno === 'ESUCCESS' ? '0' : `-1 ${record.errno}`
  return `${record.call}(${args.join(', ')}) = ${outcome}${results.length > 0 ? ` {${results.join(', ')}}` : ''}`
}

const POINTER = /^0x[0-9a-f]+$/
const FLAGS = /^[A-Z][A-Z_]*(\|[A-Z0-9x_]+)*$/

function show(value: unknown): string {
  if (typeof value === 'string')
    return POINTER.test(value) || FLAGS.test(value) || value === '0' ? value : JSON.stringify(value)
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, inner]) => `${name}: ${show(inner)}`)
      .join(', ')}}`
  }
  return String(value)
}
