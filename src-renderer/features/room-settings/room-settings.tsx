import { DoorOpen, Info, Link, ServerOff, ShieldCheck, SlidersHorizontal, Users } from 'lucide-react'
import { useState } from 'react'
import type { RoomDetail, RoomFacts } from '../../client/types.ts'
import type { Field } from '../../model/room-draft.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Tabs, type Tab } from '../../ui/tabs.tsx'
import { AccessPart } from './access-part.tsx'
import { AddressesPart } from './addresses-part.tsx'
import { AdvancedPart } from './advanced-part.tsx'
import { GeneralPart } from './general-part.tsx'
import { RightsPart } from './rights-part.tsx'
import { RolesPart } from './roles-part.tsx'
import { SaveBar } from './save-bar.tsx'
import { ServersPart } from './servers-part.tsx'
import { useRoomDraft } from './use-room-draft.ts'

export type SettingsPart = 'general' | 'access' | 'addresses' | 'roles' | 'rights' | 'servers' | 'advanced'

interface RoomSettingsProps {
  room: RoomDetail
  /** The part that it opens with; undefined while it is closed. */
  part: SettingsPart | undefined
  onClose: () => void
  /** The room goes on in another one. */
  onUpgraded: (roomId: string) => void
}

/** The others are rights. */
const isRole = (field: Field): boolean => field.startsWith('power:users')

export function RoomSettings(props: RoomSettingsProps) {
  const { client } = useServices()
  const facts = useReadable(client.roomFacts(props.room.id))
  // Whoever is put out meanwhile has nothing to set any more.
  return props.part === undefined || facts === undefined ? null : (
    <Open {...props} part={props.part} facts={facts} />
  )
}

function Open({
  room,
  facts,
  part,
  onClose,
  onUpgraded,
}: RoomSettingsProps & {
  part: SettingsPart
  facts: RoomFacts
}) {
  const draft = useRoomDraft(facts)
  const [open, setOpen] = useState<string>(part)
  const [asking, setAsking] = useState(false)
  const space = facts.state['m.room.create']?.['type'] === 'm.space'
  const changed = [...draft.draft.keys()]
  const marks = (is: (field: Field) => boolean): boolean => changed.some(is)

  const tabs: readonly Tab[] = [
    {
      id: 'general',
      label: 'General',
      icon: <SlidersHorizontal aria-hidden="true" />,
      marked: marks((field) => ['name', 'topic', 'avatar'].includes(field)),
      content: <GeneralPart room={room} settings={draft} />,
    },
    {
      id: 'access',
      label: 'Access',
      icon: <DoorOpen aria-hidden="true" />,
      marked: marks((field) => ['joinRule', 'allow', 'history'].includes(field)),
      content: <AccessPart room={room} settings={draft} onAdvanced={() => setOpen('advanced')} />,
    },
    {
      id: 'addresses',
      label: 'Addresses',
      icon: <Link aria-hidden="true" />,
      content: <AddressesPart facts={facts} />,
    },
    {
      id: 'roles',
      label: 'Roles',
      icon: <Users aria-hidden="true" />,
      marked: marks(isRole),
      content: <RolesPart room={room} settings={draft} />,
    },
    {
      id: 'rights',
      label: 'Permissions',
      icon: <ShieldCheck aria-hidden="true" />,
      marked: marks((field) => field.startsWith('power:') && !isRole(field)),
      content: <RightsPart settings={draft} />,
    },
    {
      id: 'servers',
      label: 'Servers',
      icon: <ServerOff aria-hidden="true" />,
      marked: marks((field) => field === 'deny' || field === 'policy'),
      content: <ServersPart room={room} settings={draft} />,
    },
    {
      id: 'advanced',
      label: 'Advanced',
      icon: <Info aria-hidden="true" />,
      content: <AdvancedPart room={room} facts={facts} onUpgraded={onUpgraded} />,
    },
  ]

  function close(): void {
    if (draft.draft.size > 0) setAsking(true)
    else onClose()
  }

  return (
    <>
      <Dialog open onOpenChange={close} title={space ? 'Space settings' : 'Room settings'} width="parts">
        <Tabs label="Parts of the settings" tabs={tabs} value={open} onChange={setOpen} />
        <SaveBar room={room} settings={draft} />
      </Dialog>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Close without saving?"
        description={`What you changed in the settings of this ${space ? 'space' : 'room'} is lost.`}
        action="Discard changes"
        onConfirm={onClose}
      />
    </>
  )
}
