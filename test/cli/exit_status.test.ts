import { describe, expect, it } from 'vitest'
import { describeEnd, exitStatus } from '../../src/cli/exit_status.ts'
import type { End } from '../../src/run.ts'

describe('exitStatus()', () => {
  it.each<[End | undefined, number, string | undefined]>([
    [undefined, 0, 'it has no "_start"'],
    [{ kind: 'exit', code: 0 }, 0, undefined],
    [{ kind: 'exit', code: 7 }, 7, undefined],
    [{ kind: 'exit', code: 256 }, 0, undefined],
    [{ kind: 'exit', code: 4_294_967_295 }, 255, undefined],
    [{ kind: 'signal', signal: 6, name: 'SIGABRT' }, 134, 'signal 6 (SIGABRT)'],
    [{ kind: 'trap', message: 'unreachable', stack: '' }, 134, 'trapped: unreachable'],
    [{ kind: 'limit', limit: 'calls', message: 'too many' }, 124, 'limit: too many'],
    [{ kind: 'deadlock', waits: [], message: 'process 1' }, 125, 'never happen: process 1'],
  ])('of %j is %i', (end, status, said) => {
    expect(exitStatus(end)).toBe(status)
    if (said === undefined) expect(describeEnd(end)).toBeUndefined()
    else expect(describeEnd(end)).toContain(said)
  })
})
