import { Microscope, Search, Settings } from 'lucide-react'
import type { ReactNode } from 'react'
import { plural } from '../../model/text.ts'
import { INSPECTOR_HREF } from '../../model/routes.ts'
import { useIsOwner, useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Logo } from '../../ui/logo.tsx'
import css from './sidebar.module.css'

interface SidebarProps {
  /** Invitations, conversations, rooms and people nearby. */
  children: ReactNode
  onSwitcher: () => void
  onSettings: () => void
}

const shortcut = /Mac|iPhone|iPad/u.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K'

function openInspector(): void {
  window.location.hash = INSPECTOR_HREF
}

export function Sidebar({ children, onSwitcher, onSettings }: SidebarProps) {
  const { client } = useServices()
  const me = useReadable(client.profile)
  const newReports = useReadable(client.newReports)
  const isOwner = useIsOwner()
  return (
    <nav className={css.sidebar} aria-label="Conversations">
      <header className={css.header}>
        <Logo size={28} />
        <span className={css.brand}>Hearth</span>
      </header>
      <button type="button" className={css.search} onClick={onSwitcher} aria-keyshortcuts="Control+K Meta+K">
        <Search aria-hidden="true" />
        <span>Go to…</span>
        <kbd aria-hidden="true">{shortcut}</kbd>
      </button>
      <div className={css.lists}>{children}</div>
      <footer className={css.footer}>
        <Avatar id={client.userId} name={me.name} mxc={me.avatarMxc} size={32} />
        <span className={css.me}>{me.name}</span>
        {isOwner && <IconButton label="Inspector" icon={<Microscope />} onClick={openInspector} />}
        <IconButton
          label={newReports === 0 ? 'Settings' : `Settings, ${plural(newReports, 'new report')}`}
          icon={
            <span className={css.gear}>
              <Settings />
              {newReports > 0 && <span className={css.news} />}
            </span>
          }
          onClick={onSettings}
        />
      </footer>
    </nav>
  )
}
