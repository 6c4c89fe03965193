/** Writes one file of the host, whole or not at all: it is built beside its place and renamed onto it. */

import { HOST, type HostCalls, O_CREAT, O_EXCL, O_WRONLY } from './host_calls.ts'
import { errnoOf, HostError, reasonOf } from './host_error.ts'
import { quote } from './host_names.ts'
import { checkTarget, discard, place, stage } from './host_target.ts'

/**
 * Writes `parts` one after the other to `path`, whose folder must be there; a file that is there is replaced at the end.
 * `onWritten` is told how many bytes there are so far.
 * @throws HostError as `exportHost`; then the old file is there as before. What `parts` throws is thrown on.
 */
export async function writeParts(
  path: string,
  parts: Iterable<Uint8Array>,
  onWritten: (bytes: number) => unknown = () => undefined,
  host: HostCalls = HOST,
): Promise<void> {
  const target = checkTarget(host, path)
  if (target.kind === 'directory') {
    throw new HostError('WRONG_KIND', path, `${quote(path)} is a folder: name the file to write`)
  }
  const area = stage(host, target)
  try {
    const fd = host.openSync(area.built, O_WRONLY | O_CREAT | O_EXCL, 0o666)
    try {
      let size = 0
      for (const part of parts) {
        for (let done = 0; done < part.length; ) done += host.writeSync(fd, part, done)
        size += part.length
        await onWritten(size)
      }
    } finally {
      host.closeSync(fd)
    }
    place(host, target, area, false)
  } catch (error) {
    discard(host, area)
    if (errnoOf(error) === undefined) throw error
    throw new HostError('WRITE_FAILED', path, `${quote(path)} cannot be written: ${reasonOf(error)}`, error)
  }
}
