import {
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  type KeyboardEvent,
  type Ref,
  useImperativeHandle,
  useState,
} from 'react'
import { describeSelection } from './describe.ts'
import css from './graph.module.css'
import { keyOf, type KeyVerb } from './keys.ts'
import type { Scene } from './scene.ts'
import { Surface } from './surface.ts'

export interface GraphCanvasProps {
  ref: Ref<Surface | null>
  label: string
  scene: Scene
  onSelect: (index: number | undefined) => void
  onKey: (verb: KeyVerb) => void
  onLook: (look: { following: boolean; rowsBelow: number }) => void
}

/** The graph itself. It is one stop for Tab; from there keys lead from event to event, and the selection is read out. */
export function GraphCanvas({ ref, label, scene, onSelect, onKey, onLook }: GraphCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const strip = useRef<HTMLCanvasElement>(null)
  const [surface, setSurface] = useState<Surface | null>(null)
  const help = useId()
  const select = useEffectEvent(onSelect)
  const look = useEffectEvent(onLook)

  useEffect(() => {
    if (canvas.current === null || strip.current === null) return
    const own = new Surface(canvas.current, strip.current, {
      onSelect: (index) => select(index),
      onLook: (to) => look(to),
    })
    // The surface listens to elements, which are there only now.
    // oxlint-disable-next-line react/set-state-in-effect
    setSurface(own)
    return () => own.stop()
  }, [])
  useImperativeHandle<Surface | null, Surface | null>(ref, () => surface, [surface])
  useEffect(() => {
    surface?.show(scene)
  }, [surface, scene])

  function onKeyDown(event: KeyboardEvent): void {
    const verb = keyOf(event)
    if (verb === undefined) return
    event.preventDefault()
    onKey(verb)
  }

  return (
    <div className={css.stage}>
      {/* Arrow keys lead through the graph, so that it has to take them from screen readers too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
      <div
        className={css.graph}
        role="application"
        aria-label={label}
        aria-describedby={help}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} className={css.canvas} />
      </div>
      <canvas ref={strip} className={css.strip} aria-hidden="true" />
      <p id={help} className="visually-hidden">
        Down leads to a parent, Up to a child, Left and Right to siblings, Page Up and Page Down along the
        rows, Enter opens the event, N and P go through the matches, plus and minus zoom.
      </p>
      <output className="visually-hidden" aria-live="polite" aria-label="Selected event">
        {scene.selected === undefined ? '' : describeSelection(scene, scene.selected)}
      </output>
    </div>
  )
}
