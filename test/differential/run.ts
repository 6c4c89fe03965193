/**
 * Programs of preview1 calls in Vivarium and node:wasi, side by side:
 *
 *     npx tsx test/differential/run.ts [PROGRAMS [SEED]]    draws programs and compares
 *     npx tsx test/differential/run.ts '[{"call":…}, …]'    runs one, as a finding prints it
 */

import { runDifferential, runProgram } from './differential.ts'
import { DIVERGENCES } from './divergences.ts'
import type { Program } from './programs.ts'

const [first = '1000', second = '20260101'] = process.argv.slice(2)
if (first.startsWith('[')) {
  const { text, differs } = await runProgram(JSON.parse(first) as Program)
  console.log(text)
  process.exitCode = differs ? 1 : 0
} else {
  const started = process.hrtime.bigint()
  const { counts, findings } = await runDifferential({
    programs: Number(first),
    seed: Number(second),
    onProgress: ({ programs, calls, skipped, parted, crashed }, found) => {
      const counted = `${programs} programs, ${calls} calls, ${skipped} skipped, ${parted} parted, ${crashed} crashed`
      console.error(`${counted}; ${found.length} findings`)
    },
  })
  for (const { label, text } of findings) console.log(`\n${label}\n${text}`)
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  console.log(`\n${counts.programs} programs and ${counts.calls} calls in ${seconds.toFixed(1)} s`)
  for (const { id, what } of DIVERGENCES)
    console.log(`${String(counts.accepted.get(id) ?? 0).padStart(7)}  ${id}: ${what}`)
  const pairs = [...counts.agreed].sort()
  console.log(pairs.map(([pair, count]) => `${pair} ${count}`).join(', '))
  process.exitCode = findings.length > 0 ? 1 : 0
}
