/** Faults of taking a guest apart at a call, and of putting it together again. */

import type { Mutant } from './mutants.ts'

const TESTS = ['test/cpu/unwind.test.ts']
const APART = 'taken apart at every call'

export const unwindMutants: readonly Mutant[] = [
  {
    file: 'src/cpu/unwind_body.ts',
    find: 'this.#emit(Op.I32_CONST, 0, Op.LOCAL_SET, ...place)',
    put: '',
    rule: 'After a call the place is none again: the next block starts at its start.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_body.ts',
    find: 'this.#emitIs(I32_LE_U, ofIf)',
    put: 'this.#emitIs(I32_GT_U, ofIf)',
    rule: 'When rewinding, an `if` goes to the part that it was in.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_body.ts',
    find: 'this.#from[lowest - 1] === NOWHERE || this.#to[lowest - 1] !== to',
    put: 'this.#from[lowest - 1] === NOWHERE',
    rule: 'What is done again after a block is what pushes operands, and nothing that comes between.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_body.ts',
    find: 'this.#read[this.#local()] = 1',
    put: 'this.#local()',
    rule: 'A local is saved that is only read in blocks without calls.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_body.ts',
    find: 'const held = this.#heldWith(top - taken)',
    put: 'const { held } = this.#frames.at(-1) as Frame',
    rule: 'What is below a block stays in its locals while the block runs.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_sites.ts',
    find: 'if (!isPure(op)) frame.pure = false',
    put: '',
    rule: 'A block is put around what has an effect, so that rewinding leads past it.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_sites.ts',
    find: 'if (isLast(op)) dead = 1',
    put: '',
    rule: 'Calls that are never reached have no place.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind.ts',
    find: 'if (reader.u32() !== hostTable) reach(importedFunctions + index)',
    put: 'reader.u32()',
    rule: 'A function that calls through a table may unwind.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_frames.ts',
    find: 'alike.length % GROUP',
    put: '0',
    rule: 'Values are popped in groups as they were pushed.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_frames.ts',
    find: '...I64X2_REPLACE, 1, Op.END]',
    put: '...I64X2_REPLACE, 0, Op.END]',
    rule: 'Both halves of a vector come back to where they were.',
    tests: TESTS,
    named: APART,
  },
  {
    file: 'src/cpu/unwind_types.ts',
    find: '[0xb2, 0xb6, F32]',
    put: '[0xb2, 0xb5, F32]',
    rule: 'Each instruction is known by the type of what it leaves.',
    tests: TESTS,
    named: 'types of results',
  },
]
