import { beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, type Person } from './browser.ts'
import { chooseByMouse as choose, message } from './conversation.ts'
import { meetInRoom, usePeople } from './people.ts'

const executable = findBrowser()

/** Sends what another client might, with the session of the page, to the room that is open; answers its id. */
async function sendAsClient(person: Person, content: object, type = 'm.room.message'): Promise<string> {
  return await person.page.evaluate(
    async ({ content, type }) => {
      const session = JSON.parse(localStorage.getItem('hearth.session') ?? '{}') as { accessToken: string }
      const room = location.hash.split('/')[2] ?? ''
      const answer = await fetch(`/_matrix/client/v3/rooms/${room}/send/${type}/${crypto.randomUUID()}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${session.accessToken}` },
        body: JSON.stringify(content),
      })
      return ((await answer.json()) as { event_id: string }).event_id
    },
    { content, type },
  )
}

const formatted = (html: string) => ({
  msgtype: 'm.text',
  body: 'plain',
  format: 'org.matrix.custom.html',
  formatted_body: html,
})

describe.skipIf(executable === undefined)(
  'what people do with messages, between two nodes',
  { timeout: 60_000 },
  () => {
    const people = usePeople()
    let alice: Person
    let bob: Person

    beforeAll(async () => {
      ;({ alice, bob } = people())
      await meetInRoom(people(), 'Garden')
    }, 60_000)

    test('what a stranger formats cannot run, load from elsewhere, or look like the app', async () => {
      const foreign: string[] = []
      bob.page.on('request', (request) => {
        if (request.url().includes('.example')) foreign.push(request.url())
      })
      await sendAsClient(
        alice,
        formatted(
          '<mx-reply><blockquote>an old quote</blockquote></mx-reply>' +
            '<p onclick="window.hacked=1" style="position:fixed;inset:0" class="_toolbar" id="root">Hi <b>there</b>' +
            '<script>window.hacked=2</script></p><style>body{display:none}</style>' +
            '<img src="https://tracker.example/x.png" onerror="window.hacked=3" alt="pixel">' +
            '<iframe src="https://frame.example"></iframe><svg onload="window.hacked=4"></svg>' +
            '<a href="javascript:window.hacked=5">press</a><form><input name="password"></form><h1>Loud</h1>',
        ),
      )
      const shown = message(bob, 'Hi there')
      await shown.waitFor()
      expect(await shown.locator('b').innerText()).toBe('there')
      await shown.getByText('press').click()
      const words = shown.locator('b').locator('xpath=ancestor::div[1]')
      expect(
        await words
          .locator(
            'script, style, iframe, svg, form, input, h1, a, [onclick], [style*=fixed], [id], [class*=toolbar]',
          )
          .count(),
      ).toBe(0)
      expect(await shown.getByText('an old quote').count()).toBe(0)
      expect(await bob.page.evaluate(() => 'hacked' in window)).toBe(false)
      expect(foreign).toEqual([])
    })

    test('markup without end is drawn up to a depth, and the next message as ever', async () => {
      await sendAsClient(alice, formatted(`<p>deep</p>${'<div>'.repeat(5_000)}<p>bottom</p>`))
      await sendAsClient(alice, formatted(`${'<i>'.repeat(90)}ninety`))
      await sendAsClient(alice, { msgtype: 'm.text', body: 'after the deep one' })
      await bob.sees('after the deep one')
      await bob.timeline.getByText('ninety').waitFor()
      expect(await bob.timeline.getByText('bottom').count()).toBe(0)
    })

    test('lists, code, spoilers and mentions look like what they are', async () => {
      const userId = `@owner:${people().bobNode.serverName}`
      await sendAsClient(alice, {
        ...formatted(
          `<ol start="3"><li>three</li></ol><pre><code class="language-js">let a = 1\nlet b = 2\n</code></pre>` +
            `<p><span data-mx-spoiler="the end">the butler</span> ` +
            `<a href="https://matrix.to/#/${encodeURIComponent(userId)}">The King</a></p>`,
        ),
        'm.mentions': { user_ids: [userId] },
      })
      const shown = message(bob, 'three')
      expect(await shown.locator('ol').getAttribute('start')).toBe('3')
      expect(await shown.getByLabel('Code, js').innerText()).toBe('let a = 1\nlet b = 2')
      await shown.getByLabel('Code, js').locator('span').first().waitFor()
      await shown.getByRole('button', { name: 'Hidden words: the end. Show' }).click()
      await shown.getByText('the butler').waitFor()
      await shown.getByText('You are mentioned').waitFor({ state: 'attached' })
      // By the name that the room knows, whatever the sender wrote.
      await shown.getByRole('button', { name: '@Bob' }).click()
      await bob.page.getByRole('complementary', { name: 'Person' }).waitFor()
      await bob.page.keyboard.press('Escape')
      await bob.page.getByRole('complementary', { name: 'Person' }).waitFor({ state: 'detached' })
    })

    test('a reaction is seen, joined in, counted, and taken back', async () => {
      await alice.say('Cake or bread?')
      await bob.sees('Cake or bread?')
      await message(bob, 'Cake or bread?').hover()
      await message(bob, 'Cake or bread?').getByRole('button', { name: 'React with 👍' }).click()
      const chip = message(alice, 'Cake or bread?').getByRole('button', { name: /^👍, 1: Bob/ })
      await chip.click()
      await message(bob, 'Cake or bread?')
        .getByRole('button', { name: /^👍, 2/ })
        .click()
      await message(alice, 'Cake or bread?')
        .getByRole('button', { name: /^👍, 1: You/ })
        .waitFor()
      await choose(alice, 'Cake or bread?', 'Who reacted')
      await alice.page.getByRole('list', { name: '👍 by' }).getByText('Alice (you)').waitFor()
      await alice.page.keyboard.press('Escape')
    })

    test('an answer quotes what it answers, and leads there', async () => {
      await message(bob, 'Cake or bread?').hover()
      await message(bob, 'Cake or bread?').getByRole('button', { name: 'Reply', exact: true }).click()
      await bob.composer.fill('Bread!')
      await bob.composer.press('Enter')
      await message(alice, 'Bread!')
        .getByRole('button', { name: 'In answer to Alice: Cake or bread?' })
        .click()
      await alice.timeline.locator('article[data-flash]').filter({ hasText: 'Cake or bread?' }).waitFor()
    })

    test('keys act on the message that has the focus; an edit keeps its earlier versions', async () => {
      await alice.say('Seven o’clok')
      await alice.timeline.focus()
      await alice.page.keyboard.press('ArrowUp')
      await alice.timeline.locator('article:focus').filter({ hasText: 'Seven o’clok' }).waitFor()
      await alice.page.keyboard.press('e')
      await alice.composer.fill('Seven o’clock')
      await alice.composer.press('Enter')
      await message(bob, 'Seven o’clock').getByRole('button', { name: '(edited)' }).click()
      const dialog = bob.page.getByRole('dialog', { name: 'Earlier versions' })
      await dialog.getByText('Seven o’clok', { exact: true }).waitFor()
      await dialog.getByText('Seven o’clock', { exact: true }).waitFor()
      await bob.page.keyboard.press('Escape')
    })

    test('a message is deleted on both sides', async () => {
      await alice.say('never mind')
      await bob.sees('never mind')
      await choose(alice, 'never mind', 'Delete')
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await alice.timeline.getByText('never mind').waitFor({ state: 'detached' })
      await bob.timeline.getByText('never mind').waitFor({ state: 'detached' })
      await bob.timeline.getByText('Message deleted').waitFor()
    })

    test('a thread is talked in beside the room, counted under its root, and listed', async () => {
      await choose(bob, 'Bread!', 'Reply in thread')
      const panel = bob.page.getByRole('complementary', { name: 'Thread' })
      const field = panel.getByRole('textbox', { name: 'Message in thread' })
      await field.fill('Rye, to be exact')
      await field.press('Enter')
      await panel.getByRole('log').getByText('Rye, to be exact').waitFor()
      await message(alice, 'Bread!')
        .getByRole('button', { name: /1 reply.*Rye, to be exact/ })
        .click()
      await alice.page
        .getByRole('complementary', { name: 'Thread' })
        .getByRole('log')
        .getByText('Rye, to be exact')
        .waitFor()
      await alice.page.getByRole('button', { name: 'Threads', exact: true }).click()
      await alice.page
        .getByRole('list', { name: 'Threads' })
        .getByRole('button', { name: /Bread!/ })
        .waitFor()
      for (const person of [alice, bob]) {
        await person.page.getByRole('button', { name: /^Close thread/ }).click()
      }
    })

    test('what is pinned is found again by everybody', async () => {
      await choose(alice, 'Seven o’clock', 'Pin')
      await message(bob, 'Seven o’clock').getByText('Pinned').waitFor({ state: 'attached' })
    })

    test('somebody who was far back finds the way to what is new, and marks it as read', async () => {
      await bob.createRoom('Elsewhere')
      for (let index = 0; index < 45; index++) {
        await sendAsClient(alice, { msgtype: 'm.text', body: `news ${index}` })
      }
      await bob
        .list('Rooms')
        .getByRole('link', { name: /Garden.*45 unread/ })
        .click()
      await bob.sees('news 44')
      await bob.page.getByRole('button', { name: 'Jump to first unread' }).click()
      await bob.sees('news 0')
      await bob.timeline.getByText('New', { exact: true }).waitFor()
      await bob.page.getByRole('button', { name: /Jump to latest/ }).click()
      await bob.sees('news 44')
      await bob.page.keyboard.press('Escape')
      await bob.timeline.getByText('New', { exact: true }).waitFor({ state: 'detached' })
      await choose(bob, 'news 44', 'Mark unread from here')
      await bob
        .list('Rooms')
        .getByRole('link', { name: /Garden.*Marked unread/ })
        .waitFor()
    })
  },
)
