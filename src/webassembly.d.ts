/**
 * The part of the WebAssembly JavaScript API that the core uses. The core compiles against ECMAScript alone,
 * so that no host name can slip in; these few are declared here since no ECMAScript lib has them.
 */
declare namespace WebAssembly {
  type ImportValue = ExportValue | number | bigint
  // biome-ignore lint/complexity/noBannedTypes: an exported function has no narrower type
  type ExportValue = Function | Global | Memory | Table | object
  type Exports = Record<string, ExportValue>
  type Imports = Record<string, Record<string, ImportValue>>
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag'
  interface ModuleImportDescriptor {
    readonly module: string
    readonly name: string
    readonly kind: ImportExportKind
  }
  interface ModuleExportDescriptor {
    readonly name: string
    readonly kind: ImportExportKind
  }
  function validate(bytes: ArrayBufferView | ArrayBufferLike): boolean
  class Module {
    constructor(bytes: ArrayBufferView | ArrayBufferLike)
    static imports(module: Module): ModuleImportDescriptor[]
    static exports(module: Module): ModuleExportDescriptor[]
    private readonly brand
  }
  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Exports
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer | SharedArrayBuffer
    grow(delta: number): number
  }
  class Table {
    readonly length: number
    set(index: number, value: unknown): void
  }
  class Global {
    value: unknown
  }
  class RuntimeError extends Error {}
  /** Not in every engine that is supported. */
  const Exception: (new (...args: never[]) => object) | undefined
  class CompileError extends Error {}
  class LinkError extends Error {}
}
