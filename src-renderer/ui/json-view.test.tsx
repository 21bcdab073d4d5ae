// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import { afterEach, expect, test } from 'vitest'
import { JsonView } from './json-view.tsx'

afterEach(cleanup)

const value = { a: { b: [1, 'two', null] }, id: '$event', odd: { '~/': true } }
const draw = () =>
  render(
    <Tooltip.Provider>
      <JsonView
        label="The event"
        value={value}
        linkOf={(text) => (text.startsWith('$') ? '#/there' : undefined)}
      />
    </Tooltip.Provider>,
  )
const tree = () => screen.getByRole('tree', { name: 'The event' })

test('all of it can be read, and texts lead where they lead', () => {
  draw()
  expect(JSON.parse(tree().textContent)).toEqual(value)
  expect(screen.getByRole('link', { name: '"$event"' }).getAttribute('href')).toBe('#/there')
})

test('it is folded and opened by keyboard', () => {
  draw()
  const key = (name: string) => fireEvent.keyDown(tree(), { key: name })
  const item = (name: RegExp) => screen.getByRole('treeitem', { name })
  key('ArrowDown')
  expect(document.activeElement).toBe(item(/^"a"/u))
  key('ArrowLeft')
  expect(item(/^"a"/u).getAttribute('aria-expanded')).toBe('false')
  expect(tree().textContent).toContain('1 entry')
  expect(screen.queryByText('"two"')).toBeNull()
  key('ArrowRight')
  expect(screen.getByText('"two"')).toBeDefined()
  key('ArrowRight')
  expect(document.activeElement).toBe(item(/^"b"/u))
  key('ArrowLeft')
  key('ArrowLeft')
  expect(document.activeElement).toBe(item(/^"a"/u))
})
