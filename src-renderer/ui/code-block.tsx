import { useEffect, useState } from 'react'
import css from './code-block.module.css'
import { CodeFrame } from './code-frame.tsx'
import type { CodePart } from './highlighter.ts'
import { useCopy } from './use-copy.ts'

/** What is longer stays plain: highlighting it would be felt. */
const LONGEST = 20_000

/** Code as it was written. It is there at once; colours come when the computer has a moment. */
export function CodeBlock({ code, language }: { code: string; language: string | undefined }) {
  const parts = useHighlighted(code, language)
  const { outcome, copy } = useCopy()
  return (
    <CodeFrame amongWords label="Copy code" outcome={outcome} onCopy={() => void copy(code)}>
      <pre
        className={css.code}
        // Long lines are scrolled to, also by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={language === undefined ? 'Code' : `Code, ${language}`}
      >
        <code>
          {parts === undefined
            ? code
            : parts.map((part, index) =>
                part.kind === undefined ? (
                  part.text
                ) : (
                  // The parts of one text do not move.
                  // oxlint-disable-next-line react/no-array-index-key
                  <span key={index} className={css[part.kind]}>
                    {part.text}
                  </span>
                ),
              )}
        </code>
      </pre>
    </CodeFrame>
  )
}

function useHighlighted(code: string, language: string | undefined): readonly CodePart[] | undefined {
  const [found, setFound] = useState<{ code: string; parts: readonly CodePart[] }>()
  useEffect(() => {
    if (code.length > LONGEST || code.trim() === '') return
    let current = true
    const idle = whenIdle(() => {
      import('./highlighter.ts')
        .then(({ highlight }) => {
          const parts = highlight(code, language)
          if (current && parts !== undefined) setFound({ code, parts })
        })
        .catch((error: unknown) => console.warn('Code could not be highlighted', error))
    })
    return () => {
      current = false
      idle.cancel()
    }
  }, [code, language])
  return found?.code === code ? found.parts : undefined
}

function whenIdle(action: () => void): { cancel: () => void } {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(action, { timeout: 500 })
    return { cancel: () => cancelIdleCallback(id) }
  }
  const timer = setTimeout(action, 0)
  return { cancel: () => clearTimeout(timer) }
}
