/**
 * Names inside the machine are byte strings: JavaScript strings with one character, 0 to 255, per byte.
 * They are what a guest wrote, byte for byte; `<` orders them bytewise; `length` counts bytes; ASCII text is its own
 * byte string, so the common case converts by doing nothing. Text turns into bytes, and back, only at the edges.
 * The codec is ours since TextEncoder and TextDecoder are the host's, not ECMAScript's.
 */

declare const brand: unique symbol
/** A string of bytes: every character is 0 to 255. */
export type ByteString = string & { readonly [brand]: true }

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is exactly this range
const ASCII = /^[\x00-\x7f]*$/

/** The UTF-8 bytes of `text`; a lone surrogate becomes U+FFFD, as in every encoder of the web. */
export function byteString(text: string): ByteString {
  if (ASCII.test(text)) return text as ByteString
  let out = ''
  for (const char of text) {
    let code = char.codePointAt(0) ?? 0
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) out += char
    else if (code < 0x800) out += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000)
      out += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else {
      const [a, b, c, d] = [code >> 18, (code >> 12) & 63, (code >> 6) & 63, code & 63]
      out += String.fromCharCode(0xf0 | a, 0x80 | b, 0x80 | c, 0x80 | d)
    }
  }
  return out as ByteString
}

/** `bytes` read as UTF-8; ill-formed parts become U+FFFD. */
export function textOf(bytes: ByteString): string {
  return ASCII.test(bytes) ? bytes : decodeUtf8(encodeLatin1(bytes))
}

/** Whether `bytes` is well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF. */
export function isUtf8(bytes: ByteString): boolean {
  if (ASCII.test(bytes)) return true
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceSize(
      bytes.charCodeAt(i),
      bytes.charCodeAt(i + 1),
      bytes.charCodeAt(i + 2),
      bytes.charCodeAt(i + 3),
    )
    if (size <= 0) return false
    i += size
  }
  return true
}

/** The characters of `bytes` as the numbers that they are. */
export function encodeLatin1(bytes: ByteString): Uint8Array {
  const out = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i)
  return out
}

/** The bytes of `array` as a byte string. */
export function decodeLatin1(array: Uint8Array): ByteString {
  let out = ''
  // With `apply` an engine takes the array as it is, seven times as fast as through the iterator of a spread.
  for (let i = 0; i < array.length; i += 8192) {
    out += String.fromCharCode.apply(null, array.subarray(i, i + 8192) as unknown as number[])
  }
  return out as ByteString
}

/** UTF-8 of `text`, as `TextEncoder` gives it. */
export function encodeUtf8(text: string): Uint8Array {
  return encodeLatin1(byteString(text))
}

/** Content that is given as text or as bytes, as bytes. */
export function contentBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? encodeUtf8(content) : content
}

/** Text of UTF-8 bytes, as `TextDecoder` gives it but with a byte order mark kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  let out = ''
  let units: number[] = []
  for (let i = 0; i < bytes.length; ) {
    const a = bytes[i] as number
    if (a < 0x80) {
      units.push(a)
      i++
    } else {
      const size = sequenceSize(a, bytes[i + 1], bytes[i + 2], bytes[i + 3])
      if (size <= 0) {
        units.push(0xfffd)
        i += size === 0 ? 1 : -size
      } else {
        let code = a & (0xff >> (size + 1))
        for (let k = 1; k < size; k++) code = (code << 6) | ((bytes[i + k] as number) & 63)
        if (code >= 0x10000) units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 1023))
        else units.push(code)
        i += size
      }
    }
    if (units.length >= 8192) {
      out += String.fromCharCode(...units)
      units = []
    }
  }
  return out + String.fromCharCode(...units)
}

/**
 * Bytes in the sequence that starts with `a`: 1 to 4; or, where it is ill-formed, minus the length of the part
 * that one U+FFFD stands for (0 counts as 1). Missing bytes are `undefined` or NaN. Unicode 15, table 3-7.
 */
function sequenceSize(a: number, b: number | undefined, c: number | undefined, d: number | undefined): number {
  if (a < 0x80) return 1
  if (a < 0xc2 || a > 0xf4) return 0
  if (a < 0xe0) return within(b, 0x80, 0xbf) ? 2 : 0
  const low = a === 0xe0 ? 0xa0 : a === 0xf0 ? 0x90 : 0x80
  const high = a === 0xed ? 0x9f : a === 0xf4 ? 0x8f : 0xbf
  if (!within(b, low, high)) return 0
  if (!within(c, 0x80, 0xbf)) return -2
  if (a < 0xf0) return 3
  return within(d, 0x80, 0xbf) ? 4 : -3
}

function within(byte: number | undefined, low: number, high: number): boolean {
  return byte !== undefined && byte >= low && byte <= high
}
