/** A queue of bytes, against a plain array. */

import { describe, expect, it } from 'vitest'
import { ByteQueue, PIPE_CAPACITY } from '../../kernel/byte_queue.ts'
import { fc } from '../support/property.ts'

/** A queue beside the array that it has to behave as. Bytes count up, so that one out of place shows. */
class Model {
  readonly queue: ByteQueue
  readonly bytes: number[] = []
  #next = 0

  constructor(capacity?: number) {
    this.queue = new ByteQueue(capacity)
  }

  push(length: number): void {
    const source = new Uint8Array(length + 2).fill(0xee)
    for (let i = 1; i <= length; i++) {
      source[i] = this.#next % 251
      this.bytes.push(this.#next++ % 251)
    }
    this.queue.push(source, 1, length)
    expect(this.queue.size).toBe(this.bytes.length)
  }

  take(length: number, peek: boolean): void {
    const target = new Uint8Array(length + 2).fill(0xee)
    const count = this.queue.take(target, 1, length, peek)
    expect(count).toBe(Math.min(length, this.bytes.length))
    const expected = this.bytes.slice(0, count)
    if (!peek) this.bytes.splice(0, count)
    expect(Buffer.compare(target.subarray(1, 1 + count), Uint8Array.from(expected))).toBe(0)
    expect([target[0], target[1 + count]]).toEqual([0xee, 0xee])
    expect(this.queue.size).toBe(this.bytes.length)
  }
}

describe('ByteQueue', () => {
  it('gives what was put in, in order, whatever the sizes; a peek takes nothing', () => {
    const size = fc.oneof(fc.nat(10), fc.constantFrom(0, 1, 4095, 4096, 4097), fc.nat(20_000))
    const step = fc.record({ act: fc.constantFrom('push', 'take', 'peek'), size })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Model(Infinity)
        for (const { act, size: length } of steps) {
          if (act === 'push') model.push(length)
          else model.take(length, act === 'peek')
        }
        model.take(model.bytes.length + 1, false)
      }),
    )
  })

  it('has room for the capacity less what is inside, and none when more was put in', () => {
    const queue = new ByteQueue()
    expect(queue.room).toBe(PIPE_CAPACITY)
    queue.push(new Uint8Array(PIPE_CAPACITY), 0, PIPE_CAPACITY - 1)
    expect(queue.room).toBe(1)
    queue.push(new Uint8Array(5), 0, 5)
    expect(queue.room).toBe(0)
    queue.take(new Uint8Array(10), 0, 10)
    expect(queue.room).toBe(6)
  })

  it('goes on for a long time without being empty, and keeps order', () => {
    const model = new Model(Infinity)
    model.push(3)
    for (let i = 0; i < 2000; i++) {
      model.push(5000)
      model.take(5000, false)
    }
    model.take(3, false)
    expect(model.queue.size).toBe(0)
  })

  it('keeps no bytes that were taken', () => {
    // 2 GiB go through a queue that is never empty: kept, they would be more than the host gives.
    const queue = new ByteQueue(Infinity)
    const part = new Uint8Array(65_536)
    queue.push(part, 0, 1)
    for (let i = 0; i < 32_768; i++) {
      queue.push(part, 0, part.length)
      queue.take(part, 0, part.length)
    }
    expect(queue.size).toBe(1)
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(500_000_000)
  })
})
