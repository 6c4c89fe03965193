/** Goes over what follows an opcode. */

import { Immediate } from './opcodes.ts'
import type { Reader } from './reader.ts'
import { readHeapType, readValueType } from './types.ts'

/** In the alignment of a memory access: the index of a memory follows. */
const HAS_MEMORY = 0x40

export function skipImmediate(reader: Reader, kind: number): void {
  switch (kind) {
    case Immediate.NONE:
      return
    case Immediate.INDEX:
    case Immediate.LABEL:
      reader.u32()
      return
    case Immediate.INDEX_INDEX:
      reader.u32()
      reader.u32()
      return
    case Immediate.MEMARG:
      skipMemarg(reader)
      return
    case Immediate.MEMARG_LANE:
      skipMemarg(reader)
      reader.u8()
      return
    case Immediate.LANE:
    case Immediate.FLAGS:
      reader.u8()
      return
    case Immediate.I32:
      reader.skipLeb(32)
      return
    case Immediate.I64:
      reader.skipLeb(64)
      return
    case Immediate.BYTES_4:
      reader.skip(4)
      return
    case Immediate.BYTES_8:
      reader.skip(8)
      return
    case Immediate.BYTES_16:
      reader.skip(16)
      return
    case Immediate.HEAP_TYPE:
      readHeapType(reader)
      return
    case Immediate.TYPES:
      for (let left = reader.count(); left > 0; left--) readValueType(reader)
      return
    default:
      reader.refuse('an instruction is not where it can be')
  }
}

function skipMemarg(reader: Reader): void {
  if ((reader.u32() & HAS_MEMORY) !== 0) reader.u32()
  reader.skipLeb(64)
}
