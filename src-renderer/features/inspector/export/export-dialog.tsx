import { useState } from 'react'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog, DialogActions } from '../../../ui/dialog.tsx'
import { Note } from '../../../ui/note.tsx'
import { saveFile } from '../../../ui/save-file.ts'
import css from './export.module.css'

type Content = 'redacted' | 'full'

const choices: readonly { value: Content; label: string; detail: string }[] = [
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

interface ExportDialogProps {
  roomId: string
  /** What people call the room. */
  name: string
  onClose: () => void
}

/** Saves a room as a file that others can read and check without asking anybody. */
export function ExportDialog({ roomId, name, onClose }: ExportDialogProps) {
  const { client, toast } = useServices()
  const [content, setContent] = useState<Content>('redacted')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()

  async function save(): Promise<void> {
    setBusy(true)
    setProblem(undefined)
    try {
      const path = `rooms/${encodeURIComponent(roomId)}/export?content=${content}`
      saveFile(fileName(name, content), await client.inspector.download(path))
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
      description="All events of the room that this Hearth has, one a line, with the keys to check them."
    >
      <fieldset className={css.choices}>
        <legend className="visually-hidden">What is in it</legend>
        {choices.map(({ value, label, detail }) => (
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
