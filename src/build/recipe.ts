/**
 * What a build is: a value, written in `vivarium.build.ts` (or `.js`, or `.json` by `build.schema.json`).
 *
 *     import { clang, defineBuild } from 'vivarium/build'
 *
 *     export default defineBuild({
 *       sources: { '/src': 'src' },                                       // the folder beside the recipe
 *       steps: [clang({ sources: ['/src/*.c'], output: '/app.wasm' })],
 *       outputs: ['/app.wasm'],
 *     })
 *
 * Each step runs in a machine of its own, which holds the trees of its tool and the files that the step reads, and
 * nothing else: what a step can know is what the recipe says, so the same recipe and inputs give the same bytes. Paths
 * that begin with "/" are of the machine, all others are of the host and start from the recipe's folder.
 */

import type { Epoch } from '../../vfs/instant.ts'
import type { Limits } from '../options.ts'

/** A whole build. */
export interface Recipe {
  /** Programs by the names that steps call them. The tools of `clang()` and its like need no entry. */
  readonly tools?: { readonly [name: string]: Tool }
  /** What there is to read, by where it is put in the machine. Steps see of it what they read. */
  readonly sources?: { readonly [path: string]: Source }
  /** In any order: who reads what another writes comes after it. */
  readonly steps: readonly (Step | Rule)[]
  /**
   * What is written to the output folder: paths of the machine, each under its last name, or names with the path behind
   * each. A path with a slash at its end is a directory with all in it.
   */
  readonly outputs: readonly string[] | { readonly [name: string]: string }
  /** Where the clocks of all steps start. Default: `SOURCE_DATE_EPOCH` of the environment, else 2000-01-01T00:00:00Z. */
  readonly epoch?: Epoch
  /** Seeds all randomness. Default `''`. */
  readonly seed?: string | number
  /** The environment of every step, which also has `SOURCE_DATE_EPOCH`, the epoch in seconds. */
  readonly env?: { readonly [name: string]: string }
  /** Bounds on every step. */
  readonly limits?: StepLimits
}

/**
 * A file of the host: its path, or that and what it has to be. `npm:PACKAGE/PATH` is a file of a package, found from
 * the recipe's folder as Node finds packages.
 */
export type HostFile =
  | string
  | {
      readonly path: string
      /** 64 hexadecimal digits. A file that has another digest is an error, which shows both. */
      readonly sha256?: string
    }

/** A program and what it expects to find. */
export interface Tool {
  readonly module: HostFile
  /** By where each is put in the machine; every step of the tool sees all of them. */
  readonly trees?: { readonly [path: string]: Source }
}

/** Files: a path of the host (a folder, an archive, a snapshot or a file: it is looked at) or one of these. */
export type Source = string | ((FromFolder | FromArchive | FromFile | FromText | FromYowasp) & Filter)

/**
 * A folder, without a `.git` in it. Links are kept as links and never followed. `sha256` is what `vivarium snapshot digest`
 * prints of what is taken.
 */
export interface FromFolder {
  readonly folder: string
  readonly sha256?: string
}

/** An archive or a snapshot file; `sha256` is that of the file. */
export interface FromArchive {
  readonly archive: string
  readonly sha256?: string
}

/** One file, which is then at the path itself. */
export interface FromFile {
  readonly file: string
  readonly sha256?: string
}

/** Texts, by their paths below. */
export interface FromText {
  readonly files: { readonly [path: string]: string }
}

/** The files that an npm package of YoWASP brings as a script. */
export interface FromYowasp {
  readonly yowasp: string
}

/** Which of the files are taken. Patterns are relative: `*` is any text without a slash, `**` any, `{a,b}` either. */
export interface Filter {
  /** Default all. */
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}

/** One run of a program, from files to files. */
export interface Step {
  /** What it is called in messages and in the lock file; unique. */
  readonly name: string
  /** A name of `tools`, or the absolute path of a module that is a source or that another step writes. */
  readonly run: string
  /** `argv`, the program's name first; or a command line that another step wrote down. */
  readonly args: readonly string[] | CommandLine
  readonly env?: { readonly [name: string]: string }
  /**
   * Where relative paths start. Preview 1 has no such thing, so it is made of what guests go by: `PWD`, and `/` opens
   * this directory while every directory of the root is there under its own name. Default `/`.
   */
  readonly cwd?: string
  /** Text, or a file that the step reads. Default empty. */
  readonly stdin?: string | { readonly file: string }
  /**
   * What the step sees besides its tool: paths and patterns, of sources and of what other steps write. What is not
   * named is not there, so that a step is done again only where something that it can see has changed. Default: all sources.
   */
  readonly inputs?: readonly string[]
  /** Texts that only this step sees. */
  readonly files?: { readonly [path: string]: string }
  /** The files that it must write; with a slash at its end a directory, taken with all in it. Folders for them are made. */
  readonly outputs?: readonly string[]
  /** Outputs that are what the program writes to its stdout and stderr. */
  readonly stdout?: string
  readonly stderr?: string
  readonly limits?: StepLimits
}

/** The arguments that a driver printed as it would call a program, as `clang -###` does, in a file that a step wrote. */
export interface CommandLine {
  readonly printedIn: string
  /** The program whose call is meant: its line is the one that begins with this name, in quotes. */
  readonly program: string
}

/** Each ends the step, which is then an error. */
export interface StepLimits extends Partial<Pick<Limits, 'calls' | 'output'>> {
  /** Instructions. */
  readonly fuel?: number
}

/** Steps that need no writing out. */
export type Rule = ClangRule | EsbuildRule | PandocRule | YosysRule

/** C and C++ to one WebAssembly program: a step for each source, and one that links. */
export interface ClangRule {
  readonly use: 'clang'
  /** Patterns of files ending in .c, .cc, .cpp or .cxx. */
  readonly sources: readonly string[]
  /** The program. */
  readonly output: string
  /** Patterns of what sources may include. Default: all sources that end in .h, .hh, .hpp, .hxx, .inc, .inl or .def. */
  readonly headers?: readonly string[]
  /** For the compiler; C++ is compiled without exceptions, for which the package has no library. Default `-O2`. */
  readonly cflags?: readonly string[]
  /** For the driver when it links, such as `-lm` or `-Wl,--gc-sections`. */
  readonly ldflags?: readonly string[]
  /** Default the npm package `@yowasp/clang`. */
  readonly tool?: string
}

/** TypeScript and JavaScript to bundles. */
export interface EsbuildRule {
  readonly use: 'esbuild'
  readonly entries: readonly string[]
  /** A directory, with a slash at its end. */
  readonly output: string
  readonly inputs?: readonly string[]
  /** Such as `--minify`; `--bundle` is given. */
  readonly flags?: readonly string[]
  readonly cwd?: string
  /** Default the npm package `@esbuild/wasi-preview1`. */
  readonly tool?: string
}

/** One document for each source, such as Markdown to HTML. */
export interface PandocRule {
  readonly use: 'pandoc'
  readonly sources: readonly string[]
  /** A directory, with a slash at its end. */
  readonly output: string
  /** Such as `html`, which is also the ending of the files. */
  readonly to: string
  readonly flags?: readonly string[]
  /** What else a step may read: templates, images. */
  readonly inputs?: readonly string[]
  /** Default the npm package `pandoc-wasm`. */
  readonly tool?: string
}

/** A Verilog design through a script. */
export interface YosysRule {
  readonly use: 'yosys'
  readonly sources: readonly string[]
  /** Commands, after the sources have been read. */
  readonly script: string
  /** What the script writes. */
  readonly outputs: readonly string[]
  /** Default the npm package `@yowasp/yosys`. */
  readonly tool?: string
}

/** The recipe itself; it is there so that the editor knows what is being written. */
export function defineBuild(recipe: Recipe): Recipe {
  return recipe
}

export function clang(options: Omit<ClangRule, 'use'>): ClangRule {
  return { use: 'clang', ...options }
}

export function esbuild(options: Omit<EsbuildRule, 'use'>): EsbuildRule {
  return { use: 'esbuild', ...options }
}

export function pandoc(options: Omit<PandocRule, 'use'>): PandocRule {
  return { use: 'pandoc', ...options }
}

export function yosys(options: Omit<YosysRule, 'use'>): YosysRule {
  return { use: 'yosys', ...options }
}
