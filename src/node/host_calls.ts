/**
 * The calls of `node:fs` that this folder makes on the host's files, as an object that a test can replace one by one:
 * a disk that fills up, or a file that is swapped while it is read, cannot be had on demand.
 */

import * as fs from 'node:fs'

export interface HostCalls {
  /** As `process.platform`; it decides which names the host can hold. */
  readonly platform: string
  readonly statSync: typeof fs.statSync
  readonly lstatSync: typeof fs.lstatSync
  readonly fstatSync: typeof fs.fstatSync
  readonly readdirSync: typeof fs.readdirSync
  readonly readlinkSync: typeof fs.readlinkSync
  readonly openSync: typeof fs.openSync
  readonly closeSync: typeof fs.closeSync
  readonly readSync: typeof fs.readSync
  readonly writeSync: typeof fs.writeSync
  readonly ftruncateSync: typeof fs.ftruncateSync
  readonly futimesSync: typeof fs.futimesSync
  readonly utimesSync: typeof fs.utimesSync
  readonly lutimesSync: typeof fs.lutimesSync
  readonly mkdirSync: typeof fs.mkdirSync
  readonly mkdtempSync: typeof fs.mkdtempSync
  readonly linkSync: typeof fs.linkSync
  readonly symlinkSync: typeof fs.symlinkSync
  readonly renameSync: typeof fs.renameSync
  readonly unlinkSync: typeof fs.unlinkSync
  readonly rmdirSync: typeof fs.rmdirSync
}

export const HOST: HostCalls = { ...fs, platform: process.platform }

export const O_RDONLY: number = fs.constants.O_RDONLY
export const O_WRONLY: number = fs.constants.O_WRONLY
export const O_CREAT: number = fs.constants.O_CREAT
export const O_EXCL: number = fs.constants.O_EXCL
/** Flags that not every host has; 0 where it has none. */
export const O_NOFOLLOW: number = fs.constants.O_NOFOLLOW ?? 0
export const O_NONBLOCK: number = fs.constants.O_NONBLOCK ?? 0
