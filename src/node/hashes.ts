/** Node's own SHA-1 and SHA-256, some ten times as fast as those in JavaScript. */

import { createHash } from 'node:crypto'
import type { Hashes } from '../../vfs/hash.ts'

/** For the option `hashes` of a machine. */
export const nodeHashes: Hashes = (name) => createHash(name)
