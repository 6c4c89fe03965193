/** Stream sockets in memory: two queues crosswise, and listeners with connections that wait to be accepted. */

import { ByteQueue } from './byte_queue.ts'

/** What a host-side peer does with the bytes that the guest sends: keeps them, and may answer. */
export interface PeerSink {
  receive(bytes: Uint8Array): Uint8Array | undefined
}

export class Socket {
  /** What this end reads. */
  readonly incoming: ByteQueue
  /** What this end writes; the other end's `incoming`. */
  readonly outgoing: ByteQueue
  /** This end said that it sends no more, or reads no more. */
  sendShut = false
  receiveShut = false
  /** The other end; a host-side peer is an end that no process holds. */
  peer: Socket | undefined
  /** Takes what is sent at once, where the other end is the host's. */
  sink: PeerSink | undefined
  readonly ino: number

  constructor(ino: number, incoming: ByteQueue, outgoing: ByteQueue) {
    this.ino = ino
    this.incoming = incoming
    this.outgoing = outgoing
  }

  /** Whether nothing more will come in than is there. */
  get atEnd(): boolean {
    return this.receiveShut || this.peer === undefined || this.peer.sendShut
  }

  /** Whether what is sent can still arrive. */
  get canSend(): boolean {
    return !this.sendShut && this.peer !== undefined && !this.peer.receiveShut
  }

  /** Ends both directions, as the last close does. */
  close(): void {
    this.sendShut = true
    this.receiveShut = true
    if (this.peer !== undefined) this.peer.peer = undefined
    this.peer = undefined
  }
}

/** Two sockets connected to each other. `ino` is the first's number; the second's is one more. */
export function socketPair(ino: number): readonly [Socket, Socket] {
  const forth = new ByteQueue()
  const back = new ByteQueue()
  const a = new Socket(ino, back, forth)
  const b = new Socket(ino + 1, forth, back)
  a.peer = b
  b.peer = a
  return [a, b]
}

export class Listener {
  /** Connections made and not yet accepted, first come first. */
  readonly pending: Socket[] = []
  /** Whether it takes no more connections. */
  shut = false
  readonly ino: number

  constructor(ino: number) {
    this.ino = ino
  }
}
