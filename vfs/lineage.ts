/**
 * What is worked out of a tree when somebody asks, and is no part of it: names by inode, and identities. All forks of a
 * tree share one lineage, which keeps what it knows of the state it was asked about last; so to ask about the next one
 * costs what has changed between the two.
 */

import { GitIds } from './git_ids.ts'
import { type Hashes, pureHashes } from './hash.ts'
import type { InodeTable } from './inode_table.ts'
import { Names } from './names.ts'
import { StateIds } from './state_ids.ts'

export class Lineage {
  readonly #names: Names = new Names()
  /** Whose names they are; nothing changes this table any more. */
  #namesAt: InodeTable | undefined
  readonly #gitIds: GitIds = new GitIds('sha256')
  readonly #stateIds: StateIds = new StateIds()

  /** The names in `table` as it is now, which stay as they are when it changes. */
  names(table: InodeTable): Names {
    this.#advance(table.fork())
    return this.#names.clone()
  }

  /** The git ids (SHA-256) of what is in `table` as it is now; until the next question. */
  gitIds(table: InodeTable, hashes: Hashes = pureHashes): GitIds {
    const frozen = table.fork()
    this.#advance(frozen)
    this.#gitIds.update(frozen, this.#names, hashes)
    return this.#gitIds
  }

  /** The identity of all that is in `table` as it is now; until the next question. */
  stateIds(table: InodeTable, hashes: Hashes = pureHashes): StateIds {
    this.#stateIds.update(table.fork(), hashes)
    return this.#stateIds
  }

  #advance(frozen: InodeTable): void {
    this.#names.advance(this.#namesAt, frozen)
    this.#namesAt = frozen
  }
}
