/**
 * 64-bit integers without BigInt: a pair of 32-bit words (lo, hi) on the guest's side, a JavaScript number or an
 * instant `{ sec, nsec }` on ours. Every function takes words signed or unsigned (wasm hands over signed ones) and
 * returns unsigned ones; none allocates, so a value that is a pair comes from two functions.
 */

const TWO_32 = 4_294_967_296
/** Its inverse, exactly; engines divide more slowly than they multiply. */
const BY_TWO_32 = 1 / TWO_32
const NS_PER_SEC = 1_000_000_000

/** 2^64-1 ns, the last instant that u64 nanoseconds can name, is this many seconds … */
export const LAST_INSTANT_SEC = 18_446_744_073
/** … and this many nanoseconds after 1970. */
export const LAST_INSTANT_NSEC = 709_551_615

/** The unsigned 64-bit integer (lo, hi) as a number: exact up to 2^53-1, `Infinity` above. */
export function u64ToNumber(lo: number, hi: number): number {
  const high = hi >>> 0
  return high > 0x1f_ffff ? Infinity : high * TWO_32 + (lo >>> 0)
}

/**
 * The signed 64-bit integer (lo, hi) as a number: exact from -(2^53-1) to 2^53-1, `-Infinity` below, `Infinity` above.
 * Read a file offset with this, though WASI declares it unsigned: what is negative is EINVAL, as POSIX's off_t has it,
 * and `Infinity` is too large for any file.
 */
export function i64ToNumber(lo: number, hi: number): number {
  const value = (hi | 0) * TWO_32 + (lo >>> 0)
  if (value > Number.MAX_SAFE_INTEGER) return Infinity
  if (value < -Number.MAX_SAFE_INTEGER) return -Infinity
  return value
}

/** The low word of a safe integer; a negative one is in two's complement. */
export function lowWord(value: number): number {
  return value >>> 0
}

/** The high word of a safe integer; a negative one is in two's complement. */
export function highWord(value: number): number {
  return Math.floor(value * BY_TWO_32) >>> 0
}

/**
 * The low word of an instant in nanoseconds. Preconditions: 0 <= sec, 0 <= nsec < 10^9, and the instant is not after
 * 2^64-1 ns; clamp first where it may be.
 */
export function instantLow(sec: number, nsec: number): number {
  return (Math.imul(sec, NS_PER_SEC) + nsec) >>> 0
}

/**
 * The high word of an instant in nanoseconds; preconditions as `instantLow`.
 * The product may be rounded, by 2,048 ns at most; less the exact low word it is so near a multiple of 2^32 that
 * rounding finds it.
 */
export function instantHigh(sec: number, nsec: number): number {
  return ((sec * NS_PER_SEC + nsec - instantLow(sec, nsec)) * BY_TWO_32 + 0.5) >>> 0
}

/** The whole seconds in (lo, hi) nanoseconds. */
export function instantSec(lo: number, hi: number): number {
  const sec = nearSec(lo, hi)
  const rest = restOf(lo, sec)
  return rest < 0 ? sec - 1 : rest >= NS_PER_SEC ? sec + 1 : sec
}

/** The nanoseconds, 0 to 999,999,999, that `instantSec` leaves over. */
export function instantNsec(lo: number, hi: number): number {
  const rest = restOf(lo, nearSec(lo, hi))
  return rest < 0 ? rest + NS_PER_SEC : rest >= NS_PER_SEC ? rest - NS_PER_SEC : rest
}

/** The seconds in (lo, hi) nanoseconds, wrong by at most one, since the sum may be rounded by 1,024 ns. */
function nearSec(lo: number, hi: number): number {
  return Math.floor(((hi >>> 0) * TWO_32 + (lo >>> 0)) / NS_PER_SEC)
}

/** What `sec` seconds leave over; exact although computed modulo 2^32, since it is from -10^9 to 2 * 10^9. */
function restOf(lo: number, sec: number): number {
  return (lo - Math.imul(sec, NS_PER_SEC)) | 0
}

/** Writes the words (lo, hi) little-endian at `ptr`. Preconditions: the eight bytes are in the view. */
export function writeWords(view: DataView, ptr: number, lo: number, hi: number): void {
  view.setUint32(ptr, lo, true)
  view.setUint32(ptr + 4, hi, true)
}

/** Writes a safe integer as 64 bits at `ptr`. Preconditions: the eight bytes are in the view. */
export function writeNumber(view: DataView, ptr: number, value: number): void {
  view.setUint32(ptr, value, true)
  view.setUint32(ptr + 4, Math.floor(value * BY_TWO_32), true)
}

/**
 * Writes an instant as u64 nanoseconds at `ptr`; one before 1970 becomes 0, one after 2^64-1 ns becomes that, since
 * u64 cannot say them. Preconditions: `sec` is an integer, 0 <= nsec < 10^9, the eight bytes are in the view.
 */
export function writeInstant(view: DataView, ptr: number, sec: number, nsec: number): void {
  if (sec < 0) {
    writeWords(view, ptr, 0, 0)
  } else if (sec > LAST_INSTANT_SEC || (sec === LAST_INSTANT_SEC && nsec > LAST_INSTANT_NSEC)) {
    writeWords(view, ptr, -1, -1)
  } else {
    writeWords(view, ptr, instantLow(sec, nsec), instantHigh(sec, nsec))
  }
}
