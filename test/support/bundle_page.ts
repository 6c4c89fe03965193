/**
 * Makes `src/page_program.ts` of `src/page`: the program as one script without imports, and the style sheet, as text that
 * the pure core can put into a page. Run it after a change there: `npx tsx test/support/bundle_page.ts`.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

export const PAGE_PROGRAM_FILE: string = fileURLToPath(new URL('../../src/page_program.ts', import.meta.url))
const FOLDER = new URL('../../src/page/', import.meta.url)

/** The text of `src/page_program.ts`. */
export function bundlePage(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('main.ts', FOLDER))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
  })
  const [program] = outputFiles
  if (program === undefined) throw new Error('esbuild made nothing')
  const style = readFileSync(new URL('style.css', FOLDER), 'utf8')
  return [
    '/** The program and the style of the page of a run: made of `src/page` by `npx tsx test/support/bundle_page.ts`. */\n',
    `export const PAGE_PROGRAM: string = \`\n${quoted(program.text)}\`\n`,
    `export const PAGE_STYLE: string = \`\n${quoted(style)}\`\n`,
  ].join('\n')
}

function quoted(text: string): string {
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error('the program or the style would end its own element')
  return text.replace(/\\|`|\$\{/g, '\\$&')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE_PROGRAM_FILE, bundlePage())
