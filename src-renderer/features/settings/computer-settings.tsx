import { hearthLink, isHostPort } from '../../model/addresses.ts'
import { serverOfUser } from '../../model/people.ts'
import { useServices } from '../../model/use-client.ts'
import { CopyField } from '../../ui/copy-field.tsx'
import { Details } from '../../ui/details.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import { IdentityBackup } from './identity-backup.tsx'
import css from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'
import type { EditableSettings } from './use-node-settings.ts'

/** This node: how others find it, and its identity. */
export function ComputerSettings({ settings }: Pick<EditableSettings, 'settings'>) {
  const { client } = useServices()
  const link = hearthLink(serverOfUser(client.userId), settings?.addresses?.find(isHostPort))
  return (
    <SettingsSection title="This computer">
      {settings !== undefined && (
        <>
          <CopyField
            label="Your address"
            hint="Give this link to somebody who does not see you nearby. They add it under Nearby."
            value={link}
          />
          <details className={css.code}>
            <summary>Show it as a code to scan</summary>
            <QrCode text={link} label="Your address as a code" />
          </details>
          <IdentityBackup />
        </>
      )}
      <Details
        summary="For experts"
        rows={[
          { term: 'Matrix id', value: client.userId },
          { term: 'Server name', value: serverOfUser(client.userId) },
          ...(settings?.addresses ?? []).map((value) => ({ term: 'Address on this network', value })),
          { term: 'Address for other Matrix apps', value: client.clientUrl },
        ]}
      />
    </SettingsSection>
  )
}
