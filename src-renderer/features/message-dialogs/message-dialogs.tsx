import { useVerbs, type Question } from '../../model/conversation.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ReportDialog } from '../../ui/report-dialog.tsx'
import { DeleteForm } from './delete-form.tsx'
import { DetailsView } from './details-view.tsx'
import { ForwardList } from './forward-list.tsx'
import { PictureView } from './picture-view.tsx'
import { ReactionsView } from './reactions-view.tsx'
import { VersionsView } from './versions-view.tsx'

const TITLES = {
  delete: 'Delete this message?',
  forward: 'Forward to',
  details: 'Message details',
  versions: 'Earlier versions',
  reactions: 'Reactions',
} as const

interface MessageDialogsProps {
  question: Question | undefined
  onClose: () => void
}

/** The dialogs about one message; one is open at a time. */
export function MessageDialogs({ question, onClose }: MessageDialogsProps) {
  const { roomId } = useVerbs()
  if (question === undefined) return null
  if (question.kind === 'report') {
    return (
      <ReportDialog
        what={{ roomId, eventId: question.event.id }}
        name={`this message of ${question.event.sender.name}`}
        onClose={onClose}
      />
    )
  }
  if (question.kind === 'picture')
    return <PictureView key={question.event.id} event={question.event} onClose={onClose} />
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={TITLES[question.kind]}
      width={question.kind === 'details' || question.kind === 'versions' ? 'md' : 'sm'}
      {...(question.kind === 'delete'
        ? { description: 'It is removed for everyone in this room. This cannot be undone.' }
        : {})}
    >
      <Answer question={question} onClose={onClose} />
    </Dialog>
  )
}

function Answer({ question, onClose }: { question: Question; onClose: () => void }) {
  const { client } = useServices()
  const { roomId } = useVerbs()
  // The message may change while the dialog is open.
  const now = useReadable(client.event(roomId, question.event.id))
  const event = typeof now === 'string' ? question.event : now
  switch (question.kind) {
    case 'delete':
      return <DeleteForm event={event} onClose={onClose} />
    case 'forward':
      return <ForwardList event={event} onClose={onClose} />
    case 'details':
      return <DetailsView event={event} />
    case 'versions':
      return <VersionsView event={event} />
    case 'reactions':
      return <ReactionsView event={event} onClose={onClose} />
    case 'picture':
    case 'report':
      return null
  }
}
