import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP connection to a port of this machine that is slow, and that a test breaks. */
export class BadLine {
  /** How long each piece is on its way, in milliseconds: a new number for each. */
  latency: () => number = () => 0
  /** How much each direction of a connection carries; for connections made from now on and before. */
  bytesPerSecond = Number.POSITIVE_INFINITY
  /** Bytes carried to the target, and back from it, since the beginning. */
  carried = 0
  /** Half open: connections stand, or are made, and nothing comes through. */
  silent = false
  /** Nobody is there: each connection ends as soon as it is made. */
  cut = false
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private readonly timers = new Set<NodeJS.Timeout>()

  /** `host`: where the target listens. */
  constructor(target: number, host = '127.0.0.1') {
    this.server = createServer((near) => {
      if (this.cut) {
        near.destroy()
        return
      }
      const far = connect(target, host)
      this.pass(near, far)
      this.pass(far, near)
    })
  }

  /** Gives the port to dial; any, unless one is asked for. */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  /** Every connection ends at once, and what was on its way is lost. New ones may be made. */
  breakAll(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    for (const socket of this.sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.breakAll()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private pass(from: Socket, to: Socket): void {
    this.sockets.add(from)
    // Pieces keep their order however long each takes.
    let due = 0
    from.on('data', (piece: Buffer) => {
      if (this.silent) return
      const carriedInMs = (piece.length / this.bytesPerSecond) * 1000
      due = Math.max(due + carriedInMs, performance.now() + carriedInMs + this.latency())
      // As a real line does, it takes no more in than it carries.
      if (carriedInMs > 0) from.pause()
      const timer = setTimeout(
        () => {
          this.timers.delete(timer)
          this.carried += piece.length
          to.write(piece)
          from.resume()
        },
        Math.max(0, due - performance.now()),
      )
      this.timers.add(timer)
    })
    const end = (): void => {
      from.destroy()
      to.destroy()
      this.sockets.delete(from)
    }
    from.on('close', end).on('error', end)
  }
}
