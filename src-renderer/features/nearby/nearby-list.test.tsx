// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor, within } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import { afterEach, expect, test, vi } from 'vitest'
import type { HearthClient } from '../../client/hearth-client.ts'
import { createNearby } from '../../client/nearby.ts'
import { createPrivateApi } from '../../client/private-api.ts'
import { ServicesContext, type AppServices } from '../../model/use-client.ts'
import { NearbyList } from './nearby-list.tsx'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const readable = <T,>(value: T) => ({ get: () => value, subscribe: () => () => undefined })
const blocked = {
  kind: 'discovery_blocked',
  words: 'This network blocks discovery.',
  help: 'Add people by their address instead.',
}

/** The list over a node that answers with what `answers` holds when it is asked. */
async function show(answers: Record<string, unknown>) {
  vi.stubGlobal('fetch', async (url: string) => {
    const answer = answers[url.slice(url.lastIndexOf('/') + 1)]
    return answer === undefined ? Response.json({}, { status: 404 }) : Response.json(answer)
  })
  const session = { clientUrl: 'http://node.test', userId: '@me:x', deviceId: 'D', accessToken: 'T' }
  const poller = createNearby(createPrivateApi(session))
  const client = {
    nearby: poller.nearby,
    rooms: readable([]),
    personOf: () => undefined,
  } as unknown as HearthClient
  const services = { client, attempt: async () => true } as unknown as AppServices
  render(
    <ServicesContext value={services}>
      <Tooltip.Provider>
        <NearbyList onOpened={() => undefined} onAdd={() => undefined} />
      </Tooltip.Provider>
    </ServicesContext>,
  )
  const poll = async () => await act(() => poller.refresh())
  await poll()
  return { poll }
}

test('says what is wrong with the network and what to do, for as long as it is so', async () => {
  const answers = { peers: { peers: [] }, network: { problems: [blocked] } }
  const { poll } = await show(answers)
  const note = await screen.findByRole('note')
  expect(within(note).getByText(blocked.words)).toBeTruthy()
  expect(within(note).getByText(blocked.help)).toBeTruthy()
  expect(screen.queryByText(/appear by themselves/)).toBeNull()
  expect(screen.getByRole('button', { name: 'Add by address' })).toBeTruthy()
  answers.network.problems = []
  await poll()
  await waitFor(() => expect(screen.queryByRole('note')).toBeNull())
  expect(screen.getByText(/appear by themselves/)).toBeTruthy()
})

test('people are listed where the node says nothing of its network, or nothing that can be read', async () => {
  const row = { server_name: 'ada.example', display_name: 'Ada', reachable: true }
  const answers: Record<string, unknown> = { peers: { peers: [row] } }
  const { poll } = await show(answers)
  expect(await screen.findByText('Ada')).toBeTruthy()
  answers['network'] = { problems: [{ words: 7 }] }
  await poll()
  expect(await screen.findByText('Ada')).toBeTruthy()
  expect(screen.queryByRole('note')).toBeNull()
})
