/** Somebody reads in the inspector why an event was refused, and by which rule. */
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsePdu } from '../../src-main/core/pdu.ts'
import type { Pdu } from '../../src-main/core/types.ts'
import { startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { Liar, LiarsRoom } from '../harness/process/liar.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('why an event was refused', () => {
  let browser: Browser
  let node: HearthProcess
  let liar: Liar

  beforeAll(async () => {
    ;[browser, node, liar] = await Promise.all([
      launchBrowser(executable ?? ''),
      startHearth({ label: 'node', args: ['--no-mdns'] }),
      Liar.start(),
    ])
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await Promise.all([node?.kill(), liar?.stop()])
  })

  test(
    'found from the conversations, read, and followed to what stood in the way',
    { timeout: 90_000 },
    async () => {
      const person = await Person.create(browser, 'Mia')
      const { page } = person
      await person.firstRun(node)
      const room = await joinLiarsRoom(person)
      const send = async (pdu: Pdu, txn: string): Promise<void> => {
        const to = { serverName: node.serverName, port: Number(new URL(node.ready.federation_url).port) }
        const content = { origin: liar.serverName, origin_server_ts: Date.now(), pdus: [pdu.json] }
        const answer = await liar.send(to, 'PUT', `/_matrix/federation/v1/send/${txn}`, content)
        expect(answer.status).toBe(200)
      }
      const message = (sender: string, body: string): Pdu =>
        room.draft({
          type: 'm.room.message',
          sender: sender as typeof liar.user,
          content: { msgtype: 'm.text', body },
          authEvents: [...room.state.values()]
            .filter(({ type }) => type === 'm.room.create' || type === 'm.room.power_levels')
            .map(({ eventId }) => eventId),
        })
      await send(
        room.draft({ type: 'm.room.name', stateKey: '', content: { name: 'The liar’s room' } }),
        'name',
      )
      const stranger = message(`@stranger:${liar.serverName}`, 'I am not in here')
      await send(stranger, 'stranger')
      const own = `@owner:${node.serverName}`
      await send(message(own, 'in your name'), 'forged')

      await page.getByRole('button', { name: 'Inspector', exact: true }).click()
      await page.getByRole('link', { name: 'Why?' }).click()
      const list = page.getByRole('region', { name: 'Refused events' })
      await list.getByText('A signature does not hold').waitFor()
      await list.getByRole('link', { name: /Only members may send/ }).click()

      const why = page.getByRole('article', { name: 'Why: Only members may send' })
      const asked = why.getByRole('region', { name: 'What was asked for' })
      await asked.getByText('Rule 5 of room version 10').waitFor()
      await asked.getByText('Whoever sends an event must be joined to the room.').waitFor()
      await asked.getByText('The events that it cites do not allow it').waitFor()
      await why.getByText(`There was no m.room.member of @stranger:${liar.serverName}.`).waitFor()
      const spec = asked.getByRole('link', { name: 'Read rule 5 in the Matrix specification' })
      expect(await spec.getAttribute('href')).toContain('/rooms/v10/#')
      await why.getByRole('tree', { name: 'The event as it came' }).getByText('"I am not in here"').waitFor()

      // By keyboard to the other one, and on to an event that it is about.
      await list.getByRole('link', { name: /A signature does not hold/ }).focus()
      await page.keyboard.press('Enter')
      const forged = page.getByRole('article', { name: 'Why: A signature does not hold' })
      await forged.getByText('has not signed it at all').waitFor()
      await forged.getByText(`A signature of ${node.serverName} that holds is needed`).waitFor()

      await list.getByRole('link', { name: /Only members may send/ }).click()
      await why
        .getByRole('link', { name: /^m\.room\.create/ })
        .first()
        .click()
      const create = page.getByRole('article', { name: 'Event m.room.create' })
      await create.getByText('Allowed').first().waitFor()
      expect(person.faults).toEqual([])
    },
  )

  async function joinLiarsRoom(person: Person): Promise<LiarsRoom> {
    const room = new LiarsRoom(liar)
    liar.on('make_join', (incoming) => room.template(incoming.url ?? ''))
    liar.on('send_join', (_, __, body) => {
      const answer = room.answer(body)
      const joined = parsePdu(JSON.parse(body), '10')
      if (!joined.ok) throw new Error(joined.reason)
      // What comes next follows on the join.
      room.last = joined.pdu
      return answer
    })
    const token = await person.page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
      return session.accessToken
    })
    const http = new MatrixHttp(node.clientUrl)
    const address = `127.0.0.1:${liar.port}`
    await http.call('POST', '/_hearth/v1/peers', {
      token,
      body: { server_name: liar.serverName, address },
    })
    const path = `/_matrix/client/v3/join/${encodeURIComponent(room.roomId)}`
    await http.call('POST', path, { token, query: { via: liar.serverName }, body: {} })
    return room
  }
})
