import { COMMANDS } from '../../model/command-list.ts'
import { Dialog } from '../../ui/dialog.tsx'
import css from './help-dialog.module.css'

/** What can be typed besides words. */
export function HelpDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Commands and formatting" width="md">
      <dl className={css.list}>
        {COMMANDS.map((command) => (
          <div key={command.name} className={css.row}>
            <dt>
              /{command.name} <span>{command.takes}</span>
            </dt>
            <dd>{command.does}</dd>
          </div>
        ))}
      </dl>
      <dl className={css.list}>
        {FORMATS.map(([signs, meaning]) => (
          <div key={signs} className={css.row}>
            <dt>{signs}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

const FORMATS = [
  ['**bold**', 'Bold'],
  ['*italic*', 'Italic'],
  ['~~gone~~', 'Struck through'],
  ['`code`', 'Code; three backticks on a line of their own begin several lines of it'],
  ['||hidden||', 'Hidden until clicked'],
  ['> quote', 'A quotation'],
  ['- item', 'A list'],
  ['[words](address)', 'A link'],
] as const
