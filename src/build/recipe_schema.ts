/**
 * The shape of a recipe as a JSON Schema: what editors check `vivarium.build.json` by, and what recipes are checked by
 * here. It is published as `vivarium/build.schema.json`.
 */

/** The part of JSON Schema that is used. */
export interface Schema {
  readonly $schema?: string
  readonly $id?: string
  readonly $ref?: string
  readonly $defs?: { readonly [name: string]: Schema }
  /** What it has to be, in words: messages end with it. */
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  readonly const?: string
  readonly properties?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | false
  readonly propertyNames?: Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly minimum?: number
  readonly pattern?: string
  readonly anyOf?: readonly Schema[]
}

const text = (description: string): Schema => ({ type: 'string', description })
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` })
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description })
const record = (properties: Schema['properties'], required: readonly string[], description: string): Schema => ({
  type: 'object',
  properties: properties ?? {},
  required,
  additionalProperties: false,
  description,
})
const map = (values: Schema, description: string, names?: Schema): Schema => ({
  type: 'object',
  additionalProperties: values,
  ...(names === undefined ? {} : { propertyNames: names }),
  description,
})

const patterns = list(ref('pattern'), 'a list of absolute paths or patterns of the machine')
const filter = {
  include: list(text('a pattern'), 'a list of patterns'),
  exclude: list(text('a pattern'), 'a list of patterns'),
}
const files = map(text('text'), 'an object that maps paths to texts')
const sources = map(ref('source'), 'an object that maps absolute paths of the machine to sources', ref('path'))
const flags = list(text('a flag'), 'a list of flags')
const tool = text('a name of tools')
const env = map(text('text'), 'an object that maps names to texts')

export const RECIPE_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:vivarium:build.schema.json',
  ...record(
    {
      $schema: text('where this schema is'),
      tools: map(ref('tool'), 'an object that maps names to tools'),
      sources,
      steps: list(ref('step'), 'a list of steps'),
      outputs: {
        anyOf: [patterns, map(ref('path'), 'an object that maps names to paths')],
        description: 'a list of paths of the machine, or an object that maps names to such paths',
      },
      epoch: { anyOf: [text('a time'), { type: 'number' }], description: 'a time such as "2026-01-01T00:00:00Z"' },
      seed: { anyOf: [text('text'), { type: 'number' }], description: 'text or a number' },
      env,
      limits: ref('limits'),
    },
    ['steps', 'outputs'],
    'an object with steps and outputs',
  ),
  $defs: {
    path: { type: 'string', pattern: '^/', description: 'an absolute path of the machine, such as "/src"' },
    folder: {
      type: 'string',
      pattern: '^/(.*/)?$',
      description: 'a directory of the machine with a slash at its end, such as "/out/"',
    },
    pattern: { type: 'string', pattern: '^/', description: 'an absolute path or pattern, such as "/src/**/*.c"' },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$', description: '64 lower-case hexadecimal digits' },
    hostFile: {
      anyOf: [
        text('a path of this host'),
        record({ path: text('a path of this host'), sha256: ref('sha256') }, ['path'], 'an object'),
      ],
      description: 'a path of this host, or an object with path and sha256',
    },
    tool: record({ module: ref('hostFile'), trees: sources }, ['module'], 'an object with a module and its trees'),
    source: {
      anyOf: [
        text('a path of this host'),
        record({ folder: text('a path'), sha256: ref('sha256'), ...filter }, ['folder'], 'an object with a folder'),
        record({ archive: text('a path'), sha256: ref('sha256'), ...filter }, ['archive'], 'an object with an archive'),
        record({ file: text('a path'), sha256: ref('sha256'), ...filter }, ['file'], 'an object with a file'),
        record({ files, ...filter }, ['files'], 'an object with files'),
        record({ yowasp: text('a path'), ...filter }, ['yowasp'], 'an object with yowasp'),
      ],
      description: 'a path of this host, or an object with one of folder, archive, file, files, yowasp',
    },
    limits: record(
      {
        calls: { type: 'integer', minimum: 1, description: 'a number of calls from 1 up' },
        output: { type: 'integer', minimum: 0, description: 'a number of bytes from 0 up' },
        fuel: { type: 'integer', minimum: 0, description: 'a number of instructions from 0 up' },
      },
      [],
      'an object with some of calls, output, fuel',
    ),
    step: {
      anyOf: [ref('run'), ref('clang'), ref('esbuild'), ref('pandoc'), ref('yosys')],
      description: 'a step with name, run and args, or an object whose "use" is clang, esbuild, pandoc or yosys',
    },
    run: record(
      {
        name: text('the name of the step'),
        run: text('a name of tools, or the absolute path of a module'),
        args: {
          anyOf: [
            list(text('an argument'), "the arguments, the program's name first"),
            record(
              { printedIn: ref('path'), program: text('the name of a program') },
              ['printedIn', 'program'],
              'an object with printedIn and program',
            ),
          ],
          description: "a list of texts, the program's name first, or an object with printedIn and program",
        },
        env,
        cwd: ref('path'),
        stdin: {
          anyOf: [text('text'), record({ file: ref('path') }, ['file'], 'an object with a file')],
          description: 'text, or an object with a file of the machine',
        },
        inputs: patterns,
        files: map(text('text'), 'an object that maps absolute paths to texts', ref('path')),
        outputs: list(ref('path'), 'a list of absolute paths'),
        stdout: ref('path'),
        stderr: ref('path'),
        limits: ref('limits'),
      },
      ['name', 'run', 'args'],
      'a step with name, run and args',
    ),
    clang: record(
      {
        use: { const: 'clang' },
        sources: patterns,
        output: ref('path'),
        headers: patterns,
        cflags: flags,
        ldflags: flags,
        tool,
      },
      ['use', 'sources', 'output'],
      'an object with sources and output',
    ),
    esbuild: record(
      {
        use: { const: 'esbuild' },
        entries: patterns,
        output: ref('folder'),
        inputs: patterns,
        flags,
        cwd: ref('path'),
        tool,
      },
      ['use', 'entries', 'output'],
      'an object with entries and output',
    ),
    pandoc: record(
      {
        use: { const: 'pandoc' },
        sources: patterns,
        output: ref('folder'),
        to: text('a format'),
        flags,
        inputs: patterns,
        tool,
      },
      ['use', 'sources', 'output', 'to'],
      'an object with sources, output and to',
    ),
    yosys: record(
      { use: { const: 'yosys' }, sources: patterns, script: text('commands'), outputs: patterns, tool },
      ['use', 'sources', 'script', 'outputs'],
      'an object with sources, script and outputs',
    ),
  },
}
