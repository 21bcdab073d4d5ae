import { startFromCommandLine } from '../run.ts'
import { toNode, type FromNode } from './node-messages.ts'

/** Entry of the utility process in which the node runs beside the Electron window. */
const { parentPort } = process as unknown as {
  parentPort: {
    postMessage(message: FromNode): void
    on(event: 'message', listener: (event: { data: unknown }) => void): void
  }
}

// Where the terminal that it was started from is closed, or a log file is on a full disk, the window is still there.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const node = await startFromCommandLine(process.argv.slice(2), (message) => {
  parentPort.postMessage({ event: 'failed', message })
  process.exit(1)
})

if (node !== undefined) {
  parentPort.on('message', ({ data }) => {
    const message = toNode.safeParse(data).data
    switch (message?.event) {
      case 'login-token':
        parentPort.postMessage({ event: 'login-token', id: message.id, token: node.createLoginToken() })
        break
      case 'resume':
      case 'network-changed':
        node.networkChanged()
        break
      case 'stop':
        void node.stop().finally(() => process.exit(0))
        break
      default:
        break
    }
  })
  parentPort.postMessage({ event: 'ready', ...node.info(), pid: process.pid })
}
