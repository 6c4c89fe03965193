/** The built core in headless Chromium does what it does in Node, and asks the network for nothing. */

import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { bundle, call, guest } from './bundle.ts'
import { runGuest } from './driver.ts'

const PATH = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

describe('the built core in Chromium', () => {
  it('gives the same trace digest, output and tree as in Node', async (context) => {
    if (!existsSync(PATH)) {
      const missing = `there is no Chromium at ${PATH}: apt-get install chromium, or name one in CHROMIUM`
      if (process.env.CI === 'true') throw new Error(missing)
      context.skip(missing)
    }
    const module = guest()
    const browser = await chromium.launch({ executablePath: PATH, headless: true, args: FLAGS })
    try {
      const page = await browser.newPage()
      const requests: string[] = []
      const problems: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      page.on('pageerror', (error) => problems.push(String(error)))
      page.on('console', (message) => problems.push(message.text()))
      await page.addScriptTag({ content: bundle() })
      const said = await page.evaluate<string>(call(module))
      expect(JSON.parse(said)).toEqual(JSON.parse(runGuest(module)))
      expect([requests, problems]).toEqual([[], []])
      expect(await page.evaluate<boolean>('navigator.userAgent.includes("Chrome")')).toBe(true)
    } finally {
      await browser.close()
    }
  })
})
