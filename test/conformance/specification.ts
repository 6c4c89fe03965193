/**
 * Reads the JSON files that stand beside the tests: both forms that the suite's `doc/specification.md` has,
 * brought to one. What this runner cannot check is refused: an expectation left out would be a test that cannot fail.
 */

/** How to start one test and what it must do. */
export interface Specification {
  /** Arguments after the program's name. */
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string }
  /** The directories that the guest starts with; `host` is relative to the JSON file. None: no descriptor above stderr. */
  readonly preopens: readonly {
    readonly host: string
    readonly guest: string
  }[]
  /** What is written to the guest's stdin, which then ends. */
  readonly stdin: string
  readonly exitCode: number
  /** What the whole stream must be, or undefined where anything may be written. */
  readonly stdout: string | undefined
  readonly stderr: string | undefined
}

type Json = { readonly [key: string]: unknown }

const plainKeys = ['args', 'root', 'dirs', 'env', 'exit_code', 'stdin', 'stdout', 'stderr']

/** The keys of each step that a specification by operations may have here. */
const operationKeys: { readonly [type: string]: readonly string[] } = {
  run: ['type', 'args', 'env', 'root'],
  write: ['type', 'id', 'payload'],
  read: ['type', 'id', 'payload'],
  wait: ['type', 'exit_code'],
}

/** Reads the text of a JSON file; a string is the message of why it cannot be used. */
export function readSpecification(text: string): Specification | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return `not JSON: ${(error as Error).message}`
  }
  if (!isObject(json)) return 'not a JSON object'
  try {
    return 'operations' in json || 'proposals' in json ? fromOperations(json) : fromPlain(json)
  } catch (error) {
    if (error instanceof Unusable) return error.message
    throw error
  }
}

/** Thrown and caught in this file only: the text is not a specification that can be run here. */
class Unusable extends Error {}

function fromPlain(json: Json): Specification {
  refuseOthers(json, plainKeys, '')
  const root = 'root' in json && json.root !== null ? [{ host: text(json, 'root', ''), guest: '/' }] : []
  // Checkouts before 2025 name directories instead, each given to the guest under the name that it has.
  const dirs = texts(json, 'dirs').map((name) => ({ host: name, guest: name }))
  return {
    args: texts(json, 'args'),
    env: variables(json),
    preopens: [...root, ...dirs],
    stdin: text(json, 'stdin', ''),
    exitCode: integer(json, 'exit_code', 0),
    stdout: 'stdout' in json ? text(json, 'stdout', '') : undefined,
    stderr: 'stderr' in json ? text(json, 'stderr', '') : undefined,
  }
}

function fromOperations(json: Json): Specification {
  refuseOthers(json, ['operations', 'proposals'], '')
  if (texts(json, 'proposals').length > 0) throw new Unusable('proposals are not part of preview1')
  const operations = json.operations ?? [{ type: 'run' }, { type: 'wait' }]
  if (!Array.isArray(operations)) throw new Unusable("'operations' must be a list")
  let run: Json | undefined
  let wait: Json | undefined
  const streams: { [id: string]: string | undefined } = {}
  for (const operation of operations) {
    if (!isObject(operation)) throw new Unusable('an operation must be an object')
    const type = text(operation, 'type', '')
    const keys = operationKeys[type]
    if (keys === undefined) throw new Unusable(`operation '${type}' is not supported by this runner`)
    refuseOthers(operation, keys, ` in operation '${type}'`)
    if (type === 'run' ? run !== undefined : run === undefined || wait !== undefined) {
      throw new Unusable(`operation '${type}' must come after the one 'run' and before its 'wait'`)
    }
    if (type === 'run') run = operation
    else if (type === 'wait') wait = operation
    else {
      const id = type === 'write' ? 'stdin' : text(operation, 'id', 'stdout')
      if (!['stdin', 'stdout', 'stderr'].includes(id)) throw new Unusable(`there is no stream '${id}'`)
      streams[id] = (streams[id] ?? '') + text(operation, 'payload', '')
    }
  }
  if (run === undefined || wait === undefined) throw new Unusable("'run' and 'wait' must both be given")
  const { type: _run, ...start } = run
  const { type: _wait, ...end } = wait
  const plain = fromPlain({ ...start, ...end })
  return {
    ...plain,
    stdin: streams.stdin ?? '',
    stdout: streams.stdout,
    stderr: streams.stderr,
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuseOthers(json: Json, keys: readonly string[], where: string): void {
  for (const key of Object.keys(json)) {
    if (!keys.includes(key)) throw new Unusable(`field '${key}'${where} is not known to this runner`)
  }
}

function text(json: Json, key: string, otherwise: string): string {
  const value = json[key] ?? otherwise
  if (typeof value !== 'string') throw new Unusable(`'${key}' must be text`)
  return value
}

function texts(json: Json, key: string): readonly string[] {
  const value = json[key] ?? []
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    throw new Unusable(`'${key}' must be a list of texts`)
  }
  return value
}

function integer(json: Json, key: string, otherwise: number): number {
  const value = json[key] ?? otherwise
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new Unusable(`'${key}' must be a whole number`)
  return value
}

function variables(json: Json): { readonly [name: string]: string } {
  const value = json.env ?? {}
  if (!isObject(value) || Object.values(value).some((item) => typeof item !== 'string')) {
    throw new Unusable("'env' must map names to texts")
  }
  return value as { readonly [name: string]: string }
}
