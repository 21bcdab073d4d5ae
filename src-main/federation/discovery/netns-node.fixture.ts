/** A process with nothing but discovery in it, on these interfaces: prints what it hears as JSON lines, until SIGTERM. */
import { systemClock } from '../../trace/clock.ts'
import { Logger } from '../../trace/log.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { Discovery } from './discovery.ts'

const [, , id = '', ...interfaces] = process.argv
const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const discovery = new Discovery({
  self: { instanceHint: id.slice(0, 8), id, port: 8448 },
  clock: systemClock,
  random: systemRandom,
  log: new Logger(systemClock),
  interfaces: () => (interfaces.length === 0 ? undefined : interfaces),
  onPeer: (hint) => print({ kind: 'peer', id: hint.serverId, addresses: hint.addresses }),
  onGone: (serverName) => print({ kind: 'gone', serverName }),
})
await discovery.start()
print({ kind: 'started' })
// Discovery's sockets and timers do not keep a process alive.
const alive = setInterval(() => undefined, 60_000)
process.once('SIGTERM', () => {
  void discovery.stop().then(() => clearInterval(alive))
})
