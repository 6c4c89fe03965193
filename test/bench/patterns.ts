/** The rows of the table: which loop of guest.c, on what, and what it is to cost. */

export interface Pattern {
  readonly name: string
  /** The function of guest.c. */
  readonly loop: string
  /** Its `size`. Default 0. */
  readonly size?: number
  /** Operations in one round. */
  readonly operations: number
  /** Things that one operation does, where the figure is to be for one of those. Default 1. */
  readonly per?: number
  /** Calls that one such thing cannot do without. */
  readonly calls: number
  /** Bytes that it cannot do without copying. Default 0. */
  readonly bytes?: number
  /** Whether the file is emptied before each round. */
  readonly rewind?: true
  /** MiB in the file before the first round. */
  readonly fill?: number
  /** Entries of the directory `d` before the first round. */
  readonly entries?: number
  /** Nanoseconds that it is to take at most, or how many bare sets of its bytes. */
  readonly target?: { readonly ns: number } | { readonly sets: number }
}

const KIB = 1024
const MIB = 1024 * KIB

export const PATTERNS: readonly Pattern[] = [
  { name: 'clock_time_get', loop: 'clock_time_get', operations: 400_000, calls: 1, target: { ns: 40 } },
  { name: 'random_get 8 B', loop: 'random_get', size: 8, operations: 200_000, calls: 1, bytes: 8, target: { ns: 60 } },
  {
    name: 'random_get 64 KiB',
    loop: 'random_get',
    size: 64 * KIB,
    operations: 400,
    calls: 1,
    bytes: 64 * KIB,
    target: { ns: 40_000 },
  },
  { name: 'fd_seek', loop: 'fd_seek', operations: 400_000, calls: 1, target: { ns: 40 } },
  {
    name: 'fd_write 1 B',
    loop: 'fd_write',
    size: 1,
    operations: 200_000,
    calls: 1,
    bytes: 1,
    rewind: true,
    target: { ns: 80 },
  },
  {
    name: 'fd_write 4 KiB',
    loop: 'fd_write',
    size: 4 * KIB,
    operations: 16_000,
    calls: 1,
    bytes: 4 * KIB,
    rewind: true,
    target: { ns: 400 },
  },
  {
    name: 'fd_write 1 MiB',
    loop: 'fd_write',
    size: MIB,
    operations: 64,
    calls: 1,
    bytes: MIB,
    rewind: true,
    target: { sets: 3 },
  },
  {
    name: 'fd_pread 1 B',
    loop: 'fd_pread',
    size: 1,
    operations: 200_000,
    calls: 1,
    bytes: 1,
    fill: 16,
    target: { ns: 80 },
  },
  {
    name: 'fd_pread 4 KiB',
    loop: 'fd_pread',
    size: 4 * KIB,
    operations: 50_000,
    calls: 1,
    bytes: 4 * KIB,
    fill: 16,
    target: { ns: 300 },
  },
  {
    name: 'fd_pread 1 MiB',
    loop: 'fd_pread',
    size: MIB,
    operations: 120,
    calls: 1,
    bytes: MIB,
    fill: 16,
    target: { sets: 1.5 },
  },
  { name: 'fd_filestat_get', loop: 'fd_filestat_get', operations: 200_000, calls: 1, target: { ns: 60 } },
  {
    name: 'path_filestat_get, 4 deep',
    loop: 'path_filestat_get',
    operations: 50_000,
    calls: 1,
    target: { ns: 400 },
  },
  {
    name: 'path_filestat_get, missing',
    loop: 'path_filestat_get_missing',
    operations: 50_000,
    calls: 1,
    target: { ns: 200 },
  },
  { name: 'path_open + fd_close', loop: 'open_close', operations: 30_000, calls: 2, target: { ns: 500 } },
  {
    name: 'create + unlink, 10^4 files',
    loop: 'create_unlink',
    size: 10_000,
    operations: 10_000,
    calls: 3,
    entries: 10_000,
    target: { ns: 2_000 },
  },
  {
    name: 'create + unlink, 10^6 files',
    loop: 'create_unlink',
    size: 1_000_000,
    operations: 10_000,
    calls: 3,
    entries: 1_000_000,
    target: { ns: 2_000 },
  },
  {
    name: 'readdir, per entry of 5,000',
    loop: 'list',
    size: 5_000,
    operations: 8,
    per: 5_000,
    // A buffer of 4 KiB holds 128 entries of 24 bytes and a name of 8.
    calls: 1 / 128,
    bytes: 32,
    entries: 5_000,
    target: { ns: 250 },
  },
  { name: 'poll_oneoff, 2 clocks', loop: 'poll_oneoff', operations: 50_000, calls: 1, target: { ns: 300 } },
]

export class NoSuchPattern extends Error {}

/** The patterns whose names have `part` in them. @throws NoSuchPattern naming all patterns when none has. */
export function patternsLike(part: string): readonly Pattern[] {
  const found = PATTERNS.filter(({ name }) => name.includes(part))
  if (found.length > 0) return found
  const names = PATTERNS.map(({ name }) => `  ${name}`).join('\n')
  throw new NoSuchPattern(`no pattern has ${JSON.stringify(part)} in its name; there are:\n${names}`)
}
