/** The run option `listing`: another order of directories, for guests that should not depend on it. */

import { describe, expect, it } from 'vitest'
import { Machine, record, replay } from '../../src/index.ts'
import { compileC } from '../support/compile.ts'

const LIST = compileC(`
#include <dirent.h>
#include <stdio.h>
int main(void) {
  DIR *directory = opendir("/");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) puts(entry->d_name);
}
`)

const NAMES = Array.from({ length: 30 }, (_, index) => `n${String(index).padStart(2, '0')}`)

function machine(): Machine {
  return new Machine({ image: 'empty', files: Object.fromEntries(NAMES.map((name) => [`/${name}`, name])) })
}

function listed(listing?: string): string[] {
  const run = machine().run(LIST, listing === undefined ? {} : { listing })
  return run.stdout.text().trim().split('\n')
}

describe('listing', () => {
  it('is by name, and with a seed in an order that is that of the seed, each entry once', () => {
    expect(listed()).toEqual(['.', '..', ...NAMES])
    const shuffled = listed('one')
    expect(shuffled.slice(0, 2)).toEqual(['.', '..'])
    expect(shuffled.slice(2)).not.toEqual(NAMES)
    expect(shuffled.slice(2).sort()).toEqual(NAMES)
    expect(listed('one')).toEqual(shuffled)
    expect(listed('two')).not.toEqual(shuffled)
  })

  it('is in a recording, and the same when it is replayed', () => {
    const before = machine().snapshot()
    const { run, recording } = record(Machine.from(before), LIST, { listing: 'one' })
    const again = replay(JSON.parse(JSON.stringify(recording)), { machine: before, module: LIST })
    expect(again.differences).toEqual([])
    expect(again.run.stdout.text()).toBe(run.stdout.text())
    expect(record(Machine.from(before), LIST).recording.options).not.toHaveProperty('listing')
  })

  it('has to be text', () => {
    expect(() => machine().run(LIST, { listing: 7 as never })).toThrow('listing: 7 was given; it has to be text')
  })
})
