/**
 * The 45 calls of wasi_unstable: those of wasi_snapshot_preview1 with the same wasm types, less sock_accept, and with
 * structs of other sizes (see layout.ts).
 */

import { type CallName, callNames, type Param, type Result, type Signature, signatures } from '../abi/signatures.ts'
import { UNSTABLE_FILESTAT_SIZE, UNSTABLE_SUBSCRIPTION_SIZE } from './layout.ts'

const param = (from: Param): Param =>
  from.kind === 'subscriptions' ? { ...from, unit: UNSTABLE_SUBSCRIPTION_SIZE } : from
const result = (from: Result): Result => (from.kind === 'filestat' ? { ...from, size: UNSTABLE_FILESTAT_SIZE } : from)

/** The names of the calls of wasi_unstable, in witx order. */
export const unstableCallNames: readonly CallName[] = callNames.filter((name) => name !== 'sock_accept')

/** The signature of the call `name` in wasi_unstable; of sock_accept, which it lacks, as if it had it. */
export function unstableSignature(name: CallName): Signature {
  const signature = signatures[name]
  return { ...signature, params: signature.params.map(param), results: signature.results.map(result) }
}
