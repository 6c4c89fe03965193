/** `vivarium cache`: what the store of builds has, and putting it in order. */

import { type KeptResult, Store, type StoreReport } from '../node/build/index.ts'
import { sizeText } from './progress.ts'
import { writeOut } from './standard_streams.ts'

export interface CacheArguments {
  readonly store?: string
  readonly json?: true
}

const DAY = 24 * 3600_000

export async function cacheListCommand({ store, json }: CacheArguments): Promise<number> {
  const results = await new Store(store).list()
  if (json === true) writeOut(`${JSON.stringify(results, undefined, 2)}\n`)
  else for (const result of results) writeOut(`${lineOf(result)}\n`)
  return 0
}

export async function cacheCollectCommand({
  store,
  json,
  days,
}: CacheArguments & { readonly days: number }): Promise<number> {
  return tell(await new Store(store).collect(Date.now() - days * DAY), json)
}

/** 1 where something was damaged. */
export async function cacheVerifyCommand({ store, json }: CacheArguments): Promise<number> {
  const report = await new Store(store).verify()
  tell(report, json)
  return report.damaged === 0 ? 0 : 1
}

function tell(report: StoreReport, json: true | undefined): number {
  const { results, blobs, bytes, damaged, removed, removedBytes } = report
  if (json === true) writeOut(`${JSON.stringify(report, undefined, 2)}\n`)
  else {
    writeOut(`${results} results, ${blobs} files of them, ${sizeText(bytes)}\n`)
    writeOut(`${damaged} damaged and ${removed} not needed any more were removed, ${sizeText(removedBytes)}\n`)
  }
  return 0
}

function lineOf({ key, recipe, step, used, size }: KeptResult): string {
  const date = new Date(used).toISOString().slice(0, 10)
  return `${key.slice(0, 16)}  ${date}  ${sizeText(size).padStart(10)}  ${recipe}: ${step}`
}
