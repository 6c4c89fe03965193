/** The numbers of preview1, against the witx order written out once more. */

import { describe, expect, it } from 'vitest'
import * as types from '../../../src/abi/types.ts'

const numbers: { readonly [name: string]: unknown } = types

/** Names in witx order; an enum counts 0, 1, 2 and flags are the bits 0, 1, 2. */
const ENUMS: { readonly [prefix: string]: string } = {
  CLOCK_: 'REALTIME MONOTONIC PROCESS_CPUTIME_ID THREAD_CPUTIME_ID',
  WHENCE_: 'SET CUR END',
  FILETYPE_: 'UNKNOWN BLOCK_DEVICE CHARACTER_DEVICE DIRECTORY REGULAR_FILE SOCKET_DGRAM SOCKET_STREAM SYMBOLIC_LINK',
  ADVICE_: 'NORMAL SEQUENTIAL RANDOM WILLNEED DONTNEED NOREUSE',
  EVENTTYPE_: 'CLOCK FD_READ FD_WRITE',
  SIGNAL_:
    'NONE HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG ' +
    'XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS',
  PREOPENTYPE_: 'DIR',
}
const FLAGS: { readonly [prefix: string]: string } = {
  RIGHT_:
    'FD_DATASYNC FD_READ FD_SEEK FD_FDSTAT_SET_FLAGS FD_SYNC FD_TELL FD_WRITE FD_ADVISE FD_ALLOCATE ' +
    'PATH_CREATE_DIRECTORY PATH_CREATE_FILE PATH_LINK_SOURCE PATH_LINK_TARGET PATH_OPEN FD_READDIR PATH_READLINK ' +
    'PATH_RENAME_SOURCE PATH_RENAME_TARGET PATH_FILESTAT_GET PATH_FILESTAT_SET_SIZE PATH_FILESTAT_SET_TIMES ' +
    'FD_FILESTAT_GET FD_FILESTAT_SET_SIZE FD_FILESTAT_SET_TIMES PATH_SYMLINK PATH_REMOVE_DIRECTORY PATH_UNLINK_FILE ' +
    'POLL_FD_READWRITE SOCK_SHUTDOWN SOCK_ACCEPT',
  FDFLAG_: 'APPEND DSYNC NONBLOCK RSYNC SYNC',
  FSTFLAG_: 'ATIM ATIM_NOW MTIM MTIM_NOW',
  LOOKUP_: 'SYMLINK_FOLLOW',
  OFLAG_: 'CREAT DIRECTORY EXCL TRUNC',
  EVENT_: 'FD_READWRITE_HANGUP',
  SUBCLOCK_: 'ABSTIME',
  RIFLAG_: 'RECV_PEEK RECV_WAITALL',
  ROFLAG_: 'RECV_DATA_TRUNCATED',
  SDFLAG_: 'RD WR',
}

function namesWith(prefix: string): string[] {
  return Object.keys(numbers).filter((name) => name.startsWith(prefix) && name !== 'SIGNAL_NAMES')
}

describe('preview1 numbers', () => {
  it.each(Object.entries(ENUMS))('counts the enum %s* in witx order', (prefix, names) => {
    const expected = names.split(' ').map((name, index) => [prefix + name, index] as const)
    expect(Object.fromEntries(namesWith(prefix).map((name) => [name, numbers[name]]))).toEqual(
      Object.fromEntries(expected),
    )
  })

  it.each(Object.entries(FLAGS))('gives the flags %s* one bit each in witx order', (prefix, names) => {
    const expected = names.split(' ').map((name, index) => [prefix + name, 2 ** index] as const)
    expect(Object.fromEntries(namesWith(prefix).map((name) => [name, numbers[name]]))).toEqual(
      Object.fromEntries(expected),
    )
  })

  it('joins the flags of each kind', () => {
    expect(types.RIGHTS_ALL).toBe(0x3fff_ffff)
    expect(types.FDFLAGS_ALL).toBe(0x1f)
    expect(types.FSTFLAGS_ALL).toBe(0xf)
    expect(types.OFLAGS_ALL).toBe(0xf)
    expect(types.RIFLAGS_ALL).toBe(3)
    expect(types.SDFLAGS_ALL).toBe(3)
  })

  it('names each signal', () => {
    const names = types.SIGNAL_NAMES.map((name) => (name === 'NONE' ? name : name.replace(/^SIG/, '')))
    expect(names.join(' ')).toBe(ENUMS.SIGNAL_)
  })
})
