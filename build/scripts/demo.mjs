// Two nodes on this machine, Alice's and Bob's, with a room and a few messages between them.
import { ensureInstalled, fail, say } from './lib/bootstrap.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { openBrowser } from './lib/open-browser.mjs'
import { anyEnded, arrived, loginUrl, roomWith, send, startPerson, stopAll } from './lib/people.mjs'

ensureInstalled()
await ensureBuilt()
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => void stopAll().then(() => process.exit(0)))

try {
  say('starting two nodes …')
  const alice = await startPerson('Alice')
  const bob = await startPerson('Bob', [alice])
  const room = await roomWith(alice, bob, { name: 'Around the fire', topic: 'Two nodes, one conversation' })
  await arrived(bob, room, await send(alice, room, 'Hi Bob! This message travels from my node to yours.'))
  await arrived(alice, room, await send(bob, room, 'And it arrived. No server, no account, no internet.'))
  await send(alice, room, 'Write something in both windows and watch it cross.')
  for (const person of [alice, bob]) {
    const url = await loginUrl(person)
    console.log(`  ${person.name.padEnd(6)} ${url}`)
    openBrowser(url)
  }
  console.log('\n  Ctrl+C stops both; nothing is kept.')
  await anyEnded()
  await stopAll()
} catch (error) {
  await stopAll()
  fail(`The demo could not start: ${error.message}`)
}
