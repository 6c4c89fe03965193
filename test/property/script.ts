/** A program of operations as a script that runs on `node:fs`: how a failure is shown. */

import type { Operation } from './operations.ts'

/** A module's text. It prints what each operation gives; its root is a new folder of the host. */
export function scriptOf(program: readonly Operation[]): string {
  return [
    "import * as fs from 'node:fs' // or: import { Machine } from 'vivarium'; const { fs } = new Machine({ image: 'empty' })",
    "const root = fs.mkdtempSync('/tmp/program-') // or: ''",
    'const open = []',
    'const buffer = (length) => new Uint8Array(length)',
    'const run = (call) => { try { console.log(call()) } catch (error) { console.log(error.code, error.syscall) } }',
    ...program.map((operation) => `run(() => ${expressionOf(operation)})`),
  ].join('\n')
}

function expressionOf(operation: Operation): string {
  switch (operation.call) {
    case 'open':
      return `open.push(fs.openSync(${pathOf(operation.path)}, ${JSON.stringify(operation.flags)}))`
    case 'close':
      return `fs.closeSync(open.splice(${slotOf(operation.slot)}, 1)[0])`
    case 'read':
      return `fs.readSync(${fdOf(operation.slot)}, buffer(${operation.length}), 0, ${operation.length}, ${operation.position})`
    case 'write':
      return `fs.writeSync(${fdOf(operation.slot)}, ${dataOf(operation)}, ${operation.position})`
    case 'ftruncate':
      return `fs.ftruncateSync(${fdOf(operation.slot)}, ${operation.size})`
    case 'fstat':
      return `fs.fstatSync(${fdOf(operation.slot)})`
    case 'futimes':
      return `fs.futimesSync(${fdOf(operation.slot)}, ${operation.atime}, ${operation.mtime})`
    case 'writeFile':
      return `fs.writeFileSync(${pathOf(operation.path)}, ${dataOf(operation)}, { flag: '${operation.flag}' })`
    case 'truncate':
      return `fs.truncateSync(${pathOf(operation.path)}, ${operation.size})`
    case 'mkdir':
      return `fs.mkdirSync(${pathOf(operation.path)}, { recursive: ${operation.recursive} })`
    case 'realpath':
      return `fs.realpathSync.native(${pathOf(operation.path)})`
    case 'symlink': {
      const { target } = operation
      return `fs.symlinkSync(${target.startsWith('/') ? pathOf(target) : JSON.stringify(target)}, ${pathOf(operation.path)})`
    }
    case 'link':
    case 'rename':
    case 'copyFile':
      return `fs.${operation.call}Sync(${pathOf(operation.path)}, ${pathOf(operation.to)})`
    case 'utimes':
    case 'lutimes':
      return `fs.${operation.call}Sync(${pathOf(operation.path)}, ${operation.atime}, ${operation.mtime})`
    case 'rm':
      return `fs.rmSync(${pathOf(operation.path)}, { recursive: ${operation.recursive}, force: ${operation.force} })`
    case 'cp': {
      const { force, errorOnExist } = operation
      const options = `{ recursive: true, verbatimSymlinks: true, force: ${force}, errorOnExist: ${errorOnExist} }`
      return `fs.cpSync(${pathOf(operation.path)}, ${pathOf(operation.to)}, ${options})`
    }
    default:
      return `fs.${operation.call}Sync(${pathOf(operation.path)})`
  }
}

function pathOf(path: string): string {
  return `root + ${JSON.stringify(path)}`
}

function dataOf({ data, times }: { readonly data: string; readonly times: number }): string {
  return `'${data}'.repeat(${times})`
}

function slotOf(slot: number): string {
  return `${slot} % open.length`
}

function fdOf(slot: number): string {
  return `open[${slotOf(slot)}]`
}
