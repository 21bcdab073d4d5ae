import { FileDown } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { ExportDialog } from './export-dialog.tsx'

interface ExportButtonProps {
  /** Absent: a capture. */
  roomId?: string
  name: string
  /** Where there is little room. */
  small?: boolean
}

export function ExportButton({ roomId, name, small = false }: ExportButtonProps) {
  const [open, setOpen] = useState(false)
  const label = roomId === undefined ? 'Export capture…' : 'Export room…'
  return (
    <>
      {small ? (
        <IconButton size="sm" label={label} icon={<FileDown />} onClick={() => setOpen(true)} />
      ) : (
        <Button size="sm" onClick={() => setOpen(true)}>
          <FileDown aria-hidden="true" />
          {label}
        </Button>
      )}
      {open && <ExportDialog roomId={roomId} name={name} onClose={() => setOpen(false)} />}
    </>
  )
}
