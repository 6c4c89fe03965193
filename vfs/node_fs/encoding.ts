/** Text encodings of `node:fs` options, without the host's codecs. */

import { type ByteString, decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8 } from '../bytes.ts'
import { wrongType, wrongValue } from './errors.ts'

/** Encodings of text; upper case and the other spellings of node (`utf-8`, `binary`, `ucs2`) mean the same. */
export type TextEncoding =
  | 'utf8'
  | 'utf-8'
  | 'latin1'
  | 'binary'
  | 'ascii'
  | 'hex'
  | 'base64'
  | 'base64url'
  | 'utf16le'
  | 'utf-16le'
  | 'ucs2'
  | 'ucs-2'

type Canonical = 'utf8' | 'latin1' | 'ascii' | 'hex' | 'base64' | 'base64url' | 'utf16le'

const CANONICAL: { readonly [name: string]: Canonical } = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  latin1: 'latin1',
  binary: 'latin1',
  ascii: 'ascii',
  hex: 'hex',
  base64: 'base64',
  base64url: 'base64url',
  utf16le: 'utf16le',
  'utf-16le': 'utf16le',
  ucs2: 'utf16le',
  'ucs-2': 'utf16le',
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_DIGITS: string = `${DIGITS.slice(0, 62)}-_`

/** The encoding that an option names; `undefined` for none and for `'buffer'`. @throws NodeError for an unknown one. */
export function encodingOf(value: unknown): Canonical | undefined {
  if (value === undefined || value === null || value === 'buffer') return undefined
  if (typeof value !== 'string') throw wrongType('encoding', 'of type string', value)
  const name = value.toLowerCase()
  if (!Object.hasOwn(CANONICAL, name)) throw wrongValue('encoding', 'is invalid encoding', value)
  return CANONICAL[name]
}

/** The bytes of `text`. */
export function encodeText(text: string, encoding: Canonical): Uint8Array {
  switch (encoding) {
    case 'utf8':
      return encodeUtf8(text)
    case 'latin1':
    case 'ascii':
      return encodeLatin1(text as ByteString)
    case 'utf16le': {
      const bytes = new Uint8Array(text.length * 2)
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        bytes[2 * i] = unit & 255
        bytes[2 * i + 1] = unit >> 8
      }
      return bytes
    }
    case 'hex':
      return encodeHex(text)
    case 'base64':
    case 'base64url':
      return encodeBase64(text)
  }
}

/** The text of `bytes`. */
export function decodeText(bytes: Uint8Array, encoding: Canonical): string {
  switch (encoding) {
    case 'utf8':
      return decodeUtf8(bytes)
    case 'latin1':
      return decodeLatin1(bytes)
    case 'ascii':
      return decodeLatin1(bytes.map((byte) => byte & 127))
    case 'utf16le': {
      let text = ''
      for (let i = 0; i + 1 < bytes.length; i += 2)
        text += String.fromCharCode((bytes[i] as number) | ((bytes[i + 1] as number) << 8))
      return text
    }
    case 'hex': {
      let text = ''
      for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
      return text
    }
    case 'base64':
      return decodeBase64(bytes, DIGITS, '=')
    case 'base64url':
      return decodeBase64(bytes, URL_DIGITS, '')
  }
}

/** As node: pairs of digits up to the first that is none. */
function encodeHex(text: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i + 1 < text.length; i += 2) {
    const pair = text.slice(i, i + 2)
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) break
    bytes.push(Number.parseInt(pair, 16))
  }
  return Uint8Array.from(bytes)
}

/** As node: both alphabets are taken, what is in neither is skipped, and `=` ends the text. */
function encodeBase64(text: string): Uint8Array {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (const char of text) {
    if (char === '=') break
    const digit = Math.max(DIGITS.indexOf(char), URL_DIGITS.indexOf(char))
    if (digit < 0) continue
    bits = ((bits << 6) | digit) & 0xffff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes.push((bits >> count) & 255)
    }
  }
  return Uint8Array.from(bytes)
}

function decodeBase64(bytes: Uint8Array, digits: string, padding: string): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const have = Math.min(3, bytes.length - i)
    for (let k = 0; k < 4; k++) text += k <= have ? digits.charAt((group >> (18 - 6 * k)) & 63) : padding
  }
  return text
}

/** A name or a link's text as the `encoding` option asks for it: text (UTF-8 by default), or bytes for `'buffer'`. */
export function encodeName(name: ByteString, encoding: unknown): string | Uint8Array {
  if (encoding === 'buffer') return encodeLatin1(name)
  return decodeText(encodeLatin1(name), encodingOf(encoding) ?? 'utf8')
}
