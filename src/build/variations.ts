/**
 * What a build should not depend on, varied: each variation turns a job into one that has the same inputs in a world
 * that is otherwise another. A step whose outputs stay the same under each, does under all, since what it is given is
 * the same in every case.
 */

import type { Hostility } from './execute.ts'
import type { Job, Placed } from './job.ts'

export type VariationName =
  | 'time'
  | 'randomness'
  | 'file history'
  | 'listing order'
  | 'inode numbers'
  | 'environment'
  | 'environment order'
  | 'build path'

export interface Varied {
  readonly job: Job
  readonly hostility: Hostility
  /** What a path, or a text with paths, is without the variation. */
  readonly restore: (text: string) => string
}

export interface Variation {
  readonly name: VariationName
  /** What is varied, in a few words. */
  readonly says: string
  /** `round` makes each time another. */
  readonly vary: (job: Job, round: number) => Varied
}

const same = (text: string): string => text

export const VARIATIONS: readonly Variation[] = [
  {
    name: 'time',
    says: 'the clocks start at another time; SOURCE_DATE_EPOCH stays',
    vary: (job, round) => {
      // Not whole days, hours or minutes, and on the far side of a leap year.
      const later = 400n * 86_400n + 40_000n + BigInt(round) * 7_919n
      return {
        job: { ...job, epoch: String(BigInt(job.epoch) + later * 1_000_000_000n) },
        hostility: {},
        restore: same,
      }
    },
  },
  {
    name: 'randomness',
    says: 'another seed',
    vary: (job, round) => ({ job: { ...job, seed: `${job.seed} varied ${round}` }, hostility: {}, restore: same }),
  },
  {
    name: 'file history',
    says: 'the files were made in another order',
    vary: (job, round) => ({ job, hostility: { order: `history ${round}` }, restore: same }),
  },
  {
    name: 'listing order',
    says: 'directories are listed in another order',
    vary: (job, round) => ({ job, hostility: { listing: `listing ${round}` }, restore: same }),
  },
  {
    name: 'inode numbers',
    says: 'all files have other inode numbers',
    vary: (job, round) => ({ job, hostility: { inodes: 1009 + 97 * (round % 50) }, restore: same }),
  },
  {
    name: 'environment',
    says: 'variables of another host, user and locale',
    vary: (job, round) => ({
      job: { ...job, env: [...job.env, ...strangers(job, round)] },
      hostility: {},
      restore: same,
    }),
  },
  {
    name: 'environment order',
    says: 'the same variables in another order',
    vary: (job, round) => ({ job: { ...job, env: rotated(job.env, round) }, hostility: {}, restore: same }),
  },
  {
    name: 'build path',
    says: 'sources and outputs are in another place',
    vary: (job, round) => moved(job, `/elsewhere${round === 0 ? '' : round}-`),
  },
]

/** All of them at once. */
export function varyAll(job: Job, round: number): Varied {
  let all: Varied = { job, hostility: {}, restore: same }
  for (const { vary } of VARIATIONS) {
    const next = vary(all.job, round)
    const { restore } = all
    all = {
      job: next.job,
      hostility: { ...all.hostility, ...next.hostility },
      restore: (text) => restore(next.restore(text)),
    }
  }
  return all
}

const LOCALES = ['tr_TR.UTF-8', 'de_CH.UTF-8', 'ja_JP.SJIS', 'C']

function strangers(job: Job, round: number): (readonly [string, string])[] {
  const locale = LOCALES[round % LOCALES.length] as string
  const all: (readonly [string, string])[] = [
    ['HOSTNAME', `stranger${round}.example`],
    ['USER', `user${round}`],
    ['LOGNAME', `user${round}`],
    ['HOME', `/home/user${round}`],
    ['LANG', locale],
    ['LC_ALL', locale],
    ['TZ', round % 2 === 0 ? 'Pacific/Kiritimati' : 'America/St_Johns'],
    ['TERM', 'dumb'],
  ]
  const given = new Set(job.env.map(([name]) => name))
  return all.filter(([name]) => !given.has(name))
}

function rotated<T>(list: readonly T[], round: number): readonly T[] {
  const by = list.length < 2 ? 0 : 1 + (round % (list.length - 1))
  return [...list.slice(by), ...list.slice(0, by)]
}

/**
 * The job with all its files, but for those of its tool, in other places, and their paths in what it is told too. The
 * directories in the root get a prefix, so there are as many as before, made in the same order, with the same inodes;
 * what lies in the root itself goes into one more, since a file's own name is no matter of where it is built.
 */
function moved(job: Job, prefix: string): Varied {
  const fixed = job.trees.map(({ at }) => at).filter((at) => at !== '/')
  const isFixed = (path: string): boolean => fixed.some((at) => path === at || path.startsWith(`${at}/`))
  const written = [...job.outputs, job.stdout, job.stderr].filter((path) => path !== null)
  const paths = [...job.files.map(({ path }) => path), ...written].filter((path) => !isFixed(path))
  /** By the first name of each path, what becomes of it. */
  const roots = new Map<string, string>()
  for (const path of paths) {
    const root = /^\/[^/]+/.exec(path)?.[0] ?? path
    roots.set(root, root === path ? `${prefix}/${root.slice(1)}` : prefix + root.slice(1))
  }
  const longestFirst = [...roots].sort(([a], [b]) => b.length - a.length)
  const movePath = (path: string): string => {
    const found = longestFirst.find(([root]) => isIn(root, path))
    return found === undefined ? path : found[1] + path.slice(found[0].length)
  }
  const moveText = (text: string): string => {
    let result = text
    for (const [root, to] of longestFirst) result = result.replaceAll(pathIn(root), (_, before: string) => before + to)
    return result
  }
  const { stdin } = job
  return {
    job: {
      ...job,
      files: job.files.map((item): Placed => ({ ...item, path: movePath(item.path) })),
      args: job.args.map(moveText),
      env: job.env.map(([name, value]) => [name, moveText(value)]),
      cwd: movePath(job.cwd),
      stdin: 'file' in stdin ? { file: movePath(stdin.file) } : { text: moveText(stdin.text) },
      outputs: job.outputs.map(movePath),
      stdout: job.stdout === null ? null : movePath(job.stdout),
      stderr: job.stderr === null ? null : movePath(job.stderr),
    },
    hostility: {},
    restore: (text) => text.replaceAll(`${prefix}/`, '/').replaceAll(prefix, '/'),
  }
}

function isIn(root: string, path: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

/** Where a path begins with `root`: after nothing, after what is no part of a name, or after an option's letter. */
function pathIn(root: string): RegExp {
  const quoted = root.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return new RegExp(`(^(?:-[A-Za-z])?|[^A-Za-z0-9_./-])${quoted}(?![A-Za-z0-9_.-])`, 'g')
}
