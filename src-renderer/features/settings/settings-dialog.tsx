import {
  Bell,
  DoorClosed,
  Flag,
  Globe,
  Laptop,
  Lock,
  Network,
  Palette,
  ServerOff,
  UserRound,
} from 'lucide-react'
import { useState } from 'react'
import { Dialog } from '../../ui/dialog.tsx'
import { Tabs, type Tab } from '../../ui/tabs.tsx'
import { AppearanceSettings } from './appearance-settings.tsx'
import { ComputerSettings } from './computer-settings.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { DomainSection } from './domain-section.tsx'
import { roomHref } from '../../model/routes.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { LeftRooms } from './left-rooms.tsx'
import { NetworkSettings } from './network-settings.tsx'
import { NotificationSettings } from './notification-settings.tsx'
import { PrivacySettings } from './privacy-settings.tsx'
import { ProfileSettings } from './profile-settings.tsx'
import { Reports } from './reports.tsx'
import { ServerSettings } from './server-settings.tsx'
import { useNodeSettings } from './use-node-settings.ts'

interface SettingsDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  onSignOut: () => void
}

export function SettingsDialog(props: SettingsDialogProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title="Settings" width="parts">
      <Parts {...props} />
    </Dialog>
  )
}

function Parts({ onOpenChange, onSignOut }: SettingsDialogProps) {
  const node = useNodeSettings()
  const [part, setPart] = useState('profile')
  const newReports = useReadable(useServices().client.newReports)
  function openRoom(roomId: string, eventId?: string): void {
    onOpenChange(false)
    window.location.hash = roomHref(roomId, eventId)
  }
  const isOwner = node.settings !== undefined
  const tabs: readonly Tab[] = [
    {
      id: 'profile',
      label: 'Profile',
      icon: <UserRound aria-hidden="true" />,
      content: (
        <>
          <ProfileSettings onSaved={() => onOpenChange(false)} onSignOut={onSignOut} />
          <DeleteAccount isOwner={isOwner} onDeleted={onSignOut} />
        </>
      ),
    },
    {
      id: 'notifications',
      label: 'Notifications',
      icon: <Bell aria-hidden="true" />,
      content: <NotificationSettings />,
    },
    {
      id: 'privacy',
      label: 'Privacy',
      icon: <Lock aria-hidden="true" />,
      content: <PrivacySettings {...node} />,
    },
    {
      id: 'appearance',
      label: 'Appearance',
      icon: <Palette aria-hidden="true" />,
      content: <AppearanceSettings />,
    },
    {
      id: 'left',
      label: 'Rooms you left',
      icon: <DoorClosed aria-hidden="true" />,
      content: <LeftRooms onOpened={openRoom} />,
    },
    // What belongs to the node is its owner's.
    ...(isOwner
      ? [
          {
            id: 'reports',
            label: 'Reports',
            icon: <Flag aria-hidden="true" />,
            count: newReports,
            content: <Reports onOpen={openRoom} />,
          },
          {
            id: 'servers',
            label: 'Servers',
            icon: <ServerOff aria-hidden="true" />,
            content: <ServerSettings {...node} />,
          },
          {
            id: 'network',
            label: 'Network',
            icon: <Network aria-hidden="true" />,
            content: <NetworkSettings {...node} />,
          },
          {
            id: 'domain',
            label: 'Domain name',
            icon: <Globe aria-hidden="true" />,
            content: <DomainSection {...node} />,
          },
        ]
      : []),
    {
      id: 'computer',
      label: 'This computer',
      icon: <Laptop aria-hidden="true" />,
      content: <ComputerSettings {...node} />,
    },
  ]
  return <Tabs label="Parts of the settings" tabs={tabs} value={part} onChange={setPart} />
}
