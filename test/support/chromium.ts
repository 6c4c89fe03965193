/** Headless Chromium for tests, where there is one. */

import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import type { TestContext } from 'vitest'

const PATH = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

/** Starts it; skips the test where there is none, but on CI. The caller closes it. */
export async function openChromium(context: TestContext): Promise<Browser> {
  if (!existsSync(PATH)) {
    const missing = `there is no Chromium at ${PATH}: apt-get install chromium, or name one in CHROMIUM`
    if (process.env.CI === 'true') throw new Error(missing)
    context.skip(missing)
  }
  return chromium.launch({ executablePath: PATH, headless: true, args: FLAGS })
}
