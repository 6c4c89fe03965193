/** prism: Ruby's parser as a reactor, called many times, that reads files of the machine while it lives. */

import { deserialize, type ParseResult } from '@ruby/prism/src/deserialize.js'
import type { DefNode, ProgramNode } from '@ruby/prism/src/nodes.js'
import { parsePrism } from '@ruby/prism/src/parsePrism.js'
import { describe, expect, it } from 'vitest'
import { Machine, type Run } from '../../src/index.ts'
import { loadGuest } from '../support/guests.ts'
import { twice } from './twice.ts'

const RUBY = `# frozen_string_literal: true
def greet(who, times = 2)
  puts "hello #{who}" * times
end
greet("garden")
`

/** The reactor's memory, found anew at each use since calls may grow it. */
function memoryOf(run: Run): Uint8Array {
  return new Uint8Array((run.exports.memory as WebAssembly.Memory).buffer)
}

function call(run: Run, name: string, ...args: number[]): number {
  return Number(run.call(name, ...args))
}

function allocate(run: Run, bytes: Uint8Array): number {
  const pointer = call(run, 'calloc', bytes.length + 1, 1)
  memoryOf(run).set(bytes, pointer)
  return pointer
}

function textAt(run: Run, pointer: number): string {
  const memory = memoryOf(run)
  return Buffer.from(memory.subarray(pointer, memory.indexOf(0, pointer))).toString()
}

/**
 * Has the guest read a file of the machine and parse it; returns what it read and what it serialised.
 * @throws Error when the guest cannot read the file.
 */
function parseFile(run: Run, path: string): { source: Uint8Array; serialised: Uint8Array } {
  const name = allocate(run, Buffer.from(path))
  const string = call(run, 'calloc', call(run, 'pm_string_sizeof'), 1)
  if (call(run, 'pm_string_mapped_init', string, name) !== 0) throw new Error(`cannot read ${path}`)
  const source = call(run, 'pm_string_source', string)
  const size = call(run, 'pm_string_length', string)
  const buffer = call(run, 'calloc', call(run, 'pm_buffer_sizeof'), 1)
  call(run, 'pm_buffer_init', buffer)
  run.call('pm_serialize_parse', buffer, source, size, 0)
  const start = call(run, 'pm_buffer_value', buffer)
  const result = {
    source: memoryOf(run).slice(source, source + size),
    serialised: memoryOf(run).slice(start, start + call(run, 'pm_buffer_length', buffer)),
  }
  run.call('pm_buffer_free', buffer)
  run.call('pm_string_free', string)
  for (const pointer of [buffer, string, name]) run.call('free', pointer)
  return result
}

function firstDef(result: ParseResult): DefNode {
  return (result.value as ProgramNode).statements.body[0] as DefNode
}

describe('prism', () => {
  it('reads a file of the machine and parses it into the tree of the Ruby program', () => {
    const { module } = loadGuest('prism')
    const {
      runs: [run],
      outputs,
    } = twice(
      () => new Machine({ files: { '/app/greet.rb': RUBY } }),
      (machine) => {
        const run = machine.run(module)
        expect(run.end).toBeUndefined()
        const parsed = parseFile(run, '/app/greet.rb')
        run.close()
        return { runs: [run], outputs: parsed }
      },
    )
    expect(run.end).toEqual({ kind: 'exit', code: 0 })
    expect(Buffer.from(outputs.source).toString()).toBe(RUBY)
    const result = deserialize(outputs.source, outputs.serialised)
    expect(result.errors).toEqual([])
    const def = firstDef(result)
    expect([def.name, def.parameters?.requireds.length, def.parameters?.optionals.length]).toEqual(['greet', 1, 1])
    expect(def.location).toEqual({
      startOffset: RUBY.indexOf('def'),
      length: RUBY.indexOf('end\n') + 3 - RUBY.indexOf('def'),
    })
    expect(result.magicComments).toHaveLength(1)
  })

  it('sees what the host writes to the tree between two calls, and reports what is not there', () => {
    const machine = new Machine({
      files: { '/a.rb': 'def first = 1\n', '/folder': null },
    })
    const run = machine.run(loadGuest('prism').module)
    const nameIn = (path: string): string => {
      const { source, serialised } = parseFile(run, path)
      return firstDef(deserialize(source, serialised)).name
    }
    expect(nameIn('/a.rb')).toBe('first')
    machine.fs.writeFileSync('/a.rb', 'def second = 2\n')
    expect(nameIn('/a.rb')).toBe('second')
    machine.fs.writeFileSync('/b.rb', 'def third = 3\n')
    expect(nameIn('/b.rb')).toBe('third')
    machine.fs.unlinkSync('/a.rb')
    expect(() => parseFile(run, '/a.rb')).toThrow('cannot read /a.rb')
    expect(() => parseFile(run, '/folder')).toThrow('cannot read /folder')
    expect(run.end).toBeUndefined()
  })

  it("serves the package's own caller through `exports`, syntax errors included", () => {
    const run = new Machine().run(loadGuest('prism').module)
    expect(textAt(run, call(run, 'pm_version'))).toBe('1.9.0')
    expect(firstDef(parsePrism(run.exports, RUBY)).name).toBe('greet')
    const broken = parsePrism(run.exports, 'def broken(')
    expect(broken.errors.length).toBeGreaterThan(0)
    expect(broken.errors.every((error) => error.location.startOffset <= 'def broken('.length)).toBe(true)
  })

  it('is refused after `close`', () => {
    const run = new Machine().run(loadGuest('prism').module)
    run.close()
    expect(() => run.call('pm_version')).toThrow(expect.objectContaining({ code: 'ENDED' }))
  })
})
