/** The guide for domain names, with two nodes of which one looks back at the other. */
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../harness/process/certificates.ts'
import { loginToken, startDomainHearth, startHearth, type HearthProcess } from '../harness/process/hearth.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { findBrowser, launchBrowser, Person } from './browser.ts'

const executable = findBrowser()

describe.skipIf(executable === undefined)('domain names in the settings', () => {
  let browser: Browser
  const nodes: HearthProcess[] = []

  beforeAll(async () => {
    browser = await launchBrowser(executable ?? '')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await Promise.all(nodes.map(async (node) => await node.kill()))
  })

  async function openGuide(person: Person, button: string): Promise<void> {
    await person.openSettings('Domain name')
    await person.page.getByRole('button', { name: button }).click()
    await person.page.getByRole('dialog', { name: 'Domain name' }).waitFor()
  }

  test('a domain is checked step by step, and gets a new key', { timeout: 90_000 }, async () => {
    const authority = makeCertificates(scratchFolder('authority'))
    const [one, two] = await Promise.all([startDomainHearth(authority), startDomainHearth(authority)])
    nodes.push(one, two)
    const person = await Person.create(browser, 'Mia')
    await person.firstRun(one)
    // Somebody elsewhere with whom Mia shares a room looks back.
    const ben = await MatrixUser.loginWithToken(new MatrixHttp(two.clientUrl), loginToken(two.ready))
    const room = await ben.createRoom({ preset: 'public_chat', name: 'Elsewhere', invite: [] })
    const mia = await person.page.evaluate(async () => {
      const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
      return session.accessToken
    })
    const path = `/_matrix/client/v3/join/${encodeURIComponent(room)}`
    const query = { via: two.serverName }
    await new MatrixHttp(one.clientUrl).call('POST', path, { token: mia, query, body: {} })

    await openGuide(person, 'Check the domain…')
    const guide = person.page.getByRole('dialog', { name: 'Domain name' })
    const steps = guide.getByRole('list', { name: 'Steps' })
    await steps.getByText('looked back, and reaches this server under its name').waitFor()
    await steps.getByRole('heading', { name: /Certificate.*in order/ }).waitFor()
    await steps.getByRole('heading', { name: /The name.*to be mended/ }).waitFor()
    await guide.getByText('Others reach this Hearth, but one thing is not as it should be.').waitFor()

    await guide.getByText('A new signing key').click()
    await guide.getByRole('button', { name: 'Exchange the key…' }).click()
    const sure = person.page.getByRole('alertdialog')
    await sure.getByRole('button', { name: 'Exchange the key' }).click()
    await guide.getByText('A new key is in use.').waitFor()
    await guide.getByRole('button', { name: 'Check again' }).click()
    await guide.getByText('Others reach this Hearth, but one thing is not as it should be.').waitFor()
    // What the first key signed is still in the room, and the second one is believed there.
    await steps.getByText('looked back, and reaches this server under its name').waitFor()
    expect(person.faults).toEqual([])
    await ben.close()
  })

  test(
    'what is in the way is told with how to mend it; what .well-known says is set there',
    { timeout: 90_000 },
    async () => {
      // A name that no DNS knows (RFC 6761).
      const node = await startHearth({ serverName: 'hearth.invalid', args: ['--no-mdns'] })
      nodes.push(node)
      const person = await Person.create(browser, 'Kim')
      await person.firstRun(node)
      await openGuide(person, 'Check the domain…')
      const guide = person.page.getByRole('dialog', { name: 'Domain name' })
      await guide.getByRole('heading', { name: /Address.*to be mended/ }).waitFor({ timeout: 45_000 })
      await guide.getByText('add an A record with the public IPv4 address').waitFor()
      await guide.getByRole('heading', { name: /Seen from elsewhere.*not known/ }).waitFor()
      await guide.getByText('A web server has this domain already').click()
      const field = guide.getByLabel('For other servers, Hearth says', { exact: true })
      await field.fill('https://nonsense/')
      await field.press('Enter')
      await person.page.getByText('must be a server name').first().waitFor()
      await field.fill('node.hearth.invalid:443')
      await field.press('Enter')
      await guide
        .getByRole('button', { name: 'Save: For other servers, Hearth says', disabled: true })
        .waitFor()
      expect(await new MatrixHttp(node.clientUrl).call('GET', '/.well-known/matrix/server')).toEqual({
        'm.server': 'node.hearth.invalid:443',
      })
      expect(person.faults).toEqual([])
    },
  )

  test('who has no domain reads what one gives, and what it needs', { timeout: 60_000 }, async () => {
    const node = await startHearth({ args: ['--no-mdns'] })
    nodes.push(node)
    const person = await Person.create(browser, 'Noa')
    await person.firstRun(node)
    await openGuide(person, 'What a domain name gives…')
    await person.page.getByText('A data folder keeps one server name for ever').waitFor()
    await person.page.getByText('--server-name example.org').waitFor()
    expect(person.faults).toEqual([])
  })
})
