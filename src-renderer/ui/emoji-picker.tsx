import { Search } from 'lucide-react'
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { inTone, knownEmoji, loadEmoji, type Emoji, type EmojiSet } from '../model/emoji.ts'
import { noteEmoji, recentEmoji, saveSkinTone, skinTone } from '../model/emoji-choice.ts'
import css from './emoji-picker.module.css'
import { moveInGrid } from './grid-keys.ts'
import { Spinner } from './spinner.tsx'

interface EmojiPickerProps {
  onPick: (emoji: string) => void
}

const COLUMNS = 9
const MOST_FOUND = 90

/** All emoji, with search, groups, and those used last. */
export function EmojiPicker({ onPick }: EmojiPickerProps) {
  const [emoji, setEmoji] = useState<EmojiSet | undefined>(knownEmoji)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let current = true
    loadEmoji()
      .then((loaded) => current && setEmoji(loaded))
      .catch((error: unknown) => {
        console.warn('The emoji could not be loaded', error)
        if (current) setFailed(true)
      })
    return () => {
      current = false
    }
  }, [])
  if (emoji !== undefined) return <Picker set={emoji} onPick={onPick} />
  return (
    <div className={css.picker}>
      <output className={css.empty}>{failed ? 'The emoji could not be loaded.' : <Spinner />}</output>
    </div>
  )
}

function Picker({ set, onPick }: EmojiPickerProps & { set: EmojiSet }) {
  const [query, setQuery] = useState('')
  const [tone, setTone] = useState(skinTone)
  const [pointed, setPointed] = useState<string>()
  const grid = useRef<HTMLDivElement>(null)
  // As it was when the picker opened: nothing moves under the pointer.
  const [recent] = useState(() =>
    recentEmoji().flatMap((each) => {
      const known = set.byEmoji.get(each)
      return known === undefined ? [] : [known]
    }),
  )
  const sections = useMemo(() => {
    if (query.trim() !== '') return [{ name: 'Found', emojis: set.search(query, MOST_FOUND) }]
    const groups = set.groups.map(({ name, emojis }) => ({ name, emojis }))
    return recent.length === 0 ? groups : [{ name: 'Used last', emojis: recent }, ...groups]
  }, [query, set, recent])
  const first = sections[0]?.emojis[0]
  const about = set.byEmoji.get(pointed ?? '')

  function pick(emoji: Emoji): void {
    noteEmoji(emoji.emoji)
    onPick(inTone(emoji, tone))
  }

  function onSearchKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && first !== undefined) {
      event.preventDefault()
      pick(first)
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      grid.current?.querySelector('button')?.focus()
    }
  }

  function scrollTo(name: string): void {
    setQuery('')
    requestAnimationFrame(() =>
      grid.current?.querySelector(`[data-section="${name}"]`)?.scrollIntoView({ block: 'start' }),
    )
  }

  return (
    <div className={css.picker}>
      <div className={css.search}>
        <Search aria-hidden="true" />
        <input
          type="search"
          aria-label="Search emoji"
          placeholder="Search"
          value={query}
          // The picker was opened to choose: typing searches at once.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={onSearchKey}
        />
      </div>
      <nav className={css.groups} aria-label="Groups">
        {set.groups.map(({ name, emojis }) => (
          <button key={name} type="button" title={name} aria-label={name} onClick={() => scrollTo(name)}>
            {emojis[0]?.emoji}
          </button>
        ))}
      </nav>
      {/* The arrows move between the buttons; each is reached by keyboard without them, too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        ref={grid}
        className={css.grid}
        onKeyDown={(event) => {
          if (
            event.target instanceof HTMLElement &&
            moveInGrid(event.currentTarget, event.target, event.key, COLUMNS)
          )
            event.preventDefault()
        }}
        onClick={(event) => {
          const picked = set.byEmoji.get(emojiOf(event.target) ?? '')
          if (picked !== undefined) pick(picked)
        }}
        onPointerOver={(event) => setPointed(emojiOf(event.target))}
        onFocus={(event) => setPointed(emojiOf(event.target))}
      >
        {sections.map(({ name, emojis }) => (
          <Section key={name} name={name} emojis={emojis} tone={tone} />
        ))}
        {first === undefined && <p className={css.empty}>No emoji by that name.</p>}
      </div>
      <footer className={css.footer}>
        <span className={css.about}>
          {about !== undefined && (
            <>
              <span className={css.big}>{inTone(about, tone)}</span>
              <span className={css.label}>:{about.shortcodes[0] ?? about.label}:</span>
            </>
          )}
        </span>
        <Tones
          tone={tone}
          hand={set.byShortcode.get('raised_hand')}
          onTone={(next) => {
            setTone(next)
            saveSkinTone(next)
          }}
        />
      </footer>
    </div>
  )
}

interface SectionProps {
  name: string
  emojis: readonly Emoji[]
  tone: number
}

/** Thousands of buttons: drawn again only when they change. */
const Section = memo(function Section({ name, emojis, tone }: SectionProps) {
  if (emojis.length === 0) return null
  const rows = Math.ceil(emojis.length / COLUMNS)
  return (
    <section
      data-section={name}
      className={css.section}
      aria-label={name}
      style={{ containIntrinsicBlockSize: `${rows * 36 + 28}px` }}
    >
      <h3>{name}</h3>
      <div className={css.emojis}>
        {emojis.map((emoji) => (
          <button key={emoji.emoji} type="button" data-emoji={emoji.emoji} aria-label={emoji.label}>
            {inTone(emoji, tone)}
          </button>
        ))}
      </div>
    </section>
  )
})

const TONES = ['No skin tone', 'Light', 'Medium-light', 'Medium', 'Medium-dark', 'Dark']

interface TonesProps {
  tone: number
  hand: Emoji | undefined
  onTone: (tone: number) => void
}

function Tones({ tone, hand, onTone }: TonesProps) {
  if (hand === undefined) return null
  return (
    <fieldset className={css.tones}>
      <legend className="visually-hidden">Skin tone</legend>
      {TONES.map((name, index) => (
        <button
          key={name}
          type="button"
          title={name}
          aria-label={name}
          aria-pressed={index === tone}
          onClick={() => onTone(index)}
        >
          {inTone(hand, index)}
        </button>
      ))}
    </fieldset>
  )
}

function emojiOf(target: EventTarget): string | undefined {
  return target instanceof HTMLElement ? target.dataset['emoji'] : undefined
}
