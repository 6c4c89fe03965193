/** Runs one task and says what became of it. The same code in Node and in a browser: it takes the host's functions. */

import { type End, exportTree, type Files, Machine, type Run, readSnapshot, writeSnapshot } from 'vivarium'
import type { Outcome, Report, Task } from './plan.ts'

/** What the host of a cell gives. */
export interface Host {
  sha256(bytes: Uint8Array): Promise<string>
  /** Milliseconds since whenever. */
  now(): number
}

/** Of a memory that is larger only so much is looked at, besides its size. */
const MEMORY_MAX = 2 ** 29

export async function perform(
  { guest, seed }: Task,
  module: Uint8Array,
  files: Files | undefined,
  host: Host,
): Promise<Report> {
  if (!WebAssembly.validate(module as Uint8Array<ArrayBuffer>)) return { kind: 'invalid' }
  const start = host.now()
  const { image, preopens, fuel, cpu, args, env, stdin, limits } = guest
  try {
    const machine = new Machine({
      seed,
      epoch: `20${10 + seed.length}-02-03T04:05:06Z`,
      cpu,
      ...(files === undefined ? {} : { files }),
      ...(image === undefined ? {} : { image }),
    })
    const options = {
      ...{ args, env, stdin, limits },
      ...(preopens === undefined ? {} : { preopens }),
      ...(fuel === undefined ? {} : { fuel }),
    }
    const run = machine.run(module, options)
    const ms = host.now() - start
    const outcome = await outcomeOf(machine, run, guest.shows ?? 0, host)
    // The real programs take long enough as it is.
    const again = files === undefined ? (machine: Machine) => machine.run(module, options) : undefined
    return { kind: 'ran', ms, outcome: { ...outcome, ...(await savedOf(machine, again, host)) } }
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  }
}

async function outcomeOf(
  machine: Machine,
  run: Run,
  shows: number,
  { sha256 }: Host,
): Promise<Omit<Outcome, 'state' | 'goesOn'>> {
  const { end, calls, traceDigest, fuelUsed, stdout, stderr, exports } = run
  const told = async (bytes: Uint8Array): Promise<string> => `${bytes.length} bytes ${await sha256(bytes)}`
  let files = ''
  for (const [path, entry] of Object.entries(exportTree(machine.tree, 1, { times: true }))) {
    const isFile = typeof entry === 'object' && entry !== null && 'data' in entry && entry.data instanceof Uint8Array
    const content = isFile ? { ...entry, data: await told(entry.data as Uint8Array) } : entry
    files += `${path} ${JSON.stringify(content, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`
  }
  const memories: string[] = []
  let shown = ''
  for (const [name, value] of Object.entries(exports)) {
    if (!(value instanceof WebAssembly.Memory)) continue
    const { byteLength } = value.buffer
    const looked = new Uint8Array(value.buffer, 0, Math.min(byteLength, shows > 0 ? 65_536 : MEMORY_MAX))
    memories.push(`${name} ${byteLength} ${await sha256(looked)}`)
    const words = new Uint32Array(value.buffer, 0, shows)
    if (shows > 0) shown = [...words].map((word) => (shows === 1 ? String(word) : word.toString(16))).join(' ')
  }
  return {
    end: describe(end),
    position: end?.kind === 'trap' ? positionOf(end.stack) : '',
    calls,
    trace: traceDigest ?? '',
    fuel: String(fuelUsed),
    stdout: await told(stdout.bytes),
    stderr: await told(stderr.bytes),
    files: await sha256(asciiOf(files)),
    memory: memories.join(', '),
    shown,
    time: String(machine.time),
  }
}

/** What the state afterwards is called, the file that it is saved as, and whether who loads that goes on as at home. */
async function savedOf(
  machine: Machine,
  again: ((machine: Machine) => Run) | undefined,
  { sha256 }: Host,
): Promise<Pick<Outcome, 'state' | 'goesOn'>> {
  const snapshot = machine.snapshot()
  const file = writeSnapshot(snapshot)
  const state = `${snapshot.stateDigest} ${snapshot.digest} file ${await sha256(file)}`
  if (again === undefined) return { state, goesOn: '' }
  const away = Machine.from(readSnapshot(file))
  const [here, there] = [machine, away].map((each) => `${again(each).traceDigest} ${each.snapshot().stateDigest}`)
  if (here !== there) throw new Error(`a loaded machine goes on otherwise: ${there}, at home ${here}`)
  return { state, goesOn: here as string }
}

function describe(end: End | undefined): string {
  switch (end?.kind) {
    case 'exit':
      return `exit ${end.code}`
    case 'signal':
      return `signal ${end.name}`
    case 'limit':
      return `limit ${end.limit}`
    case 'trap':
    case 'deadlock':
      return end.kind
    case undefined:
      return 'alive'
  }
}

/** V8 writes the index of the function and the offset in the module, in all its versions. */
function positionOf(stack: string): string {
  return [...stack.matchAll(/wasm-function\[(\d+)\]:(0x[0-9a-f]+)/g)].map(([, index, at]) => `${index}:${at}`).join(' ')
}

/** Two bytes for each unit: without TextEncoder, and no two texts alike. */
function asciiOf(text: string): Uint8Array {
  const units = new Uint16Array(text.length)
  for (let i = 0; i < units.length; i++) units[i] = text.charCodeAt(i)
  return new Uint8Array(units.buffer)
}
