/** A scratch folder on the host for each test, and what is in one. */

import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new folder, removed when the test ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-node-'))
  // Not `rmSync`: it recurses, and some tests make folders too deep for that.
  onTestFinished(() => void execFileSync('rm', ['-rf', folder]))
  return folder
}

/** Everything below a host folder: text of files, `-> text` for links, `null` for folders. No link is followed. */
export function listing(folder: string): { [path: string]: string | null } {
  const found: { [path: string]: string | null } = {}
  const pending = ['']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const child = path === '' ? name : `${path}/${name}`
      const stats = lstatSync(join(folder, child))
      if (stats.isSymbolicLink()) found[child] = `-> ${readlinkSync(join(folder, child))}`
      else if (stats.isDirectory()) {
        found[child] = null
        pending.push(child)
      } else found[child] = readFileSync(join(folder, child), 'utf8')
    }
  }
  return found
}

/** Runs `action` without root's right to read everything, which hides what permissions forbid. */
export function asOrdinaryUser<T>(action: () => T): T {
  if (process.getuid?.() !== 0) return action()
  process.seteuid?.(65_534)
  try {
    return action()
  } finally {
    process.seteuid?.(0)
  }
}

/** An error as the host's file calls throw it. */
export function hostFault(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code, errno: -1, syscall: 'test' })
}
