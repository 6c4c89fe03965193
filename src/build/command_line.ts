/** Reads the command lines that compilers' drivers print with `-###`: programs and arguments in double quotes. */

/**
 * The arguments of the one call of `program` that is printed in `text`, its name first; `undefined` where there is none.
 * A driver that is in the same process prints an empty name before the program's. Names are in quotes: other lines talk.
 */
export function commandIn(text: string, program: string): string[] | undefined {
  for (const line of text.split('\n')) {
    if (!line.trimStart().startsWith('"')) continue
    const words = wordsOf(line)
    const at = words[0] === '' ? 1 : 0
    const name = words[at]
    if (name !== undefined && name.slice(name.lastIndexOf('/') + 1) === program) return words.slice(at)
  }
  return undefined
}

/** Words apart by spaces; within double quotes a backslash takes the next character as it is. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [, quoted, plain] of line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)) {
    words.push(quoted === undefined ? (plain as string) : quoted.replace(/\\(.)/g, '$1'))
  }
  return words
}
