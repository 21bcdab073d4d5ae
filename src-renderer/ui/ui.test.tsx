// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import type { ReactNode } from 'react'
import { afterEach, expect, test } from 'vitest'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { LinkedText } from './linked-text.tsx'
import { ListRow } from './list-row.tsx'
import { Section } from './section.tsx'

afterEach(cleanup)

const draw = (node: ReactNode) => render(<Tooltip.Provider>{node}</Tooltip.Provider>)

test('a section is a list by its title, and says in words that it is empty', () => {
  draw(
    <Section title="Rooms" empty="None yet">
      {[]}
    </Section>,
  )
  expect(within(screen.getByRole('list', { name: 'Rooms' })).queryAllByRole('listitem')).toHaveLength(0)
  expect(screen.getByText('None yet')).toBeDefined()
})

test('a row with an address is a link, one without is a button, and both carry their unread count', () => {
  draw(
    <>
      <ListRow avatar={null} title="Den" href="#/den" selected unread={3} />
      <ListRow avatar={null} title="Mia" unread={120} />
    </>,
  )
  const link = screen.getByRole('link', { name: /Den.*3 unread/u })
  expect(link.getAttribute('aria-current')).toBe('page')
  expect(screen.getByRole('button', { name: /Mia.*99\+ unread/u })).toBeDefined()
})

test('markup in a message stays text, and a link opens through the bridge', () => {
  const opened: string[] = []
  draw(
    <LinkedText
      parts={[
        { kind: 'text', text: '<img src=x onerror=alert(1)> ' },
        { kind: 'link', text: 'example.org', href: 'https://example.org/' },
      ]}
      onOpen={(href) => opened.push(href)}
    />,
  )
  expect(document.querySelector('img')).toBeNull()
  fireEvent.click(screen.getByRole('link', { name: 'example.org' }))
  expect(opened).toEqual(['https://example.org/'])
})

test('a question is answered by its verb, and focus begins on the way out', () => {
  const answers: string[] = []
  draw(
    <ConfirmDialog
      open
      onOpenChange={(open) => answers.push(`open ${open}`)}
      title="Leave Den?"
      description="It disappears."
      action="Leave"
      onConfirm={() => answers.push('leave')}
    />,
  )
  expect(document.activeElement?.textContent).toBe('Cancel')
  fireEvent.click(screen.getByRole('button', { name: 'Leave' }))
  expect(answers).toContain('leave')
})
