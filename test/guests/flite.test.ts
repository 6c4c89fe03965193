/** flite: says a text into a WAV file, whose header it goes back to patch. */

import { describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { loadGuest } from '../support/guests.ts'
import { twice } from './twice.ts'

describe('flite', () => {
  it.each([
    ['the text of an argument', 'kal', 8000, ['-t', 'Same seed, same speech.']],
    ['the text of a file', 'kal16', 16000, ['-voice', 'kal16', '-f', '/speech.txt']],
  ])('says %s as a WAV file in the voice %s', (_what, _voice, rate, input) => {
    const { module } = loadGuest('flite')
    const {
      runs: [run],
      outputs,
    } = twice(
      () =>
        new Machine({
          files: { '/speech.txt': 'A machine that is the same for ever.\n' },
        }),
      (machine) => ({
        runs: [
          machine.run(module, {
            args: ['flite', ...input, '-o', '/speech.wav'],
          }),
        ],
        outputs: new Uint8Array(machine.fs.readFileSync('/speech.wav')),
      }),
    )
    expect(run.end, run.stderr.text()).toEqual({
      kind: 'exit',
      code: 0,
    })
    const wav = Buffer.from(outputs)
    expect([wav.toString('latin1', 0, 4), wav.toString('latin1', 8, 16)]).toEqual(['RIFF', 'WAVEfmt '])
    // One channel of 16-bit samples, then the data to the end of the file.
    expect([wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([1, rate, 16])
    expect(wav.toString('latin1', 36, 40)).toBe('data')
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44)
    const samples = new Int16Array(outputs.slice(44).buffer)
    const loudest = samples.reduce((loud, sample) => Math.max(loud, Math.abs(sample)), 0)
    expect(samples.length).toBeGreaterThan(rate)
    expect(loudest).toBeGreaterThan(1000)
  })

  it('lists the voices that it carries', () => {
    const run = new Machine().run(loadGuest('flite').module, {
      args: ['flite', '-lv'],
    })
    expect(run.stdout.text()).toBe('Voices available: kal awb_time kal16 awb rms slt \n')
    expect(run.exitCode).toBe(0)
  })
})
