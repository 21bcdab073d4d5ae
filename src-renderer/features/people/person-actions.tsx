import { Ban, Eraser, EyeOff, Eye, Flag, MailX, UserCheck, UserMinus } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Member, Outsider, Person, RoomDetail, RoomFacts } from '../../client/types.ts'
import { mayModerate } from '../../model/room-rights.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { SwitchField } from '../../ui/field.tsx'
import { ReasonDialog } from '../../ui/reason-dialog.tsx'
import { ReportDialog } from '../../ui/report-dialog.tsx'
import css from './person-panel.module.css'
import { REDACT_SPANS, RedactDialog } from './redact-dialog.tsx'

interface PersonActionsProps {
  room: RoomDetail
  facts: RoomFacts
  person: Person
  /** Where they stand to the room; undefined for those who have left it. */
  standing: (Member | Outsider)['membership'] | undefined
}

type Asked = 'kick' | 'uninvite' | 'ban' | 'unban' | 'redact' | 'report'

const LAST_DAY = REDACT_SPANS.find((each) => each.value === 'day')?.ms ?? 0

/** What can be done about somebody, as far as one's power goes. */
export function PersonActions({ room, facts, person, standing }: PersonActionsProps) {
  const { client, attempt, toast } = useServices()
  const ignored = useReadable(client.ignored).has(person.userId)
  const [asked, setAsked] = useState<Asked>()
  const [andMessages, setAndMessages] = useState(false)
  const { userId, name } = person
  const me = client.userId
  const may = (how: 'kick' | 'ban'): boolean => mayModerate(facts, me, userId, how)
  const close = (): void => setAsked(undefined)
  const here = room.isSpace ? 'space' : 'room'
  // Nobody writes in a space.
  const mayRedact = room.can.redactOthers && !room.isSpace

  async function ban(reason: string | undefined): Promise<void> {
    await client.ban(room.id, userId, reason)
    if (!andMessages) return
    await client.redactSince(room.id, userId, Date.now() - LAST_DAY, {
      reason,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
  }

  async function ignore(): Promise<void> {
    const worked = await attempt(
      () => client.setIgnored(userId, !ignored),
      ignored ? `${name} is still ignored` : `${name} could not be ignored`,
    )
    if (worked)
      toast(ignored ? `You see again what ${name} writes.` : `You see nothing of ${name} any more, anywhere.`)
  }

  return (
    <div className={css.list}>
      {mayRedact && <Action icon={<Eraser />} label="Delete messages…" onClick={() => setAsked('redact')} />}
      {standing === 'invite' && may('kick') && (
        <Action icon={<MailX />} label="Take back the invitation…" onClick={() => setAsked('uninvite')} />
      )}
      {standing === 'join' && may('kick') && (
        <Action
          icon={<UserMinus />}
          label={`Remove from the ${here}…`}
          danger
          onClick={() => setAsked('kick')}
        />
      )}
      {standing === 'ban'
        ? may('ban') &&
          may('kick') && (
            <Action icon={<UserCheck />} label="Lift the ban…" onClick={() => setAsked('unban')} />
          )
        : may('ban') && <Action icon={<Ban />} label="Ban…" danger onClick={() => setAsked('ban')} />}
      <Action
        icon={ignored ? <Eye /> : <EyeOff />}
        label={ignored ? 'Stop ignoring' : 'Ignore'}
        onClick={() => void ignore()}
      />
      <Action icon={<Flag />} label="Report…" onClick={() => setAsked('report')} />

      <ReasonDialog
        open={asked === 'kick'}
        onClose={close}
        title={`Remove ${name} from the ${here}?`}
        description={
          room.joinRule === 'public'
            ? 'They can join again at once. To keep them out, ban them.'
            : 'To come back they need a new invitation.'
        }
        action="Remove"
        danger
        hint="They and everyone here can read it. Empty is fine too."
        onConfirm={async (reason) => await client.kick(room.id, userId, reason)}
      />
      <ReasonDialog
        open={asked === 'uninvite'}
        onClose={close}
        title={`Take back the invitation of ${name}?`}
        description="It disappears from their list."
        action="Take back"
        hint="They and everyone here can read it. Empty is fine too."
        onConfirm={async (reason) => await client.kick(room.id, userId, reason)}
      />
      <ReasonDialog
        open={asked === 'ban'}
        onClose={close}
        title={`Ban ${name}?`}
        description={`They leave the ${here} and cannot come back, also not by invitation, until somebody lifts the ban.`}
        action="Ban"
        danger
        hint="They and everyone here can read it. Empty is fine too."
        onConfirm={ban}
      >
        {mayRedact && (
          <SwitchField
            label="Delete their messages of the last day"
            checked={andMessages}
            onChange={setAndMessages}
          />
        )}
      </ReasonDialog>
      <ReasonDialog
        open={asked === 'unban'}
        onClose={close}
        title={`Lift the ban of ${name}?`}
        description="They may come in again, in the same ways as everybody else."
        action="Lift the ban"
        hint="Everyone here can read it. Empty is fine too."
        onConfirm={async (reason) => await client.unban(room.id, userId, reason)}
      />
      <RedactDialog roomId={room.id} person={person} open={asked === 'redact'} onClose={close} />
      <ReportDialog what={asked === 'report' ? { userId } : undefined} name={name} onClose={close} />
    </div>
  )
}

interface ActionProps {
  icon: ReactNode
  label: string
  danger?: boolean
  onClick: () => void
}

function Action({ icon, label, danger = false, onClick }: ActionProps) {
  return (
    <button type="button" className={css.action} data-danger={danger || undefined} onClick={onClick}>
      {icon}
      {label}
    </button>
  )
}
