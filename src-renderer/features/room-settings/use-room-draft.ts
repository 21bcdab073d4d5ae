import { useCallback, useMemo, useState } from 'react'
import type { HearthClient } from '../../client/hearth-client.ts'
import type { RoomFacts } from '../../client/types.ts'
import {
  conflictsOf,
  NO_DRAFT,
  settled,
  shown,
  typeOf,
  withEdit,
  withKept,
  withoutEdit,
  writesOf,
  type Conflict,
  type Draft,
  type Field,
  type Value,
} from '../../model/room-draft.ts'
import { whyNotLevel, whyNotSet } from '../../model/room-rights.ts'
import { useServices } from '../../model/use-client.ts'

/** How long the sync may take to bring back what was written. */
const COMES_BACK_MS = 10_000

/** What the parts of the settings share: the room as it is, and what is changed in them but not saved. */
export interface RoomDraft {
  readonly facts: RoomFacts
  readonly draft: Draft
  readonly conflicts: readonly Conflict[]
  readonly state: 'idle' | 'saving' | 'saved'
  /** Why it could not be saved, as a sentence. */
  readonly problem: string | undefined
  value(field: Field): Value
  text(field: Field): string
  list(field: Field): readonly string[]
  level(field: Field): number
  /** Why a field may not be changed; undefined when it may. */
  whyNot(field: Field): string | undefined
  edit(field: Field, value: Value): void
  /** Forgets one edit. */
  drop(field: Field): void
  /** Mine, although somebody else changed it. */
  keep(field: Field): void
  discard(): void
  save(): Promise<void>
}

export function useRoomDraft(facts: RoomFacts): RoomDraft {
  const { client, describe } = useServices()
  const [edits, setEdits] = useState(NO_DRAFT)
  const [state, setState] = useState<RoomDraft['state']>('idle')
  const [problem, setProblem] = useState<string>()
  const draft = useMemo(() => settled(edits, facts), [edits, facts])

  const change = useCallback((next: (before: Draft) => Draft) => {
    setEdits(next)
    setState((before) => (before === 'saving' ? before : 'idle'))
    setProblem(undefined)
  }, [])

  async function save(): Promise<void> {
    setState('saving')
    setProblem(undefined)
    try {
      const ready = await withUpload(client, draft)
      const picture = ready.get('avatar')
      // What is typed meanwhile stays: only the picture that was uploaded is an address now.
      if (picture !== undefined && picture !== draft.get('avatar'))
        setEdits((before) =>
          before.get('avatar') === draft.get('avatar') ? new Map(before).set('avatar', picture) : before,
        )
      for (const write of writesOf(ready, facts))
        await client.writeState(facts.id, write.type, write.content, write.basedOn)
      await comesBack(client, facts.id, ready)
      setEdits((before) => without(before, ready))
      setState('saved')
    } catch (error) {
      setProblem(describe(error))
      setState('idle')
    }
  }

  const value = (field: Field): Value => shown(draft, facts, field)

  return {
    facts,
    draft,
    conflicts: conflictsOf(draft, facts),
    state,
    problem,
    value,
    text: (field) => {
      const now = value(field)
      return typeof now === 'string' ? now : ''
    },
    list: (field) => {
      const now = value(field)
      return typeof now === 'object' && !(now instanceof File) ? now : []
    },
    level: (field) => Number(value(field)),
    whyNot: (field) =>
      field.startsWith('power:')
        ? whyNotLevel(facts, client.userId, field.slice('power:'.length))
        : whyNotSet(facts, client.userId, typeOf(field)),
    edit: (field, value) => change((before) => withEdit(settled(before, facts), facts, field, value)),
    drop: (field) => change((before) => withoutEdit(before, field)),
    keep: (field) => change((before) => withKept(before, facts, field)),
    discard: () => change(() => NO_DRAFT),
    save,
  }
}

/** What was changed again while it was saved is not saved. */
function without(draft: Draft, saved: Draft): Draft {
  return new Map([...draft].filter(([field, { value }]) => saved.get(field)?.value !== value))
}

/** A picture has no address before it is uploaded. */
async function withUpload(client: HearthClient, draft: Draft): Promise<Draft> {
  const picture = draft.get('avatar')
  if (!(picture?.value instanceof File)) return draft
  return new Map(draft).set('avatar', {
    base: picture.base,
    value: await client.uploadPicture(picture.value),
  })
}

/** Until the room says what was written, so that nothing jumps back for a moment. */
async function comesBack(client: HearthClient, roomId: string, draft: Draft): Promise<void> {
  const source = client.roomFacts(roomId)
  const isBack = (): boolean => {
    const now = source.get()
    return now === undefined || settled(draft, now).size === 0
  }
  if (isBack()) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, COMES_BACK_MS)
    const stop = source.subscribe(() => isBack() && done())
    function done(): void {
      clearTimeout(timer)
      stop()
      resolve()
    }
  })
}
