/** `vivarium replay 'viv1:…'`: a failure of `vivarium fuzz`, seen again. */

import { createHash } from 'node:crypto'
import { Checker } from '../fuzz/checker.ts'
import { formatFinding } from '../fuzz/finding.ts'
import { parseReproducer, type Reproducer } from '../fuzz/reproducer.ts'
import { formatRecord, type Run, type Snapshot, type TimelineOptions, VivariumError } from '../index.ts'
import { HostError } from '../node/index.ts'
import { makeBase, readModule } from './fuzz_setup.ts'
import { loadPropertyFile, type PropertyFile } from './property_file.ts'
import type { ReplayArguments } from './replay_command.ts'
import { say, writeError, writeOut } from './standard_streams.ts'
import { jsonOf } from './trace_command.ts'

const OF_THE_RUN = ['trap', 'limit', 'deadlock', 'signal']

/** 0 where the failure was seen again, 1 where not. @throws HostError, VivariumError for what the user gave. */
export async function replayWorld(text: string, options: ReplayArguments): Promise<number> {
  const reproducer = parseReproducer(text)
  const { world, failure } = reproducer
  // How a run ends needs no property to be seen.
  const isOfTheRun = OF_THE_RUN.includes(failure.kind)
  const file = options.property ?? (isOfTheRun ? undefined : reproducer.property)
  if (file === undefined && !isOfTheRun) {
    const what = failure.kind === 'property' ? 'a property' : `the oracle ${failure.kind}`
    throw new HostError('NOT_FOUND', 'property', `it is a failure of ${what}: say where that is by --property FILE`)
  }
  const checker = checkerOf(reproducer, options, file === undefined ? {} : await loadPropertyFile(file))
  const { failure: found } = checker.check(world)
  if (options.trace === true) {
    for (const record of checker.engine.run(world, { trace: 'records' }).trace) writeError(`${formatRecord(record)}\n`)
  }
  const isSame = found?.kind === failure.kind && found.site === failure.site
  if (options.json === true) {
    writeOut(`${jsonOf({ same: isSame, expected: failure, found: found ?? null, world })}\n`)
  } else if (found === undefined) say(`the failure was not seen again: expected ${failure.kind}: ${failure.message}`)
  else {
    writeOut(`${formatFinding(checker.finding(0, failure.site, world, found))}\n`)
    say(isSame ? 'the same failure' : `another failure than was reported: expected ${failure.kind}: ${failure.message}`)
  }
  return isSame ? 0 : 1
}

/** The run alone, with its moments, for whoever wants to look into it. @throws as `replayWorld`. */
export async function runWorld(text: string, options: ReplayArguments, timeline: TimelineOptions): Promise<Run> {
  const reproducer = parseReproducer(text)
  return checkerOf(reproducer, options, {}).engine.run(reproducer.world, { timeline }).run
}

/** The guest with its base and what is checked of it. */
function checkerOf(reproducer: Reproducer, options: ReplayArguments, property: PropertyFile): Checker {
  const { module, limits, fuel, preopens, tty, allow } = reproducer
  const path = options.module ?? module.path
  if (path === undefined) {
    const problem = `the failure does not say where its guest was: give --module FILE, whose SHA-256 is ${module.sha256}`
    throw new HostError('NOT_FOUND', 'module', problem)
  }
  const bytes = readModule(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (module.sha256 !== '' && sha256 !== module.sha256) {
    const problem = `the module ${path} is another than failed: expected sha256:${module.sha256}, found sha256:${sha256}; give the one that was fuzzed by --module FILE`
    throw new VivariumError('OTHER_INPUT', problem)
  }
  const { world: _, maxShrinks: __, ...checks } = property
  return new Checker(bytes, {
    base: baseOf(reproducer, options),
    name: path,
    ...(limits === undefined ? {} : { limits }),
    ...(fuel === undefined ? {} : { fuel: fuel === 'none' ? Number.POSITIVE_INFINITY : fuel }),
    ...(preopens === undefined ? {} : { preopens }),
    ...(tty === undefined ? {} : { tty }),
    ...(allow === undefined ? {} : { allow }),
    ...checks,
  })
}

/** @throws VivariumError `OTHER_INPUT` where it is not what it was. */
function baseOf({ base }: Reproducer, { from }: ReplayArguments): Snapshot {
  const { epoch, tick, cpu, dirs = [] } = base ?? {}
  const place = from ?? base?.from
  const found = makeBase({
    ...(place === undefined ? {} : { from: place }),
    ...(epoch === undefined ? {} : { epoch: BigInt(epoch) }),
    ...(tick === undefined ? {} : { tick }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(from === undefined ? { dir: dirs.map(({ host, guest }) => ({ text: `${host}::${guest}`, host, guest })) } : {}),
  })
  if (base === undefined || found.stateDigest === base.digest) return found
  const problem = `the base is another than failed: expected ${base.digest}, found ${found.stateDigest}; give the one that was fuzzed by --from FILE`
  throw new VivariumError('OTHER_INPUT', problem)
}
