/** The one call of `wasm-metering` that is used; it has no types of its own. */
declare module 'wasm-metering' {
  const metering: {
    meterWASM(wasm: Buffer, options: { readonly moduleStr: string; readonly fieldStr: string }): Uint8Array
  }
  export default metering
}
