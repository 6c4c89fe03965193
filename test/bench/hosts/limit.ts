/**
 * What no host can be faster than: a call that does nothing, and a copy that does nothing else. Both take part in the
 * rounds as hosts do, and do nothing but what they are there for.
 */

import { now } from '../clock.ts'
import { loadGuest } from '../guest.ts'
import type { Pattern } from '../patterns.ts'
import { bench, type Host, type Session, timed } from './host.ts'

/** Too few of them cannot be timed. */
const LEAST = 10_000

export const EMPTY_CALL = 'empty call'
export const BARE_SET = 'bare set'

/** An empty import call. WASI's calls are there to link, and never made. */
export function emptyCall(pattern: Pattern): Host {
  return {
    name: EMPTY_CALL,
    open() {
      const wasi = new Proxy({}, { get: () => () => 0 })
      const { exports } = new WebAssembly.Instance(loadGuest(), { wasi_snapshot_preview1: wasi, bench })
      return repeated(pattern, LEAST, (count) => timed(exports, 'empty', 0, count, 0).ns)
    },
  }
}

/** A bare `Uint8Array.set` of the pattern's bytes, from places all over 16 MiB, as the guest's reads are. */
export function bareSet(pattern: Pattern, bytes: number): Host {
  return {
    name: BARE_SET,
    open() {
      const from = new Uint8Array(1 << 24).fill(1)
      const to = new Uint8Array(bytes)
      const views: Uint8Array[] = []
      const step = Math.max(4096, bytes >> 2)
      for (let at = 0; at + bytes <= from.length; at += step) views.push(from.subarray(at, at + bytes))
      const mask = 2 ** Math.floor(Math.log2(views.length)) - 1
      return repeated(pattern, Math.min(LEAST, Math.ceil(2 ** 22 / bytes)), (count) => {
        const start = now()
        for (let i = 0; i < count; i++) to.set(views[i & mask] as Uint8Array)
        return now() - start
      })
    },
  }
}

/** A session that answers as if there were `per` of them to an operation, so that the figure is that of one. */
function repeated(pattern: Pattern, least: number, run: (count: number) => number): Session {
  return {
    time(loop, from, to) {
      if (loop !== pattern.loop) return { ns: 0, errno: 0 }
      const count = Math.max(to - from, least)
      return { ns: (run(count) / count) * (to - from) * (pattern.per ?? 1), errno: 0 }
    },
    close() {},
  }
}
