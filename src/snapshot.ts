/** A machine at one moment between runs, kept for good: what it is called, and what is in it. */

import type { Checkpoint } from '../kernel/checkpoint.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { stateOf } from '../kernel/state.ts'
import { byteString, encodeUtf8 } from '../vfs/bytes.ts'
import { Errno } from '../vfs/errno.ts'
import type { Filesystem } from '../vfs/filesystem.ts'
import { type Hashes, hexOfId } from '../vfs/hash.ts'
import { ROOT_INO } from '../vfs/inode_table.ts'
import { createNodeFs, type NodeFs } from '../vfs/node_fs.ts'
import { idOf } from '../vfs/state_ids.ts'
import { type Cpu, cpuSettings } from './cpu/settings.ts'
import { VivariumError } from './error.ts'
import type { TimeBy } from './options.ts'

/** What a machine keeps besides its kernel. */
export interface Settings {
  /** How guests compute; `undefined` as for a machine that was not told. */
  readonly cpu: Cpu | undefined
  readonly time: TimeBy
  /** What computes identities; no part of them. */
  readonly hashes: Hashes
}

export class Snapshot {
  readonly #kernel: Kernel
  readonly settings: Settings

  /** Takes a kernel that nobody else will change. */
  constructor(kernel: Kernel, settings: Settings) {
    this.#kernel = kernel
    this.settings = settings
  }

  /** A kernel to go on with; this one stays as it is. */
  fork(): Kernel {
    return this.#kernel.fork()
  }

  /** The machine as it is here, to go back to: nobody changes it. For this folder. */
  get checkpoint(): Checkpoint {
    return this.#kernel
  }

  /** The tree, for `vivarium/fs`, `vivarium/formats` and `vivarium/node`: a fork, so nothing that is done to it changes this. */
  get tree(): Filesystem {
    return this.#kernel.fs.fork()
  }

  /** The files, as `node:fs` would show them: of a fork, so what is written to them is lost. */
  get fs(): NodeFs {
    const { fs, clock } = this.#kernel.fork()
    return createNodeFs(fs, () => clock.realtime)
  }

  /** The realtime clock: nanoseconds since 1970. */
  get time(): bigint {
    const { sec, nsec } = this.#kernel.clock.realtime
    return BigInt(sec) * 1_000_000_000n + BigInt(nsec)
  }

  /**
   * The identity of the contents: `sha256:` and the id that git gives to the root as a tree, in its SHA-256 object
   * format. Names, contents, links and executable bits are in it; times, inode numbers, devices, fifos and sockets are
   * not. After k changes it costs the hashing of what changed and of the directories above it.
   */
  get digest(): string {
    return this.digestOf('/')
  }

  /**
   * The same of what is at an absolute path: a directory, or the bytes of a file or link.
   * @throws VivariumError `NO_SUCH_FILE`.
   */
  digestOf(path: string): string {
    const { fs } = this.#kernel
    const ino = fs.lookup(ROOT_INO, byteString(path), 'nofollow', 'clamp')
    const id = ino instanceof Errno ? undefined : fs.lineage.gitIds(fs.table, this.settings.hashes).of(ino)
    if (id === undefined) {
      const why = ino instanceof Errno ? ino.message : `git has no object for a ${fs.get(ino).kind}`
      throw new VivariumError('NO_SUCH_FILE', `${JSON.stringify(path)} has no digest: ${why}`)
    }
    return `sha256:${hexOfId(id)}`
  }

  /**
   * The identity of the whole state: `sha256:` and 64 digits. Two machines have the same if and only if nothing that
   * is done with them from here on can tell them apart: it covers all metadata, which names are links to one inode,
   * holes, clocks, the randomness to come, the next numbers, quotas and settings.
   */
  get stateDigest(): string {
    return `sha256:${hexOfId(idOf(this.settings.hashes, this.stateRecord()))}`
  }

  /** What the state digest is of, as JSON: the kernel's state, the settings, and the id of the tree. For this folder. */
  stateRecord(): Uint8Array {
    const { fs } = this.#kernel
    const tree = hexOfId(fs.lineage.stateIds(fs.table, this.settings.hashes).root)
    const { cpu, time } = this.settings
    const { quota, ...state } = stateOf(this.#kernel)
    return encodeUtf8(canonical({ ...state, quota, cpu: cpu === undefined ? null : cpuSettings(cpu), time, tree }))
  }
}

/** JSON in which the order of names is theirs, not that in which they were given. It has no Infinity: that is null. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
