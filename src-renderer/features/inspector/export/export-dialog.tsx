import { useState } from 'react'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog, DialogActions } from '../../../ui/dialog.tsx'
import { Note } from '../../../ui/note.tsx'
import { saveFile } from '../../../ui/save-file.ts'
import css from './export.module.css'

type Content = 'redacted' | 'full'

interface Choice {
  readonly value: Content
  readonly label: string
  readonly detail: string
}

const roomChoices: readonly Choice[] = [
  {
    value: 'redacted',
    label: 'Without what people wrote',
    detail:
      'Messages, names and topics are taken out as a deletion would. Who sent what kind of event and when stays, and every signature can still be checked.',
  },
  {
    value: 'full',
    label: 'With everything',
    detail:
      'Messages too, as far as they are not encrypted. Give it only to people who may read the whole room.',
  },
]

const captureChoices: readonly Choice[] = [
  {
    value: 'redacted',
    label: 'Without what people wrote',
    detail:
      'Operations with their times and decisions. Of what was recorded, events are cut as a deletion would cut them, and of all else the ids are left.',
  },
  {
    value: 'full',
    label: 'With everything',
    detail:
      'What servers sent each other in full, as far as it was recorded: messages, names, profiles. Tokens are never in it.',
  },
]

interface ExportDialogProps {
  /** Absent: what this node did, with what was recorded. */
  roomId: string | undefined
  /** What people call the room. */
  name: string
  onClose: () => void
}

/** Saves a room, or a capture, as a file that others can read and check without asking anybody. */
export function ExportDialog({ roomId, name, onClose }: ExportDialogProps) {
  const { client, toast } = useServices()
  const [content, setContent] = useState<Content>('redacted')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()

  async function save(): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      const of = roomId === undefined ? 'trace' : `rooms/${encodeURIComponent(roomId)}`
      saveFile(fileName(name, content), await client.inspector.download(`${of}/export?content=${content}`))
      toast(`${name} was exported`)
      onClose()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={`Export ${name}`}
      description={
        roomId === undefined
          ? 'What this Hearth did, one operation a line, with the keys to check the events in it.'
          : 'All events of the room that this Hearth has, one a line, with the keys to check them.'
      }
    >
      <fieldset className={css.choices}>
        <legend className="visually-hidden">What is in it</legend>
        {(roomId === undefined ? captureChoices : roomChoices).map(({ value, label, detail }) => (
          <label key={value} className={css.choice}>
            <input
              type="radio"
              name="content"
              value={value}
              checked={content === value}
              onChange={() => setContent(value)}
            />
            <span className={css.label}>{label}</span>
            <span className={css.detail}>{detail}</span>
          </label>
        ))}
      </fieldset>
      <p className={css.hint}>
        Whoever gets the file checks it offline: <code>npm run headless -- verify file.jsonl</code>
      </p>
      {problem !== undefined && <Note tone="warn">{problem}</Note>}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={busy} onClick={() => void save()}>
          Export
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function fileName(name: string, content: Content): string {
  const words = name
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 60)
  return `${words === '' ? 'room' : words}${content === 'full' ? '-full' : ''}.jsonl`
}
