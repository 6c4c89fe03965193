/** The page of a run: what is in it and what is not, and, in Chromium, what it shows and does. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, describe, expect, it, type TestContext } from 'vitest'
import { formatRecord, Machine, type Run } from '../../src/index.ts'
import { timelinePage } from '../../src/timeline_page.ts'
import { textOf } from '../../vfs/bytes.ts'
import { bundlePage, PAGE_PROGRAM_FILE } from '../support/bundle_page.ts'
import { openChromium } from '../support/chromium.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'
import { dataOf, filesRun, longRun } from './page/runs.ts'

const run = filesRun()

/** The number of the first call of that name that `of` holds for. */
function callOf(name: string, of: (text: string) => boolean = () => true): number {
  const record = run.trace.find((each) => each.call === name && of(formatRecord(each)))
  if (record === undefined) throw new Error(`the run made no ${name}`)
  return record.index
}

describe('src/page_program.ts', () => {
  it('is what src/page makes: else run npx tsx test/support/bundle_page.ts', () => {
    expect(readFileSync(PAGE_PROGRAM_FILE, 'utf8')).toBe(bundlePage())
  })
})

describe('timelinePage()', () => {
  it('is the same page for the same run', () => {
    expect(timelinePage(filesRun())).toBe(timelinePage(run))
  })

  it('throws NO_MOMENT for a run without a timeline, and BAD_OPTION for bounds that are none', () => {
    const plain = new Machine().run(compileC('int main(void) { return 0; }'), { trace: 'records' })
    expect(errorOf(() => timelinePage(plain))).toMatchObject({ code: 'NO_MOMENT' })
    for (const wrong of [{ maxFileBytes: -1 }, { maxPageBytes: 0.5 }, { maxFileBytes: '1' as never }]) {
      expect(errorOf(() => timelinePage(run, wrong))).toMatchObject({ code: 'BAD_OPTION' })
    }
    expect(errorOf(() => timelinePage(run, { maxPageBytes: 1000 }))).toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringMatching(/^the names of the tree alone are \d+ bytes: give maxPageBytes/),
    })
  })

  it('is ASCII, and nothing that the guest wrote is markup in it', () => {
    const page = timelinePage(run, { title: 'é </title><script>hacked=1</script>' })
    const [head, ...rest] = page.split('<script')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is exactly this range
    expect(rest.join()).toMatch(/^[\x00-\x7f]*$/)
    expect(head).toContain('<title>é &lt;/title&gt;&lt;script&gt;hacked=1&lt;/script&gt;</title>')
    expect([page.match(/<script\b/g)?.length, page.match(/<\/script\b/g)?.length]).toEqual([2, 2])
    expect(page).not.toContain('<!--')
    expect(dataOf(page).records).toEqual(run.trace)
  })

  it('has of each file no more than maxFileBytes', () => {
    const { versions } = dataOf(timelinePage(run, { maxFileBytes: 4 }))
    const lengths = versions.map(([, , , , bytes]) => (typeof bytes === 'string' ? bytes : atob(bytes[0])).length)
    expect(Math.max(...lengths)).toBe(4)
    expect(versions.map(([, , at]) => at).every((at) => at <= 4)).toBe(true)
  })

  it('stays below maxPageBytes: contents are left out first, then the last calls', () => {
    const whole = timelinePage(run)
    // A little is kept free for what is written last.
    const least = whole.length - JSON.stringify(dataOf(whole).versions).length + 600
    const without = timelinePage(run, { maxPageBytes: least })
    expect(without.length).toBeLessThanOrEqual(least)
    expect(dataOf(without).leftOut.length).toBeGreaterThan(0)
    expect(dataOf(without).last).toBe(run.calls)
    const short = timelinePage(run, { maxPageBytes: least - 6000 })
    expect(short.length).toBeLessThanOrEqual(least - 6000)
    const { last, records, steps } = dataOf(short)
    expect(last).toBeGreaterThan(0)
    expect(last).toBeLessThan(run.calls)
    expect([records.length, steps.length]).toEqual([last, last])
  })

  it('begins at the first moment that was kept', () => {
    const kept = filesRun({ last: 3 })
    const { first, last, records, start } = dataOf(timelinePage(kept))
    expect(first).toBeGreaterThan(1)
    expect([last, records.length]).toEqual([kept.calls, kept.calls - first])
    expect(start.inodes?.length).toBe([...new Set(start.inodes?.map(({ ino }) => ino))].length)
  })

  it('says of which moments nothing is known', () => {
    const kept = filesRun({ only: ['path_link', 'path_unlink_file'] })
    const { records, steps } = dataOf(timelinePage(kept))
    const link = records.findIndex(({ call }) => call === 'path_link')
    expect([steps[link - 1]?.isUnknown, steps[link]?.isUnknown]).toEqual([true, undefined])
    expect(steps[link]?.changes?.map(({ type, path }) => `${type} ${path}`)).toContain('added /docs/b.txt')
  })
})

describe('the page in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  let browser: Browser | undefined
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  interface Opened {
    readonly page: Page
    /** What it asked for, and what it complained of. */
    readonly requests: string[]
    readonly problems: string[]
  }

  async function open(context: TestContext, html: string, fragment = ''): Promise<Opened> {
    browser ??= await openChromium(context)
    const file = join(folder, 'run.html')
    writeFileSync(file, html)
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    const requests: string[] = []
    const problems: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (message) => problems.push(message.text()))
    await page.goto(`${pathToFileURL(file)}${fragment}`)
    return { page, requests, problems }
  }

  interface Shown {
    readonly call: string
    readonly hash: string
    readonly rows: readonly (readonly [name: string, ino: number, links: number, size: string])[]
    readonly gone: readonly string[]
    readonly orphans: readonly (readonly [name: string, ino: number, links: number, size: string])[]
    readonly descriptors: readonly (readonly string[])[]
    readonly clocks: readonly string[]
    readonly contents: string | null
  }

  /** What can be read in the page; of what changed, what it is now. */
  const SHOWN = `(() => {
    const all = (selector, from = document) => [...from.querySelectorAll(selector)]
    const now = (cell) => cell.textContent.split(' → ').at(-1)
    const row = (tr) => {
      const [ino, links, size] = all('td.count', tr).map(now)
      return [tr.dataset.name, Number(ino), Number(links), size]
    }
    return {
      call: document.querySelector('output').textContent,
      hash: location.hash,
      rows: all('#tree > div > table tr[data-ino]').map(row),
      gone: all('#tree tr[data-gone]').map((tr) => tr.dataset.gone),
      orphans: document.querySelector('#orphans').hidden ? [] : all('#orphans tr[data-ino]').map(row),
      descriptors: all('#descriptors tr[data-fd]').map((tr) => all('th, td', tr).map(now)),
      clocks: all('#clocks dd').map(now),
      contents: document.querySelector('#contents pre')?.textContent ?? null,
    }
  })()`
  const shown = (page: Page): Promise<Shown> => page.evaluate<Shown>(SHOWN)

  /** What the page is to show of the tree, all of it but what is in `/dev`, which no call had to do with. */
  function treeRows(of: Run, call: number): unknown[] {
    const { tree } = of.at(call)
    const rows: unknown[] = []
    const stack = [{ name: '/', ino: 1 }]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const inode = tree.get(top.ino)
      rows.push([top.name, top.ino, inode.nlink, inode.isDirectory() ? '' : inode.size.toLocaleString('en')])
      if (!inode.isDirectory() || top.name === 'dev') continue
      for (const { name, ino } of inode.body.entries().toReversed()) stack.push({ name: textOf(name), ino })
    }
    return rows
  }

  function orphanRows(of: Run, call: number): unknown[] {
    const rows: unknown[] = []
    of.at(call).tree.table.forEach((inode) => {
      if (inode.nlink > 0) return
      const size = inode.isDirectory() ? '' : inode.size.toLocaleString('en')
      rows.push([`no name, inode ${inode.ino}`, inode.ino, 0, size])
    })
    return rows
  }

  function descriptorRows(of: Run, call: number): unknown[] {
    return of
      .at(call)
      .descriptors.map(({ fd, kind, ino, path, preopen, offset, readable, writable, flags }) => [
        String(fd),
        (path ?? (ino === 0 ? kind : `inode ${ino}, which has no name`)).replace('\u202e', '\\u202e') +
          (preopen === undefined ? '' : ` given as ${preopen}`),
        ino === 0 ? '' : String(ino),
        kind === 'file' ? String(offset) : '',
        [readable ? 'read' : '', writable ? 'write' : ''].filter((word) => word !== '').join(', '),
        flags.join(' '),
      ])
  }

  it('shows what run.at says, at every call that the slider is moved to', async (context) => {
    const { page, requests, problems } = await open(context, timelinePage(run))
    const slider = page.getByRole('slider', { name: 'Moment' })
    const order = Array.from({ length: run.calls + 1 }, (_, call) => (call * 7) % (run.calls + 1))
    for (const call of order) {
      await slider.fill(String(call))
      const { rows, orphans, descriptors, ...rest } = await shown(page)
      expect(rest.call).toBe(`call ${call} of ${run.calls}`)
      expect(rest.hash).toBe(`#call=${call}`)
      expect(rows, `call ${call}`).toEqual(treeRows(run, call))
      expect(orphans, `call ${call}`).toEqual(orphanRows(run, call))
      expect(descriptors, `call ${call}`).toEqual(descriptorRows(run, call))
      const { realtime, monotonic } = run.at(call)
      expect(rest.clocks).toEqual([
        `${new Date(Number(realtime / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')}.${String(realtime % 1_000_000_000n).padStart(9, '0')} UTC`,
        `0.${String(monotonic).padStart(9, '0')} s`,
      ])
    }
    expect(new Set(order).size).toBe(run.calls + 1)
    expect([requests.length, problems]).toEqual([1, []])
  })

  it('shows what a call changed, and the contents as of it', async (context) => {
    const { page } = await open(context, timelinePage(run))
    const slider = page.getByRole('slider', { name: 'Moment' })
    const changes = page.locator('#changes li')

    await slider.fill(String(callOf('path_link')))
    expect(await changes.allTextContents()).toEqual([
      expect.stringMatching(/^~ \/docs\/a\.txt {2}links 1 -> 2$/),
      expect.stringMatching(/^\+ \/docs\/b\.txt {2}file, inode \d+, 2 links, 16 bytes$/),
    ])
    expect(await page.locator('tr[data-name="a.txt"] b').allTextContents()).toEqual(['1 → 2'])

    await slider.fill(String(callOf('path_rename')))
    expect((await shown(page)).gone).toEqual(['b.txt'])

    await slider.fill(String(callOf('fd_pwrite')))
    expect((await shown(page)).contents).toBe('HELLO\ntwo lines\n')
    expect(await page.locator('mark').textContent()).toBe('HELLO')

    await slider.fill(String(callOf('fd_write', (text) => text.includes('hacked'))))
    expect((await shown(page)).contents).toBe('</script><!--<script>hacked=1</script>\n')

    await slider.fill(String(callOf('fd_write', (text) => text.includes('nwritten: 64'))))
    expect((await shown(page)).contents).toMatch(/^00000000 {2}00 07 0e 15 1c 23 2a 31 38 3f 46 4d 54 5b 62 69 {2}/)

    await page.getByRole('button', { name: 'old.txt' }).click()
    expect(await page.locator('#contents').textContent()).toContain('had nothing to do with this file')
    await page.getByLabel('the file of the call').check()
    await page.locator('#view').selectOption('text')
    expect((await shown(page)).contents).not.toMatch(/^00000000/)
  })

  it('goes from call to call by the keys, also among those that are listed', async (context) => {
    const { page } = await open(context, timelinePage(run))
    const at = async (): Promise<string> => (await shown(page)).hash
    const press = async (...keys: readonly string[]): Promise<string> => {
      for (const key of keys) await page.keyboard.press(key)
      return at()
    }
    expect(await press('ArrowDown', 'ArrowRight', 'ArrowDown')).toBe('#call=3')
    expect(await press('ArrowUp', 'ArrowLeft')).toBe('#call=1')
    expect(await press('End')).toBe(`#call=${run.calls}`)
    expect(await press('PageUp')).not.toBe(`#call=${run.calls}`)
    expect(await press('PageDown')).toBe(`#call=${run.calls}`)
    expect(await press('Home')).toBe('#call=0')
    expect(await press('ArrowUp')).toBe('#call=0')
    await page.getByLabel('that failed').check()
    const failed = run.trace.filter(({ errno }) => errno !== 'ESUCCESS' && errno !== 'ended').map(({ index }) => index)
    expect(await page.locator('#calls [role=option]').count()).toBe(failed.length)
    expect(await press('ArrowDown', 'ArrowDown')).toBe(`#call=${failed[1]}`)
    await page.getByLabel('that failed').uncheck()
    await page.getByRole('searchbox', { name: 'Calls with' }).fill('PATH_UNLINK')
    expect(await page.locator('nav [role=status]').textContent()).toBe(`3 of ${run.calls} calls`)
    expect(await page.locator('#calls [role=option]').allTextContents()).toEqual([
      expect.stringContaining('path_unlink_file(3, path: "docs/a.txt")'),
      expect.stringContaining('path_unlink_file(3, path: "c.txt")'),
      expect.stringContaining('path_unlink_file(3, path: "docs/bytes")'),
    ])
    await page.locator('#calls [role=option]').nth(1).click()
    expect(await at()).toBe(`#call=${callOf('path_unlink_file', (text) => text.includes('c.txt'))}`)
    expect(await page.locator('[role=option][aria-current=true]').count()).toBe(1)
    expect(await page.locator('#calls').getAttribute('aria-activedescendant')).toBe(
      (await at()).replace('#call=', 'call-'),
    )
  })

  it('opens at the call that the address names, and follows it', async (context) => {
    const call = callOf('path_link')
    const { page } = await open(context, timelinePage(run), `#call=${call}`)
    expect((await shown(page)).call).toBe(`call ${call} of ${run.calls}`)
    for (const [fragment, to] of [
      ['#call=5', 5],
      ['#call=999999', run.calls],
      ['#nonsense', 0],
    ] as const) {
      await page.evaluate(`location.hash = '${fragment}'`)
      await expect.poll(() => shown(page)).toMatchObject({ hash: `#call=${to}` })
    }
  })

  it('shows hostile names, texts and titles as text', async (context) => {
    const title = '</script></title><img src=x onerror=hacked=1>'
    const { page, requests, problems } = await open(context, timelinePage(run, { title }), `#call=${run.calls - 8}`)
    const name = page.locator('tr[data-name="<img src=x onerror=hacked=1>"]')
    expect(await name.locator('th').textContent()).toContain(
      '<img src=x onerror=hacked=1> → </script><script>hacked=1</script>',
    )
    expect(await page.locator('tr', { hasText: '\\u202etxt.<b>' }).count()).toBeGreaterThan(0)
    await page.getByRole('button', { name: '<img src=x' }).click()
    expect(await page.title()).toBe(title)
    expect(await page.locator('h1').textContent()).toBe(title)
    await page.locator('#calls').press('Home')
    for (let call = 0; call < run.calls; call++) await page.keyboard.press('ArrowDown')
    expect(await page.evaluate<unknown>('[typeof hacked, document.images.length, document.scripts.length]')).toEqual([
      'undefined',
      0,
      2,
    ])
    expect([requests.length, problems]).toEqual([1, []])
  })

  it('lets no other script run and asks for nothing', async (context) => {
    const { page, problems } = await open(context, timelinePage(run))
    const refused: (string | undefined)[] = []
    page.on('requestfailed', (request) => refused.push(request.failure()?.errorText))
    page.on('requestfinished', (request) => refused.push(request.url()))
    await page.evaluate(`(() => {
      const script = document.createElement('script')
      script.textContent = 'hacked = 1'
      document.body.append(script, Object.assign(new Image(), { src: 'https://example.com/x.png' }))
    })()`)
    await expect.poll(() => problems.length).toBeGreaterThanOrEqual(2)
    expect(problems.every((problem) => problem.includes('Content Security Policy'))).toBe(true)
    expect(await page.evaluate<unknown>('typeof hacked')).toBe('undefined')
    await expect.poll(() => refused).toEqual(['csp'])
  })

  it('makes no more rows for 10,000 calls than can be seen', async (context) => {
    const long = longRun(10_000)
    const { page } = await open(context, timelinePage(long))
    expect(await page.locator('#calls [role=option]').count()).toBeLessThan(80)
    await page.keyboard.press('End')
    expect((await shown(page)).hash).toBe(`#call=${long.calls}`)
    expect(await page.locator('#calls [role=option]').last().textContent()).toContain(String(long.calls))
    expect(await page.locator('#calls [role=option]').count()).toBeLessThan(80)
  })

  it('opens of a large tree only what the run had to do with, until the reader wants more', async (context) => {
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`/many/f${i}`, '']))
    const deep = `/deep${'/d'.repeat(600)}/file`
    const source = `#include <fcntl.h>
      int main(void) { return open("/many/f7", O_RDONLY) < 0 || open("${deep}", O_RDONLY) < 0; }`
    const machine = new Machine({ image: 'empty', files: { ...files, [deep]: 'far down', '/other/one': '' } })
    const { page, problems } = await open(context, timelinePage(machine.run(compileC(source), { timeline: true })))
    const names = async (): Promise<string[]> => (await shown(page)).rows.map(([name]) => name)
    expect(await names()).toEqual([
      '/',
      'deep',
      ...Array.from({ length: 600 }, () => 'd'),
      'file',
      'many',
      'f7',
      'other',
    ])
    await page.getByRole('button', { name: 'other, 1 name' }).click()
    expect((await names()).at(-1)).toBe('one')
    await page.getByRole('button', { name: 'deep, 1 name' }).click()
    expect(await names()).toEqual(['/', 'deep', 'many', 'f7', 'other', 'one'])
    expect(await page.locator('#tree .note').isHidden()).toBe(true)
    await page.getByRole('button', { name: '… 2,999 more' }).click()
    expect((await names()).length).toBe(2000)
    expect(await page.locator('#tree .note').textContent()).toMatch(/^Only the first 2,000 rows/)
    expect(problems).toEqual([])
  })

  it('says what of a run is not in the page', async (context) => {
    const least = timelinePage(run).length - 8000
    const { page } = await open(context, timelinePage(run, { maxPageBytes: least }))
    expect(await page.locator('header .note').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^The page ends at call \d+ of \d+: with all of them/)]),
    )
    const { page: other } = await open(context, timelinePage(run, { maxFileBytes: 4 }), `#call=${callOf('fd_pwrite')}`)
    expect(await other.locator('#contents').textContent()).toContain('The first 4 of 16 bytes')
    const { page: kept } = await open(context, timelinePage(filesRun({ only: ['path_link'] })), '#call=1')
    await kept.keyboard.press('End')
    expect(await kept.locator('#changes').textContent()).toContain('This moment was not kept')
  })
})
