import { useEffect, useState } from 'react'
import type { RoomDetail, RoomFacts } from '../../client/types.ts'
import { text } from '../../model/event-text.ts'
import { isOlderVersion } from '../../model/room-versions.ts'
import { whyNotSet } from '../../model/room-rights.ts'
import { plural } from '../../model/text.ts'
import { useServices } from '../../model/use-client.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField } from '../../ui/copy-field.tsx'
import { Note } from '../../ui/note.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './room-settings.module.css'
import { UpgradeDialog } from './upgrade-dialog.tsx'

interface AdvancedPartProps {
  room: RoomDetail
  facts: RoomFacts
  onUpgraded: (roomId: string) => void
}

/** What few need to know, and the way to a newer version. */
export function AdvancedPart({ room, facts, onUpgraded }: AdvancedPartProps) {
  const { client } = useServices()
  const [asking, setAsking] = useState(false)
  const versions = useVersions()
  const whyNot = whyNotSet(facts, client.userId, 'm.room.tombstone')
  const replaced = text(facts.state['m.room.tombstone']?.['replacement_room']) !== undefined
  const older = versions !== undefined && isOlderVersion(facts.version, versions.newest)
  const servers = new Set(room.members.map((each) => each.userId.slice(each.userId.indexOf(':') + 1))).size
  const what = room.isSpace ? 'space' : 'room'
  const algorithm = text(facts.state['m.room.encryption']?.['algorithm'])

  return (
    <Stack gap="lg">
      <CopyField label="Room id" hint="Apps and bots name the room by it." value={room.id} />
      <dl className={css.facts}>
        <dt>Version</dt>
        <dd>
          {facts.version}
          {versions !== undefined && !older && ' (newest)'}
        </dd>
        <dt>Encryption</dt>
        <dd>{room.encrypted ? `On, by ${algorithm ?? 'an unknown method'}` : 'Off'}</dd>
        <dt>Created by</dt>
        <dd>{facts.createdBy?.name ?? 'Unknown'}</dd>
        <dt>Members</dt>
        <dd>
          {plural(room.memberCount, 'member')} at {plural(servers, 'server')}
        </dd>
      </dl>
      <section className={css.upgrade} aria-label="Upgrade">
        <h3>Room version</h3>
        <p className={css.lead}>
          {replaced
            ? `This ${what} was upgraded already: it continues in a new one.`
            : older
              ? `Version ${versions.newest} is newer: it mends weaknesses of earlier ones.`
              : 'Versions are the rules by which all servers of the room agree. This one is up to date.'}
        </p>
        {whyNot !== undefined && !replaced && <Note>{whyNot}</Note>}
        {whyNot === undefined && !replaced && versions !== undefined && (
          <Button variant={older ? 'primary' : 'secondary'} onClick={() => setAsking(true)}>
            Upgrade this {what}…
          </Button>
        )}
      </section>
      {versions !== undefined && (
        <UpgradeDialog
          room={room}
          facts={facts}
          versions={versions}
          open={asking}
          onOpenChange={setAsking}
          onUpgraded={onUpgraded}
        />
      )}
    </Stack>
  )
}

export interface Versions {
  readonly newest: string
  readonly known: readonly string[]
}

function useVersions(): Versions | undefined {
  const { client } = useServices()
  const [versions, setVersions] = useState<Versions>()
  useEffect(() => {
    let current = true
    client
      .roomVersions()
      .then((found) => current && setVersions(found))
      .catch((error: unknown) => console.warn('The room versions could not be read', error))
    return () => {
      current = false
    }
  }, [client])
  return versions
}
