/** The one call of the WebAssembly JavaScript API that a host has over the core: it compiles without blocking. */
declare namespace WebAssembly {
  function compile(bytes: ArrayBufferView): Promise<Module>
}
