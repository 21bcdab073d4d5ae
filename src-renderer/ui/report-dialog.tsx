import { useServices } from '../model/use-client.ts'
import { ReasonDialog } from './reason-dialog.tsx'

export type Reported = { roomId: string; eventId?: string } | { userId: string }

interface ReportDialogProps {
  /** What is reported; undefined while the dialog is closed. */
  what: Reported | undefined
  /** "this message", "Mia", "the room Canoe weekend". */
  name: string
  onClose: () => void
}

/** Tells whoever runs the server about something that should not be. */
export function ReportDialog({ what, name, onClose }: ReportDialogProps) {
  const { client, toast } = useServices()
  return (
    <ReasonDialog
      open={what !== undefined}
      onClose={onClose}
      title={`Report ${name}?`}
      description="It goes to whoever runs this Hearth. Nobody else learns of it."
      action="Report"
      hint="What is wrong with it?"
      required
      onConfirm={async (reason) => {
        if (what === undefined) return
        await client.report(what, reason ?? '')
        toast('Thank you. The report is on its way.')
      }}
    />
  )
}
