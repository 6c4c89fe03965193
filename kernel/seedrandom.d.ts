/** The one generator of `seedrandom` that is used, by its own module: the package's root mixes in the host's entropy. */
declare module 'seedrandom/lib/xor4096.js' {
  /** What survives JSON: the generator goes on from it exactly. */
  export interface State {
    readonly w: number
    readonly i: number
    readonly X: readonly number[]
  }
  export interface Generator {
    /** The next 32 bits, as a signed integer. */
    int32(): number
    state(): State
  }
  export default function xor4096(seed: string, options?: { readonly state: boolean | State }): Generator
}
