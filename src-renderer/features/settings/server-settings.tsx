import { describeGlobError, isServerAllowed } from '../../model/server-rules.ts'
import { listNames, plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import css from './settings-dialog.module.css'
import { SettingsSection } from './settings-section.tsx'
import type { EditableSettings } from './use-node-settings.ts'
import { WordList } from './word-list.tsx'

const MAX_NAMED = 3
const MAX_GLOB = 255

/** With which other servers this Hearth has anything to do. */
export function ServerSettings({ settings, change }: EditableSettings) {
  const { client } = useServices()
  if (settings === undefined) return null
  const allow = settings.allow_domain ?? []
  const deny = settings.deny_domain ?? []
  const leftOut = client.sharedServers().filter((each) => !isServerAllowed({ allow, deny }, each.serverName))

  async function save(part: { allow_domain: string[] } | { deny_domain: string[] }): Promise<boolean> {
    const saved = await change(part)
    if (saved) client.serverRulesChanged()
    return saved
  }

  return (
    <SettingsSection title="Servers">
      <p className={css.hint}>
        With whom this Hearth exchanges anything at all: messages, files, names, invitations. A change counts
        at once. In rooms where such a server is already you stay, but you do not see what its people write,
        and what you write waits for them until you allow it again. Their server is told that you do not allow
        it.
      </p>
      <WordList
        label="Deny these servers"
        placeholder="example.org or *.example.org"
        hint="A key that ends in .local is the Hearth of one person."
        listLabel="denied servers"
        words={deny}
        maxLength={MAX_GLOB}
        check={(glob) => describeGlobError(glob, deny)}
        onAdd={(glob) => save({ deny_domain: [...deny, glob.toLowerCase()] })}
        onRemove={(glob) => void save({ deny_domain: deny.filter((each) => each !== glob) })}
      />
      <WordList
        label="Allow only these servers"
        placeholder="example.org or *.example.org"
        hint={
          allow.length === 0
            ? 'While this list is empty, everybody is allowed who is not denied.'
            : 'Everybody else is denied.'
        }
        listLabel="allowed servers"
        words={allow}
        maxLength={MAX_GLOB}
        check={(glob) => describeGlobError(glob, allow)}
        onAdd={(glob) => save({ allow_domain: [...allow, glob.toLowerCase()] })}
        onRemove={(glob) => void save({ allow_domain: allow.filter((each) => each !== glob) })}
      />
      {leftOut.length > 0 && (
        <output className={css.ask}>
          <span>
            {plural(leftOut.length, 'server')} of your conversations {leftOut.length === 1 ? 'is' : 'are'} not
            allowed:{' '}
            {listNames(
              leftOut.slice(0, MAX_NAMED).map((each) => `${each.serverName} (${plural(each.rooms, 'room')})`),
            )}
            {leftOut.length > MAX_NAMED && ` and ${leftOut.length - MAX_NAMED} more`}
          </span>
        </output>
      )}
      {settings.problem !== undefined && <p className={css.problem}>{settings.problem}</p>}
      {(settings.restart_needed ?? []).length > 0 && (
        <p className={css.hint}>
          These settings were changed and count when Hearth is started again:{' '}
          {(settings.restart_needed ?? []).join(', ')}
        </p>
      )}
    </SettingsSection>
  )
}
