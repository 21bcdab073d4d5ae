import { ShieldCheck } from 'lucide-react'
import { inspectorHref } from '../../../model/routes.ts'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Note } from '../../../ui/note.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { EventDetail } from '../event/event-detail.tsx'
import css from './graph.module.css'

interface EventPanelProps {
  roomId: string
  eventId: string
  showAuth: boolean
  /** Auth events that cannot be shown, as they are older than what is loaded. */
  unloadedAuth: number
  onShowAuth: (show: boolean) => void
  onClose: () => void
}

/** All that is known of the selected event; links to other events stay in the graph. */
export function EventPanel(props: EventPanelProps) {
  const { roomId, eventId, showAuth, unloadedAuth, onShowAuth, onClose } = props
  return (
    <SidePanel
      wide
      title="Event"
      onClose={onClose}
      actions={
        <IconButton
          label="Show its auth events in the graph"
          icon={<ShieldCheck />}
          pressed={showAuth}
          onClick={() => onShowAuth(!showAuth)}
        />
      }
    >
      <div className={css.detail}>
        {unloadedAuth > 0 && (
          <Note>
            {unloadedAuth === 1 ? '1 of its auth events is' : `${unloadedAuth} of its auth events are`} older
            than what the graph has loaded: scroll down for {unloadedAuth === 1 ? 'it' : 'them'}.
          </Note>
        )}
        <EventDetail eventId={eventId} hrefOf={(id) => inspectorHref('graph', [roomId, id])} />
      </div>
    </SidePanel>
  )
}
