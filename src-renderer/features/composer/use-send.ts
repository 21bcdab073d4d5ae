import { useState } from 'react'
import { understand, withoutEscape } from '../../model/commands.ts'
import { composeMessage, isTooLong } from '../../model/compose.ts'
import { useConversation } from '../../model/conversation.ts'
import type { Written } from '../../model/editing.ts'
import { replaceShortcodes } from '../../model/emoji.ts'
import { linkedPerson } from '../../model/linked-person.ts'
import type { OutgoingMessage, SendTarget } from '../../model/types.ts'
import { useServices } from '../../model/use-client.ts'
import { useWishes } from './use-wishes.ts'

export type ComposerDialog = 'poll' | 'help'

/** `kept` leaves the text where it is. */
export type Outcome = 'done' | 'kept'

/** Sends what is written and staged, or does what a command asks for. */
export function useSend(openDialog: (dialog: ComposerDialog) => void) {
  const { client } = useServices()
  const { room, threadId, composing, setComposing, staged, setStaged } = useConversation()
  const [problem, setProblem] = useState<string>()
  const wish = useWishes()
  const editing = composing?.kind === 'edit' ? composing.event : undefined
  const target: SendTarget = {
    threadId,
    replyTo: composing?.kind === 'reply' ? composing.event : undefined,
  }

  function finish(): Outcome {
    setProblem(undefined)
    setComposing(undefined)
    return 'done'
  }

  function refuse(words: string): Outcome {
    setProblem(words)
    return 'kept'
  }

  function sendMessage(message: OutgoingMessage): Outcome {
    if (isTooLong(message)) return refuse('This is too long for one message. Send it as a file instead.')
    if (editing === undefined) client.sendMessage(room.id, message, target)
    else if (saysAnotherThing(message, editing.content)) client.editMessage(room.id, editing, message)
    return finish()
  }

  /** Of several files, the first carries the words. */
  function sendFiles(caption: string, mentions: Written['mentions']): Outcome {
    const words = composeMessage(caption, { mentions, room: room.can.notifyRoom })
    const first = caption === '' ? { caption } : { caption: words.body, formatted: words }
    client.sendFiles(
      room.id,
      staged.map((file, index) => (index === 0 ? { file, ...first } : { file, caption: '' })),
      target,
    )
    setStaged([])
    return finish()
  }

  /** `undo` brings the text back when a command could not be carried out. */
  function send({ text, mentions }: Written, undo: () => void): Outcome {
    const ready = replaceShortcodes(text)
    if (staged.length > 0 && editing === undefined) return sendFiles(ready.trim(), mentions)
    if (ready.trim() === '') return 'kept'
    const understood = understand(ready, {
      room,
      mentions,
      myUserId: client.userId,
      linked: (address) => linkedPerson(client.nearby.get(), client.userId, address),
      editing: editing !== undefined,
    })
    if (understood === undefined) {
      const names = { mentions, room: room.can.notifyRoom }
      return sendMessage(composeMessage(withoutEscape(ready), names))
    }
    if (understood.kind === 'error') return refuse(understood.words)
    if (understood.kind === 'message') return sendMessage(understood.message)
    if (understood.kind === 'poll' || understood.kind === 'help') openDialog(understood.kind)
    else
      wish(understood)
        .then((worked) => worked || undo())
        .catch((error: unknown) => console.error('A command failed', error))
    return finish()
  }

  return { problem, forget: () => setProblem(undefined), send, target }
}

function saysAnotherThing(message: OutgoingMessage, content: Readonly<Record<string, unknown>>): boolean {
  return (
    message.msgtype !== content['msgtype'] ||
    message.body !== content['body'] ||
    message.formattedBody !== content['formatted_body']
  )
}
