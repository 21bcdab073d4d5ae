import { Check, CheckCheck, CircleAlert, Clock3 } from 'lucide-react'
import { summariseDelivery } from '../model/delivery.ts'
import { inspectorHref } from '../model/routes.ts'
import { useIsOwner, useReadable, useServices } from '../model/use-client.ts'
import css from './message-state.module.css'

const STATES = {
  waiting: { word: 'Waiting to be sent', icon: <Clock3 /> },
  sent: { word: 'Sent', icon: <Check /> },
  delivered: { word: 'Delivered', icon: <CheckCheck /> },
  read: { word: 'Read', icon: <CheckCheck /> },
  failed: { word: 'Not sent', icon: <CircleAlert /> },
} as const

interface StateMarkProps {
  state: keyof typeof STATES
  /** Instead of the state's own. */
  words?: string | undefined
  /** Always seen, not only when the message is pointed at. */
  shown: boolean
}

/** What has become of an own message. */
export function StateMark({ state, words, shown }: StateMarkProps) {
  const said = words ?? STATES[state].word
  return (
    <span
      className={[css.state, shown && css.shown].filter(Boolean).join(' ')}
      data-state={state}
      title={said}
    >
      {STATES[state].icon}
      <span className="visually-hidden">{said}</span>
    </span>
  )
}

/** Of a message that the own node has: whether the others' computers have it too. */
export function DeliveryMark({ roomId, eventId }: { roomId: string; eventId: string }) {
  const { client } = useServices()
  const delivery = useReadable(client.delivery(roomId, eventId))
  const isOwner = useIsOwner()
  const { state, words } = summariseDelivery(delivery)
  const mark = <StateMark state={state} words={words} shown />
  if (!isOwner) return mark
  return (
    <a href={inspectorHref('path', [eventId])} tabIndex={-1} className={css.path}>
      {mark}
      <span className="visually-hidden">: the path of this message</span>
    </a>
  )
}
