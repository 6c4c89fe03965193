/** Patterns of paths: `*` is any text without a slash, `?` one such character, `**` any text, `{a,b}` either. */

/** Whether it has anything in it that stands for more than itself. */
export function isPattern(text: string): boolean {
  return /[*?{]/.test(text)
}

/** What matches a pattern, whole. `**` with a slash after it also stands for nothing. */
export function patternOf(pattern: string): RegExp {
  let source = ''
  let depth = 0
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string
    if (pattern.startsWith('**/', at)) {
      source += '(?:.*/)?'
      at += 2
    } else if (pattern.startsWith('**', at)) {
      source += '.*'
      at++
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '{') {
      source += '(?:'
      depth++
    } else if (char === '}' && depth > 0) {
      source += ')'
      depth--
    } else if (char === ',' && depth > 0) source += '|'
    else source += char.replace(/[\\^$.|+()[\]{}]/, '\\$&')
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 's')
}

/** Whether a pattern may match something in a folder, whose path has no slash at its ends. Too often rather than too seldom. */
export function leadsInto(pattern: string, folder: string): boolean {
  const parts = pattern.split('/')
  for (const [at, name] of folder.split('/').entries()) {
    const part = parts[at]
    if (part === undefined) return false
    // From here on slashes are not told apart.
    if (part.includes('**') || part.includes('{')) return true
    if (at === parts.length - 1 || !patternOf(part).test(name)) return false
  }
  return true
}

/** Whether a path is one of those that are taken. */
export function filterOf(
  include: readonly string[] | undefined,
  exclude: readonly string[] = [],
): (path: string) => boolean {
  const taken = include?.map(patternOf)
  const left = exclude.map(patternOf)
  return (path) =>
    (taken === undefined || taken.some((pattern) => pattern.test(path))) && !left.some((pattern) => pattern.test(path))
}
