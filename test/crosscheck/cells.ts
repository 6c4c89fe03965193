/** The cells of the matrix: engines with flags, each able to do all tasks of a plan; and why one is not there. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Report } from './plan.ts'

export interface Cell {
  readonly name: string
  /** Does the tasks from `from` on, and says each report as it comes; returns why it stopped, or `undefined` at the end. */
  run(folder: string, from: number, say: (report: Report) => void): Promise<string | undefined>
}

export interface Skipped {
  readonly name: string
  readonly skipped: string
}

/** Scripts that the cells run, as `bundle` made them, in a folder of theirs. */
export const CHILD = 'child.mjs'
export const PAGE_WORKER = 'page_worker.js'

/** The executable of a major version of Node: this one, or the one of the npm package `node`; or why there is none. */
export function findNode(major: string): { readonly path: string; readonly version: string } | string {
  if (process.versions.node.split('.')[0] === major) return { path: process.execPath, version: process.versions.node }
  const code = 'console.log(JSON.stringify({ path: process.execPath, version: process.versions.node }))'
  const found = spawnSync('npx', ['--yes', '-p', `node@${major}`, 'node', '-e', code], { encoding: 'utf8' })
  if (found.status !== 0) return `npx found no node@${major}: ${found.stderr.trim().split('\n')[0]}`
  return JSON.parse(found.stdout)
}

/** A cell for each set of flags, where `none` is no flag and `+` stands between two. */
export function nodeCells(major: string, flagSets: readonly string[]): (Cell | Skipped)[] {
  const node = findNode(major)
  return flagSets.map((set) => {
    const name = `Node ${typeof node === 'string' ? major : node.version}${set === 'none' ? '' : ` ${set}`}`
    if (typeof node === 'string') return { name, skipped: node }
    const flags = flagsOf(set)
    const probe = spawnSync(node.path, [...flags, '-e', '0'], { encoding: 'utf8' })
    if (probe.status !== 0) return { name, skipped: probe.stderr.trim().split('\n')[0] ?? 'it does not start' }
    return { name, run: (folder, from, say) => runNode(node.path, flags, folder, from, say) }
  })
}

function flagsOf(set: string): string[] {
  return set === 'none' ? [] : set.split('+')
}

function runNode(
  path: string,
  flags: readonly string[],
  folder: string,
  from: number,
  say: (report: Report) => void,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // Without the loaders and options that this process was started with.
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(path, [...flags, join(folder, CHILD), folder, String(from)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    })
    let rest = ''
    let complaints = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) say(JSON.parse(line))
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text
    })
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (status === 0) resolve(undefined)
      else resolve(`the process ended with ${signal ?? status}: ${complaints.trim().slice(0, 300)}`)
    })
  })
}

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const SWITCHES = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

/** As `nodeCells`. */
export function chromiumCells(flagSets: readonly string[]): (Cell | Skipped)[] {
  const isThere = existsSync(CHROMIUM)
  const said = isThere ? spawnSync(CHROMIUM, ['--version'], { encoding: 'utf8' }).stdout : ''
  const browser = `Chromium ${/[\d.]+/.exec(said)?.[0] ?? ''}`.trim()
  return flagSets.map((set) => {
    const name = set === 'none' ? browser : `${browser} ${set}`
    if (!isThere) return { name, skipped: `there is no ${CHROMIUM}; name one in CHROMIUM` }
    const flags = flagsOf(set)
    const complaint = flags.length === 0 ? undefined : complaintOf(flags)
    if (complaint !== undefined) return { name, skipped: complaint }
    return { name, run: (folder, from, say) => runChromium(flags, folder, from, say) }
  })
}

/** What Chromium says of flags that it does not know; it goes on without them. */
function complaintOf(flags: readonly string[]): string | undefined {
  const args = [...SWITCHES, '--headless', `--js-flags=${flags.join(' ')}`, '--dump-dom', 'about:blank']
  const { stderr } = spawnSync(CHROMIUM, args, { encoding: 'utf8' })
  return /^.*unrecognized flag.*$/m.exec(stderr)?.[0]
}

async function runChromium(
  flags: readonly string[],
  folder: string,
  from: number,
  say: (report: Report) => void,
): Promise<string | undefined> {
  const server = createServer(({ url = '/' }, response) => {
    const name = url.slice(1)
    if (!/^[\w.-]+$/.test(name) || !existsSync(join(folder, name))) {
      response.writeHead(name === '' ? 200 : 404, { 'content-type': 'text/html' }).end('<!doctype html>')
      return
    }
    const type = name.endsWith('.js') ? 'text/javascript' : 'application/octet-stream'
    response.writeHead(200, { 'content-type': type }).end(readFileSync(join(folder, name)))
  })
  // This host counts as a safe origin, which gives pages the digests that are compared.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const args = [...SWITCHES, ...(flags.length > 0 ? [`--js-flags=${flags.join(' ')}`] : [])]
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args })
  try {
    const page = await browser.newPage()
    const ended = new Promise<string | undefined>((resolve) => {
      page.on('crash', () => resolve('the page crashed'))
      browser.on('disconnected', () => resolve('the browser ended'))
      void page.exposeFunction('report', (report: Report | 'done' | { readonly error: string }) => {
        if (report === 'done') resolve(undefined)
        else if ('error' in report) resolve(report.error)
        else say(report)
      })
    })
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.evaluate(`{
      const worker = new Worker('/${PAGE_WORKER}', { type: 'module' })
      worker.onmessage = ({ data }) => report(data)
      worker.onerror = ({ message }) => report({ error: String(message) })
      worker.postMessage(${from})
    }`)
    return await ended
  } finally {
    await browser.close()
    server.close()
  }
}

/** All reports of a cell; a task under which it died is one that failed, and a new one goes on after it. */
export async function runCell(cell: Cell, folder: string, tasks: number): Promise<Report[]> {
  const reports: Report[] = []
  while (reports.length < tasks) {
    const why = await cell.run(folder, reports.length, (report) => void reports.push(report))
    if (reports.length < tasks) reports.push({ kind: 'failed', why: why ?? 'it ended before all was done' })
  }
  return reports
}
