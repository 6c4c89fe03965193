/** What is wrong with a file that should be a WebAssembly module, in words that say what to do. */

import { SECTION_NAMES } from '../abi/wasm_bytes.ts'

/** Longest first where one begins another. */
const MAGICS: readonly { readonly bytes: readonly number[]; readonly says: string }[] = [
  { bytes: [0x1f, 0x8b], says: 'it is compressed with gzip: run gunzip on it first' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], says: 'it is compressed with zstd: run unzstd on it first' },
  { bytes: [0x42, 0x5a, 0x68], says: 'it is compressed with bzip2: run bunzip2 on it first' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], says: 'it is compressed with xz: run unxz on it first' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], says: 'it is a zip archive: take the module out of it first' },
  {
    bytes: [0x7f, 0x45, 0x4c, 0x46],
    says: 'it is a native program or library (ELF): compile for the target wasm32-wasip1',
  },
  {
    bytes: [0xcf, 0xfa, 0xed, 0xfe],
    says: 'it is a native program or library (Mach-O): compile for the target wasm32-wasip1',
  },
  {
    bytes: [0xca, 0xfe, 0xba, 0xbe],
    says: 'it is a native universal binary or a Java class: compile for the target wasm32-wasip1',
  },
  { bytes: [0x4d, 0x5a], says: 'it is a Windows program or library: compile for the target wasm32-wasip1' },
  { bytes: [0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], says: 'it is a library archive: link it into a program first' },
  { bytes: [0x42, 0x43, 0xc0, 0xde], says: 'it is LLVM bitcode: compile it for the target wasm32-wasip1' },
]

const MAGIC = [0x00, 0x61, 0x73, 0x6d]
const HEADER_SIZE = 8
/** Bytes of text that are enough to tell what kind it is. */
const SAMPLE_SIZE = 4096

/**
 * The problem as the second half of a sentence about the file, or `undefined` where the layout is a module's: a header
 * and whole sections. What is in the sections is the engine's to check.
 */
export function moduleProblem(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'it is empty: build it again, or name another file'
  if (!MAGIC.slice(0, bytes.length).every((byte, index) => bytes[index] === byte)) {
    return `it is not a WebAssembly file: ${whatItIs(bytes)}`
  }
  if (bytes.length < HEADER_SIZE) return 'it is cut off in the header of a WebAssembly file: build or download it again'
  const version = (bytes[4] as number) | ((bytes[5] as number) << 8)
  const layer = (bytes[6] as number) | ((bytes[7] as number) << 8)
  if (layer === 1) {
    return 'it is a WebAssembly component, and components are not yet taken: build a module for wasm32-wasip1 (WASI preview 1) instead'
  }
  if (layer !== 0 || version !== 1)
    return `it has version ${version} of the WebAssembly format, and only version 1 is taken`
  return sectionProblem(bytes)
}

/** Walks the sections by their sizes; a file that was cut off ends within one. */
function sectionProblem(bytes: Uint8Array): string | undefined {
  let at = HEADER_SIZE
  while (at < bytes.length) {
    const id = bytes[at++] as number
    let size = 0
    let shift = 0
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) return cutOff(id, undefined)
      size += (byte & 0x7f) * 2 ** shift
      shift += 7
      if (byte < 0x80 || shift >= 35) break
    }
    if (at + size > bytes.length) return cutOff(id, at + size - bytes.length)
    at += size
  }
  return undefined
}

function cutOff(id: number, missing: number | undefined): string {
  const bytes = missing === undefined ? 'bytes' : missing === 1 ? 'at least 1 byte' : `at least ${missing} bytes`
  return `it is cut off in its ${SECTION_NAMES[id] ?? `unknown (${id})`} section, ${bytes} short: build or download it again`
}

function whatItIs(bytes: Uint8Array): string {
  const known = MAGICS.find((magic) => magic.bytes.every((byte, index) => bytes[index] === byte))
  if (known !== undefined) return known.says
  const text = sampleText(bytes)
  if (text === undefined) return 'it is binary data of another kind: name the .wasm file'
  if (text.startsWith('version https://git-lfs'))
    return 'it is a pointer of Git LFS: fetch the file itself with "git lfs pull"'
  // Comments and blanks may come before anything else, in WAT as in JavaScript.
  const start = text.replace(/^(\s|;;.*|\(;[\s\S]*?;\)|\/\/.*|\/\*[\s\S]*?\*\/)*/, '')
  if (/^\((module|component|func|memory|import|export|type|table|global|data|start)\b/.test(start)) {
    return 'it is WebAssembly text (WAT): turn it into a .wasm file with wat2wasm or "wasm-tools parse" first'
  }
  if (start.startsWith('#!')) return 'it is a script: name the .wasm file that it starts'
  if (/^<(!doctype|html|\?xml)/i.test(start)) return 'it is a web page, perhaps of a failed download: download it again'
  if (
    /^(['"]use strict|import\b|export\b|const\b|let\b|var\b|function\b|async\b|class\b|(module\.)?exports\b|require\()/.test(
      start,
    )
  ) {
    return 'it looks like JavaScript: name the .wasm file that belongs to it'
  }
  return 'it is text: name the .wasm file'
}

/** The start of the file as text, or `undefined` where it is none. */
function sampleText(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, SAMPLE_SIZE)
  if (sample.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return undefined
  try {
    // A character that the sample's end cuts is no fault.
    return new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
  } catch {
    return undefined
  }
}
