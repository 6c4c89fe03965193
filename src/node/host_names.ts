/** Names that the guest chose, as hosts see them. */

/** Windows keeps these for devices, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: Windows refuses exactly this range
const ILLEGAL = /[\x00-\x1f<>:"|?*\\]/

/** Why a host of `platform` (as in `process.platform`) cannot hold `name`, or `undefined`. POSIX hosts hold every name. */
export function nameProblem(name: string, platform: string): string | undefined {
  if (platform !== 'win32') return undefined
  const illegal = ILLEGAL.exec(name)
  if (illegal !== null) return `it has ${JSON.stringify(illegal[0])} in it`
  if (/[. ]$/.test(name)) return 'it ends with a dot or a space'
  return RESERVED.test(name) ? 'it is the name of a device' : undefined
}

/** Equal for two paths that a host may take for the same: letter case and composed accents make no difference. */
export function fold(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase()
}

/**
 * Whether a link with this text may lead out of the folder that it is `depth` directories below. Exact for every
 * tree of links that pass: `..` may only come first, where it goes from one real directory to the one that holds it;
 * after a name, which may be a link, it could go anywhere.
 */
export function leadsOutside(text: string, depth: number, platform: string): boolean {
  const path = platform === 'win32' ? text.replaceAll('\\', '/') : text
  if (path.startsWith('/') || (platform === 'win32' && path.includes(':'))) return true
  let up = 0
  let named = false
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') named = true
    else if (named || ++up > depth) return true
  }
  return false
}

/** A path for a message: in quotes, and cut in the middle where it would fill the screen. */
export function quote(path: string): string {
  return JSON.stringify(path.length <= 160 ? path : `${path.slice(0, 80)}…${path.slice(-60)}`)
}
