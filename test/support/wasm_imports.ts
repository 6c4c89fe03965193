/** Reads which functions a module imports and with which types, which the WebAssembly API does not tell. */

/** One imported function. */
export interface ImportedFunction {
  readonly module: string
  readonly name: string
  /** As `(i32,i64)i32`. */
  readonly type: string
}

const VALUE_TYPES = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
])

/** The functions that `bytes`, a valid module of MVP types, imports, in order. */
export function importedFunctions(bytes: Uint8Array): ImportedFunction[] {
  let at = 8
  const byte = (): number => bytes[at++] as number
  const u32 = (): number => {
    let [value, shift, part] = [0, 0, 0]
    do {
      part = byte()
      value |= (part & 0x7f) << shift
      shift += 7
    } while (part > 0x7f)
    return value >>> 0
  }
  const list = <T>(read: () => T): T[] => Array.from({ length: u32() }, read)
  const text = (): string => String.fromCharCode(...list(byte))
  const valueTypes = (): string => list(() => VALUE_TYPES.get(byte()) ?? '?').join()
  const limits = (): void => {
    if ((byte() & 1) === 1) u32()
    u32()
  }

  let types: string[] = []
  const functions: ImportedFunction[] = []
  while (at < bytes.length) {
    const id = byte()
    const end = u32() + at
    if (id === 1) {
      types = list(() => {
        at++
        const params = valueTypes()
        return `(${params})${valueTypes()}`
      })
    } else if (id === 2) {
      list(() => {
        const [module, name, kind] = [text(), text(), byte()]
        if (kind === 0) functions.push({ module, name, type: types[u32()] as string })
        else if (kind === 1) {
          at++
          limits()
        } else if (kind === 2) limits()
        else at += 2
      })
    }
    at = end
  }
  return functions
}
