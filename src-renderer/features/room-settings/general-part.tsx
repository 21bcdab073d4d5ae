import type { RoomDetail } from '../../client/types.ts'
import { Button } from '../../ui/button.tsx'
import { TextAreaField, TextField } from '../../ui/field.tsx'
import { Note } from '../../ui/note.tsx'
import { PicturePicker } from '../../ui/picture-picker.tsx'
import { Stack } from '../../ui/stack.tsx'
import css from './room-settings.module.css'
import type { RoomDraft } from './use-room-draft.ts'

const MOST_NAME = 255
const MOST_TOPIC = 2_000

/** What the room is called, and how it looks. */
export function GeneralPart({ room, settings }: { room: RoomDetail; settings: RoomDraft }) {
  const avatar = settings.value('avatar')
  const name = settings.text('name')
  const reasons = [...new Set((['name', 'topic', 'avatar'] as const).map((each) => settings.whyNot(each)))]
  const [whyNot] = reasons
  const pending = avatar instanceof File

  return (
    <Stack>
      {reasons.length === 1 && whyNot !== undefined && <Note>{whyNot}</Note>}
      <div className={css.identity}>
        <PicturePicker
          id={room.id}
          name={name === '' ? room.name : name}
          mxc={typeof avatar === 'string' && avatar !== '' ? avatar : undefined}
          file={pending ? avatar : null}
          shape="square"
          disabled={settings.whyNot('avatar') !== undefined}
          onPick={(file) => settings.edit('avatar', file)}
        />
        <div className={css.identityWords}>
          <TextField
            label="Name"
            placeholder={room.directWith === undefined ? room.name : `As the person: ${room.name}`}
            value={name}
            maxLength={MOST_NAME}
            readOnly={settings.whyNot('name') !== undefined}
            hint={reasons.length > 1 ? settings.whyNot('name') : undefined}
            onChange={(event) => settings.edit('name', event.target.value)}
          />
          {avatar !== '' && settings.whyNot('avatar') === undefined && (
            <Button size="sm" variant="ghost" onClick={() => settings.edit('avatar', '')}>
              Remove the picture
            </Button>
          )}
        </div>
      </div>
      <TextAreaField
        label="Topic"
        placeholder="What is it about?"
        value={settings.text('topic')}
        maxLength={MOST_TOPIC}
        readOnly={settings.whyNot('topic') !== undefined}
        hint={
          (reasons.length > 1 ? settings.whyNot('topic') : undefined) ??
          'Everybody in the room sees it beside the name.'
        }
        onChange={(event) => settings.edit('topic', event.target.value)}
      />
    </Stack>
  )
}
