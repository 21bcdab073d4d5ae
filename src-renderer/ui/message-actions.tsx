import {
  Copy,
  CornerUpLeft,
  Download,
  Flag,
  Forward,
  History,
  Info,
  Link,
  Mail,
  MessagesSquare,
  Pencil,
  Pin,
  PinOff,
  Route,
  Smile,
  Trash2,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { eventLink } from '../model/addresses.ts'
import type { ConversationVerbs } from '../model/conversation.ts'
import { describeMessage, withoutQuote } from '../model/describe-event.ts'
import { isEditable } from '../model/editing.ts'
import { inspectorHref } from '../model/routes.ts'
import { readWhole } from '../model/media-bytes.ts'
import { serverOfUser } from '../model/people.ts'
import type { MessageRow } from '../model/timeline.ts'
import type { RoomEvent } from '../model/types.ts'
import type { AppServices } from '../model/use-client.ts'
import { saveFile } from './save-file.ts'
import { follow } from './use-save.ts'

/** What the person may do in the room, as far as messages need it. */
export interface MessageRights {
  readonly send: boolean
  readonly react: boolean
  readonly pin: boolean
  readonly redactOthers: boolean
}

export type ActionId =
  | 'reply'
  | 'thread'
  | 'edit'
  | 'forward'
  | 'pin'
  | 'copy'
  | 'link'
  | 'save'
  | 'unread'
  | 'reactions'
  | 'versions'
  | 'details'
  | 'path'
  | 'report'
  | 'delete'

export interface MessageAction {
  readonly id: ActionId
  readonly label: string
  readonly icon: ReactNode
  readonly danger?: boolean
  /** One key, while the message has the focus. */
  readonly key?: string
  readonly run: () => void
}

interface Asked {
  readonly row: MessageRow
  readonly rights: MessageRights
  readonly pinned: boolean
  readonly verbs: ConversationVerbs
  readonly services: AppServices
}

/** What can be done with a message that has arrived, in the order of its menu. */
export function actionsOf({ row, rights, pinned, verbs, services }: Asked): readonly MessageAction[] {
  const { event } = row
  const { client, attempt, toast } = services
  if (event === undefined) return []
  const { roomId, threadId, setComposing, ask, openPanel } = verbs
  const own = event.sender.userId === client.userId
  const whole = !event.redacted && event.type !== 'm.room.encrypted'
  const text = withoutQuote(event.content)
  const file = fileOf(event)

  const copy = async (what: string, said: string): Promise<void> => {
    const copied = await attempt(() => navigator.clipboard.writeText(what), 'It could not be copied')
    if (copied) toast(said)
  }
  const copyLink = (): void => {
    const people = client.room(roomId).get()?.members ?? []
    const servers = new Set([client.userId, ...people.map((each) => each.userId)].map(serverOfUser))
    void copy(eventLink(roomId, event.id, [...servers]), 'The link to this message is copied.')
  }
  const pin = (): void =>
    void attempt(
      () => client.setPinned(roomId, event.id, !pinned),
      pinned ? 'The message could not be unpinned' : 'The message could not be pinned',
    )
  const markUnread = (): void =>
    void attempt(() => client.markUnreadFrom(roomId, event.id), 'It could not be marked unread')

  const all: readonly (MessageAction | false)[] = [
    whole &&
      rights.send && {
        id: 'reply',
        label: 'Reply',
        icon: <CornerUpLeft />,
        key: 'r',
        run: () => setComposing({ kind: 'reply', event }),
      },
    whole &&
      threadId === undefined && {
        id: 'thread',
        label: event.thread === undefined ? 'Reply in thread' : 'Open thread',
        icon: <MessagesSquare />,
        key: 't',
        run: () => openPanel({ kind: 'thread', rootId: event.id }),
      },
    isEditable(event, client.userId) &&
      rights.send && {
        id: 'edit',
        label: 'Edit',
        icon: <Pencil />,
        key: 'e',
        run: () => setComposing({ kind: 'edit', event }),
      },
    whole && {
      id: 'forward',
      label: 'Forward',
      icon: <Forward />,
      key: 'f',
      run: () => ask({ kind: 'forward', event }),
    },
    whole &&
      rights.pin && {
        id: 'pin',
        label: pinned ? 'Unpin' : 'Pin',
        icon: pinned ? <PinOff /> : <Pin />,
        run: pin,
      },
    whole &&
      text !== '' && {
        id: 'copy',
        label: 'Copy text',
        icon: <Copy />,
        key: 'c',
        run: () => void copy(file === undefined ? text : describeMessage(event), 'The text is copied.'),
      },
    whole && { id: 'link', label: 'Copy link', icon: <Link />, key: 'l', run: copyLink },
    whole &&
      file !== undefined && {
        id: 'save',
        label: 'Save file',
        icon: <Download />,
        run: () => saveFrom(services, file),
      },
    threadId === undefined && {
      id: 'unread',
      label: 'Mark unread from here',
      icon: <Mail />,
      key: 'u',
      run: markUnread,
    },
    event.reactions.length > 0 && {
      id: 'reactions',
      label: 'Who reacted',
      icon: <Smile />,
      run: () => ask({ kind: 'reactions', event }),
    },
    event.edited &&
      !event.redacted && {
        id: 'versions',
        label: 'Earlier versions',
        icon: <History />,
        run: () => ask({ kind: 'versions', event }),
      },
    { id: 'details', label: 'Details', icon: <Info />, key: 'i', run: () => ask({ kind: 'details', event }) },
    client.nearby.get().status === 'ready' && {
      id: 'path',
      label: 'Path of this message',
      icon: <Route />,
      run: () => {
        window.location.hash = inspectorHref('path', [event.id])
      },
    },
    !own &&
      !event.redacted && {
        id: 'report',
        label: 'Report',
        icon: <Flag />,
        run: () => ask({ kind: 'report', event }),
      },
    !event.redacted &&
      (own || rights.redactOthers) && {
        id: 'delete',
        label: 'Delete',
        icon: <Trash2 />,
        danger: true,
        key: 'Delete',
        run: () => ask({ kind: 'delete', event }),
      },
  ]
  return all.filter((each) => each !== false)
}

interface MessageFile {
  readonly mxc: string
  readonly name: string
}

function fileOf(event: RoomEvent): MessageFile | undefined {
  const { url, filename, body } = event.content
  if (typeof url !== 'string' || !url.startsWith('mxc://')) return undefined
  const name = typeof filename === 'string' ? filename : typeof body === 'string' ? body : 'file'
  return { mxc: url, name: name.replaceAll(/[/\\]/gu, '_') }
}

/** As `useSave` does, for a menu that is gone by the time the file is there. */
function saveFrom({ client, attempt, toast }: AppServices, file: MessageFile): void {
  const url = client.mediaUrl(file.mxc)
  if (url === undefined) toast(`${file.name} cannot be reached just now.`)
  else if (new URL(url, window.location.href).origin === window.location.origin) follow(url, file.name)
  else
    void attempt(
      async () => saveFile(file.name, await readWhole(url, () => undefined, new AbortController().signal)),
      `${file.name} could not be saved`,
    )
}
