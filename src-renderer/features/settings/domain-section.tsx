import { Globe } from 'lucide-react'
import { useState } from 'react'
import { isKeyName } from '../../client/names.ts'
import { serverOfUser } from '../../model/people.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { AboutDomains } from './about-domains.tsx'
import { DomainGuide } from './domain-guide.tsx'
import css from './domain.module.css'
import { SettingsSection } from './settings-section.tsx'
import type { EditableSettings } from './use-node-settings.ts'

/** Whether, and how, servers everywhere find this Hearth. */
export function DomainSection(node: EditableSettings) {
  const { client } = useServices()
  const [open, setOpen] = useState(false)
  const server = serverOfUser(client.userId)
  const isDomain = !isKeyName(server)
  return (
    <SettingsSection title="Domain name">
      <div className={css.section}>
        <p className={css.text}>
          {isDomain ? (
            <>
              This Hearth is <strong className={css.name}>{server}</strong>. Servers everywhere find it by
              this name, as long as DNS, port and certificate are right.
            </>
          ) : (
            <>
              The name of this Hearth is its key: people on your network find it, and people elsewhere by your
              address. With a domain name, every Matrix server would find it.
            </>
          )}
        </p>
        <Button onClick={() => setOpen(true)}>
          <Globe aria-hidden="true" /> {isDomain ? 'Check the domain…' : 'What a domain name gives…'}
        </Button>
      </div>
      <Dialog open={open} onOpenChange={setOpen} title="Domain name" width="md">
        {isDomain ? <DomainGuide server={server} node={node} /> : <AboutDomains />}
      </Dialog>
    </SettingsSection>
  )
}
