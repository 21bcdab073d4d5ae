import { ShieldCheck } from 'lucide-react'
import { inspectorHref } from '../../../model/routes.ts'
import { IconButton } from '../../../ui/icon-button.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { EventDetail } from '../event/event-detail.tsx'
import css from './graph.module.css'

interface EventPanelProps {
  roomId: string
  eventId: string
  showAuth: boolean
  onShowAuth: (show: boolean) => void
  onClose: () => void
}

/** All that is known of the selected event; links to other events stay in the graph. */
export function EventPanel({ roomId, eventId, showAuth, onShowAuth, onClose }: EventPanelProps) {
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
        <EventDetail eventId={eventId} hrefOf={(id) => inspectorHref('graph', [roomId, id])} />
      </div>
    </SidePanel>
  )
}
