/**
 * A run as one page of HTML that needs nothing else: a teacher opens it and goes through the run call by call. All that
 * the guest wrote is in it as JSON, from which the page makes text, never markup.
 */

import { encodeUtf8 } from '../vfs/bytes.ts'
import { hashOf, pureHashes } from '../vfs/hash.ts'
import { VivariumError } from './error.ts'
import { PAGE_PROGRAM, PAGE_STYLE } from './page_program.ts'
import type { Run } from './run.ts'
import { base64, timelineJson } from './timeline_data.ts'

export interface TimelinePageOptions {
  /** Default: `A run, call by call`. */
  readonly title?: string
  /** Bytes of each file, from its start, that are in the page. Default 64 KiB. */
  readonly maxFileBytes?: number
  /** Bytes of the page; what would make it larger is left out, and the page says so. Default 16 MiB. */
  readonly maxPageBytes?: number
}

const MAX_FILE_BYTES = 64 * 1024
const MAX_PAGE_BYTES = 16 * 1024 * 1024

/**
 * The page of a run that was made with the option `timeline`: the tree, the descriptors, the clocks and the contents as
 * of every call, and what each call changed. `#call=17` at the end of its address leads to a call.
 * @throws VivariumError `NO_MOMENT` without a timeline; `BAD_OPTION` for options that make no sense, and where the names
 * of the tree alone are over `maxPageBytes`.
 */
export function timelinePage(run: Run, options: TimelinePageOptions = {}): string {
  const { title = 'A run, call by call', maxFileBytes = MAX_FILE_BYTES, maxPageBytes = MAX_PAGE_BYTES } = options
  checkBytes('maxFileBytes', maxFileBytes)
  checkBytes('maxPageBytes', maxPageBytes)
  const around = pageOf(title, '')
  const maxBytes = maxPageBytes - encodeUtf8(around).length
  return pageOf(title, timelineJson(run, { title, maxFileBytes, maxBytes, maxPageBytes }))
}

function checkBytes(name: string, value: unknown): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return
  throw new VivariumError('BAD_OPTION', `${name} is a number of bytes, 0 or more`)
}

function pageOf(title: string, json: string): string {
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(PAGE_PROGRAM)}'`,
    `style-src '${sourceHash(PAGE_STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<noscript>This page shows a run by a script of its own: let it run scripts.</noscript>
<script type="application/json" id="run">${json}</script>
<script>${PAGE_PROGRAM}</script>
</body>
</html>
`
}

/** As a content security policy names a script or style that stands in the page. */
function sourceHash(text: string): string {
  return `sha256-${base64(hashOf(pureHashes, 'sha256', encodeUtf8(text)))}`
}

function escaped(text: string): string {
  const names: { readonly [char: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (char) => names[char] as string)
}
