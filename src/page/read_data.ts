/** Reads the JSON that is in the page. */

import type { PageData } from '../timeline_data.ts'

/** Bigints are written as `{"bigint":"1"}`, since the numbers of JSON have 53 bits at most. */
export function readData(json: string): PageData {
  return JSON.parse(json, (_name, value) => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return value
    return typeof value.bigint === 'string' ? BigInt(value.bigint) : value
  })
}
