import { useState } from 'react'
import { MODERATOR, OWNER, roleName } from '../model/power.ts'
import css from './level-select.module.css'

export interface LevelSelectProps {
  /** Accessible name. */
  label: string
  value: number
  /** The power of everybody in the room who has no role. */
  usersDefault: number
  /** The most that may be given. */
  most: number
  /** Speaks of all who have the power, in place of one. */
  many?: boolean
  disabled?: boolean
  title?: string | undefined
  onChange: (value: number) => void
}

const MANY: Readonly<Record<string, string>> = {
  Member: 'Everybody',
  Moderator: 'Moderators',
  Owner: 'Owners',
}
/** Numbers that every room version can hold. */
const LIMIT = 1_000_000

/** A role, or a number for those who need one. */
export function LevelSelect(props: LevelSelectProps) {
  const { label, value, usersDefault, most, many = false, disabled = false, title, onChange } = props
  const [typing, setTyping] = useState<string>()
  const levels = [...new Set([usersDefault, MODERATOR, OWNER, value])].toSorted((a, b) => a - b)
  const nameOf = (level: number): string => {
    const name = roleName(level, usersDefault)
    return many ? (MANY[name] ?? name) : name
  }

  function finish(): void {
    const number = Number(typing)
    setTyping(undefined)
    if (typing?.trim() === '' || !Number.isSafeInteger(number) || Math.abs(number) > LIMIT) return
    onChange(Math.min(number, most))
  }

  if (typing !== undefined) {
    return (
      <input
        // Who chose to type a number goes on with it.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        className={css.number}
        type="number"
        step={1}
        max={Number.isFinite(most) ? most : undefined}
        aria-label={`${label}: power level`}
        value={typing}
        onChange={(event) => setTyping(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== 'Escape') return
          event.preventDefault()
          event.stopPropagation()
          if (event.key === 'Escape') setTyping(undefined)
          else finish()
        }}
      />
    )
  }
  return (
    <select
      className={css.select}
      aria-label={label}
      title={title}
      disabled={disabled}
      value={value}
      onChange={(event) => {
        if (event.target.value === 'other') setTyping(Number.isFinite(value) ? String(value) : '')
        else onChange(Number(event.target.value))
      }}
    >
      {levels.map((level) => (
        <option key={level} value={level} disabled={level > most}>
          {nameOf(level)}
        </option>
      ))}
      {!disabled && <option value="other">Another power level…</option>}
    </select>
  )
}
