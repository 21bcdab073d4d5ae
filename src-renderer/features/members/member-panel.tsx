import { Check, Copy, UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { Member, RoomDetail } from '../../client/types.ts'
import { describeRole, isReachable } from '../../model/people.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import css from './member-panel.module.css'

interface MemberPanelProps {
  room: RoomDetail
  onClose: () => void
  onInvite: () => void
  onOpenDirect: (userId: string) => void
}

export function MemberPanel({ room, onClose, onInvite, onOpenDirect }: MemberPanelProps) {
  const sorted = room.members.toSorted(
    (a, b) =>
      Number(a.membership === 'invite') - Number(b.membership === 'invite') ||
      b.powerLevel - a.powerLevel ||
      a.name.localeCompare(b.name),
  )
  return (
    <SidePanel
      title="Members"
      onClose={onClose}
      footer={
        room.can.invite && (
          <Button onClick={onInvite}>
            <UserPlus aria-hidden="true" /> Invite people
          </Button>
        )
      }
    >
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label="Members" className={css.list}>
        {sorted.map((member) => (
          <MemberRow key={member.userId} member={member} onOpenDirect={onOpenDirect} />
        ))}
      </ul>
    </SidePanel>
  )
}

function MemberRow({ member, onOpenDirect }: { member: Member; onOpenDirect: (userId: string) => void }) {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  const [open, setOpen] = useState(false)
  const [copied, setCopied] = useState(false)
  const me = member.userId === client.userId
  const reachable = me ? true : isReachable(nearby, member.userId)

  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(member.userId)
    setCopied(true)
  }

  return (
    <li>
      <button type="button" className={css.member} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Avatar
          id={member.userId}
          name={member.name}
          mxc={member.avatarMxc}
          size={32}
          reachable={reachable}
        />
        <span className={css.words}>
          <span className={css.name}>
            {member.name}
            {me && <span className={css.you}> (you)</span>}
          </span>
          <span className={css.detail}>{details(member, reachable)}</span>
        </span>
      </button>
      {open && (
        <div className={css.more}>
          <p className={css.id}>{member.userId}</p>
          <div className={css.moreActions}>
            {!me && (
              <Button size="sm" onClick={() => onOpenDirect(member.userId)}>
                Message
              </Button>
            )}
            <Button size="sm" variant="ghost" onClick={() => void copy()}>
              {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
              {copied ? 'Copied' : 'Copy id'}
            </Button>
          </div>
        </div>
      )}
    </li>
  )
}

function details(member: Member, reachable: boolean | undefined): string {
  if (member.membership === 'invite') return 'Invited'
  const words = [describeRole(member.powerLevel), reachable === false ? 'offline' : undefined].filter(
    (each) => each !== undefined,
  )
  const sentence = words.length === 0 ? 'Member' : words.join(', ')
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
