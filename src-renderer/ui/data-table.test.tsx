// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { DataTable, type DataColumn } from './data-table.tsx'

afterEach(cleanup)

interface Ship {
  name: string
  tons: number | undefined
}

const columns: DataColumn<Ship>[] = [
  { id: 'name', label: 'Name', cell: (ship) => ship.name, sortBy: (ship) => ship.name },
  { id: 'tons', label: 'Tons', align: 'end', cell: (ship) => ship.tons ?? '—', sortBy: (ship) => ship.tons },
  { id: 'link', label: 'More', cell: (ship) => <a href={`#${ship.name}`}>more</a> },
]
const ships: Ship[] = [
  { name: 'Boat 10', tons: 3 },
  { name: 'Boat 2', tons: undefined },
  { name: 'Ark', tons: 12 },
]
const draw = (onSelect?: (ship: Ship) => void, rows = ships) =>
  render(
    <DataTable
      label="Ships"
      columns={columns}
      rows={rows}
      rowKey={(ship) => ship.name}
      initialSort={{ column: 'name' }}
      empty="No ship is here."
      selected="Ark"
      {...(onSelect === undefined ? {} : { onSelect })}
    />,
  )
const names = () => screen.getAllByRole('row').flatMap((row) => row.dataset['row'] ?? [])
const head = (name: string) => screen.getByRole('columnheader', { name })

test('a head sorts, a second time the other way round; numbers in names count, and what is not known comes last', () => {
  draw()
  expect(names()).toEqual(['Ark', 'Boat 2', 'Boat 10'])
  expect(head('Name').getAttribute('aria-sort')).toBe('ascending')
  fireEvent.click(screen.getByRole('button', { name: 'Tons' }))
  expect(names()).toEqual(['Boat 10', 'Ark', 'Boat 2'])
  fireEvent.click(screen.getByRole('button', { name: 'Tons' }))
  expect(names()).toEqual(['Ark', 'Boat 10', 'Boat 2'])
  expect(head('Tons').getAttribute('aria-sort')).toBe('descending')
  expect(head('Name').hasAttribute('aria-sort')).toBe(false)
  expect(within(head('More')).queryByRole('button')).toBeNull()
})

test('rows are reached by one Tab and arrow keys, and selected by Enter, Space or a click', () => {
  const chosen: string[] = []
  draw((ship) => chosen.push(ship.name))
  const row = (name: string) => screen.getByRole('row', { name: new RegExp(`^${name}`, 'u') })
  expect(row('Ark').getAttribute('aria-selected')).toBe('true')
  expect(screen.getAllByRole('row').filter((each) => each.tabIndex === 0)).toEqual([row('Ark')])
  row('Ark').focus()
  fireEvent.keyDown(row('Ark'), { key: 'ArrowDown' })
  expect(document.activeElement).toBe(row('Boat 2'))
  fireEvent.keyDown(row('Boat 2'), { key: 'Enter' })
  fireEvent.keyDown(row('Boat 2'), { key: 'End' })
  fireEvent.keyDown(row('Boat 10'), { key: ' ' })
  fireEvent.keyDown(row('Boat 10'), { key: 'ArrowDown' })
  expect(document.activeElement).toBe(row('Boat 10'))
  fireEvent.click(row('Ark'))
  expect(chosen).toEqual(['Boat 2', 'Boat 10', 'Ark'])
  // A link in a row is followed, and selects nothing.
  fireEvent.click(within(row('Boat 2')).getByRole('link'))
  fireEvent.keyDown(within(row('Boat 2')).getByRole('link'), { key: 'Enter' })
  expect(chosen).toHaveLength(3)
})

test('without rows it says so, and words that may be cut can be read whole', () => {
  draw(undefined, [])
  expect(screen.getByText('No ship is here.')).toBeDefined()
  cleanup()
  draw()
  expect(screen.getByText('Boat 10').getAttribute('title')).toBe('Boat 10')
  expect(screen.getByRole('table', { name: 'Ships' })).toBeDefined()
})
