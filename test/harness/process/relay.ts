import { connect, createServer } from 'node:net'

/**
 * Run inside a network namespace: `relay.ts <unix socket> <port>` passes connections of the socket
 * on to that port of the namespace's own loopback, so that a test outside can reach it.
 */
const [socketPath, port] = process.argv.slice(2)

createServer((outside) => {
  const inside = connect(Number(port), '127.0.0.1')
  outside.pipe(inside)
  inside.pipe(outside)
  // A restarted node closes connections in the middle; the client sees that by itself.
  outside.on('error', () => inside.destroy())
  inside.on('error', () => outside.destroy())
}).listen(socketPath, () => process.stdout.write('listening\n'))
