import { Dialog } from '../../ui/dialog.tsx'
import { CopyField } from '../../ui/copy-field.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './share-dialog.module.css'

interface ShareDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  links: readonly { readonly label: string; readonly hint: string; readonly value: string }[]
  /** What a camera reads. */
  code: string
}

/** A link to give to somebody, to copy or to scan. */
export function ShareDialog({ open, onOpenChange, title, description, links, code }: ShareDialogProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description}>
      <Stack>
        <div className={css.code}>
          <QrCode text={code} label="Code to scan with a camera" />
        </div>
        {links.map((link) => (
          <CopyField key={link.label} {...link} />
        ))}
      </Stack>
    </Dialog>
  )
}
