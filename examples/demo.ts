/**
 * `npm run demo`: compiles a C program with clang, links it with wasm-ld and runs it, all inside one machine;
 * then all of it again in a new machine, to show that not one byte has changed. Exits with 1 if one has.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { exportTree, Machine, type Run } from '../src/index.ts'
import { clang, compileArgs, linkArgs } from './toolchain.ts'

/** What must be the same each time, by the names that are printed. */
type Story = { readonly [fact: string]: string }

const source = readFileSync(new URL('demo.c', import.meta.url))
const compiler = clang()

function tell(): Story {
  const machine = new Machine({
    seed: 'demo',
    epoch: '2026-01-01T09:00:00Z',
    files: { ...compiler.files, '/src/demo.c': source },
  })

  const compiled = step(machine, compiler.module, compileArgs('/src/demo.c', '/src/demo.o', ['-Wall', '-Wextra']))
  const linked = step(machine, compiler.module, linkArgs(['/src/demo.o'], '/src/demo.wasm'))
  const program = machine.fs.readFileSync('/src/demo.wasm')
  const ran = step(machine, program, ['demo'])

  return {
    'demo.wasm': `${program.length} bytes, sha256 ${sha256(program)}`,
    output: `${ran.stdout.bytes.length} bytes, sha256 ${sha256(ran.stdout.bytes)}`,
    'trace of clang': traceOf(compiled),
    'trace of wasm-ld': traceOf(linked),
    'trace of demo': traceOf(ran),
    'the whole tree': `sha256 ${treeDigest(machine)}`,
  }
}

/** One command, as a shell would show it. */
function step(machine: Machine, module: WebAssembly.Module | Uint8Array, args: readonly string[]): Run {
  console.log(`$ ${args.join(' ')}`)
  const run = machine.run(module, { args })
  if (run.stdout.bytes.length > 0) console.log(run.stdout.text().trimEnd())
  if (run.stderr.bytes.length > 0) console.log(run.stderr.text().trimEnd())
  if (run.exitCode !== 0) throw new Error(`${args[0]} ended with ${JSON.stringify(run.end)}`)
  return run
}

function traceOf(run: Run): string {
  return `${run.calls} calls, ${run.traceDigest}`
}

/** Every file, directory and link of the machine, with its time. */
function treeDigest(machine: Machine): string {
  const tree = exportTree(machine.tree, undefined, { times: true })
  const json = JSON.stringify(tree, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return sha256(value)
    return typeof value === 'bigint' ? `${value}` : value
  })
  return sha256(Buffer.from(json))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

console.log('First machine\n')
const first = tell()
console.log('\nSecond machine\n')
const second = tell()

console.log('\nBoth machines')
const facts = Object.keys(first)
const width = Math.max(...facts.map((fact) => fact.length))
for (const fact of facts) {
  const same = first[fact] === second[fact]
  console.log(`${same ? 'same     ' : 'DIFFERENT'}  ${fact.padEnd(width)}  ${first[fact]}`)
  if (!same) {
    console.log(`${' '.repeat(13 + width)}${second[fact]}`)
    process.exitCode = 1
  }
}
