// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recentEmoji } from '../model/emoji-choice.ts'
import { loadEmoji } from '../model/emoji.ts'
import { EmojiPicker } from './emoji-picker.tsx'

const labels = (section: HTMLElement) =>
  within(section)
    .getAllByRole('button')
    .map((each) => each.getAttribute('aria-label'))

async function open(): Promise<string[]> {
  await loadEmoji()
  const picked: string[] = []
  render(<EmojiPicker onPick={(emoji) => picked.push(emoji)} />)
  return picked
}

beforeEach(() => localStorage.clear())
afterEach(cleanup)

test('what is searched for is found and picked by Enter, and is among those used last the next time', async () => {
  const picked = await open()
  const search = screen.getByRole('searchbox')
  fireEvent.change(search, { target: { value: 'avoc' } })
  expect(labels(screen.getByRole('region', { name: 'Found' }))).toContain('avocado')
  fireEvent.keyDown(search, { key: 'Enter' })
  expect(picked).toEqual(['🥑'])
  fireEvent.change(search, { target: { value: 'no such thing' } })
  expect(screen.getByText('No emoji by that name.')).toBeDefined()
  cleanup()
  await open()
  expect(labels(screen.getByRole('region', { name: 'Used last' }))).toEqual(['avocado'])
  expect(recentEmoji()).toEqual(['🥑'])
})

test('the arrows move through rows and sections', async () => {
  await open()
  fireEvent.keyDown(screen.getByRole('searchbox'), { key: 'ArrowDown' })
  const focused = () => document.activeElement?.getAttribute('aria-label')
  const move = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key })
  const smileys = labels(screen.getByRole('region', { name: 'Smileys' }))
  expect(focused()).toBe(smileys[0])
  move('ArrowRight')
  expect(focused()).toBe(smileys[1])
  move('ArrowDown')
  expect(focused()).toBe(smileys[10])
  move('ArrowUp')
  move('ArrowLeft')
  move('ArrowLeft')
  expect(focused()).toBe(smileys[0])
  move('End')
  expect(focused()).toBe(labels(screen.getByRole('region', { name: 'Flags' })).at(-1))
  move('Home')
  expect(focused()).toBe(smileys[0])
})

test('the chosen skin tone is that of every hand, and is kept', async () => {
  const picked = await open()
  fireEvent.click(screen.getByRole('button', { name: 'Dark' }))
  fireEvent.click(screen.getByRole('button', { name: 'waving hand' }))
  expect(picked).toEqual(['👋🏿'])
  cleanup()
  await open()
  expect(screen.getByRole('button', { name: 'Dark' }).getAttribute('aria-pressed')).toBe('true')
  expect(within(screen.getByRole('region', { name: 'Used last' })).getByRole('button').textContent).toBe('👋🏿')
})
