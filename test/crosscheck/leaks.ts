/** Guests that see what an engine leaks: under `cpu: 'engine'` they differ from run to run or cell to cell. */

import type { Cpu } from 'vivarium'
import type { WatFeatures } from '../support/wat.ts'

export interface Leak {
  readonly name: string
  readonly text: string
  readonly features?: WatFeatures
  /** How many words of its memory tell. */
  readonly shows: number
  /** Deterministic, but for what has to be lower to be reached everywhere. */
  readonly strict: Cpu
  /** Whether a strict run may instead end as `limit: 'host memory'`: the cap is more than some host has, and it says so. */
  readonly mayLack?: true
}

/** A sum of two NaNs of which a tier takes the first's bits and another the second's; it changes when a tier takes over. */
const NAN = `(module (memory (export "memory") 1) (data (i32.const 64) "\\01\\00\\a0\\7f\\02\\00\\c0\\ff")
  (func $sum (param f32 f32) (param $rounds i32) (result i32) (local $bits i32)
    (loop $again
      (local.set $bits (i32.reinterpret_f32 (f32.add (local.get 0) (local.get 1))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $bits))
  (func (export "_start") (local $i i32)
    (i32.store (i32.const 0) (call $sum (f32.load (i32.const 64)) (f32.load (i32.const 68)) (i32.const 1)))
    (loop $again
      (i32.store (i32.const 4) (call $sum (f32.load (i32.const 64)) (f32.load (i32.const 68)) (i32.const 1000)))
      (if (i32.eq (i32.load (i32.const 0)) (i32.load (i32.const 4)))
        (then (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))))`

const DEPTH = `(module (memory (export "memory") 1)
  (func $down (param i32 i64) (result i64)
    (i32.store (i32.const 0) (local.get 0))
    (i64.add (local.get 1) (call $down (i32.add (local.get 0) (i32.const 1)) (i64.mul (local.get 1) (i64.const 3)))))
  (func (export "_start") (drop (call $down (i32.const 1) (i64.const 1)))))`

/** (1 + e)^2 - (1 + 2 e): rounded once, e^2 is left; rounded twice, nothing. */
const MADD = `(module (memory (export "memory") 1)
  (data (i32.const 64) "\\01\\00\\80\\3f\\01\\00\\80\\3f\\01\\00\\80\\3f\\01\\00\\80\\3f\\02\\00\\80\\bf\\02\\00\\80\\bf\\02\\00\\80\\bf\\02\\00\\80\\bf")
  (func (export "_start")
    (v128.store (i32.const 0)
      (f32x4.relaxed_madd (v128.load (i32.const 64)) (v128.load (i32.const 64)) (v128.load (i32.const 80))))))`

/** In steps, and later in large ones: an engine takes longer for each the larger the memory is. */
const GROW = `(module (memory (export "memory") 1)
  (func (export "_start")
    (loop $again
      (br_if $again (i32.ne (i32.const -1)
        (memory.grow (select (i32.const 32) (i32.const 4096) (i32.lt_u (memory.size) (i32.const 1024)))))))
    (i32.store (i32.const 0) (memory.size))))`

export const LEAKS: readonly Leak[] = [
  { name: 'bits of a NaN: first, last, blocks of 1,000 before a change', text: NAN, shows: 3, strict: 'strict' },
  { name: 'calls before the stack ends', text: DEPTH, shows: 1, strict: 'strict' },
  {
    name: 'relaxed_madd, two lanes',
    text: MADD,
    shows: 2,
    strict: 'strict',
    features: { simd: true, relaxed_simd: true },
  },
  { name: 'pages before memory.grow fails, capped at 500', text: GROW, shows: 1, strict: { memoryPages: 500 } },
  {
    name: 'pages before memory.grow fails, capped at 65,536',
    text: GROW,
    shows: 1,
    strict: 'strict',
    mayLack: true,
  },
]
