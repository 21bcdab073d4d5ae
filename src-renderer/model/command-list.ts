import type { OutgoingMessage, RoomDetail } from '../client/types.ts'
import { parseAddress } from './addresses.ts'
import { composeMessage, composePlain, composeSpoiler } from './compose.ts'
import type { LinkedPerson, PeerAddress } from './linked-person.ts'
import type { Mention } from './mentions.ts'

/** Where the computer of somebody is, to be added before they can be reached. */
export interface PeerToAdd {
  readonly serverName: string
  readonly at: string
}

/** What a command asks for, once it is understood and allowed. */
export type Wish =
  | { readonly kind: 'message'; readonly message: OutgoingMessage }
  | { readonly kind: 'topic' | 'nick' | 'roomnick'; readonly text: string }
  | { readonly kind: 'invite'; readonly userId: string; readonly peer: PeerToAdd | undefined }
  | { readonly kind: 'kick' | 'ban' | 'unban'; readonly userId: string; readonly reason: string | undefined }
  | { readonly kind: 'join'; readonly room: string; readonly via: readonly string[] }
  | {
      readonly kind: 'direct'
      readonly userId: string
      readonly peer: PeerToAdd | undefined
      readonly message: OutgoingMessage | undefined
    }
  | { readonly kind: 'leave' }
  | { readonly kind: 'poll' }
  | { readonly kind: 'help' }

export type Understood = Wish | { readonly kind: 'error'; readonly words: string }

export interface CommandContext {
  readonly room: RoomDetail
  readonly myUserId: string
  readonly mentions: readonly Mention[]
  /** Whom a `hearth:` link leads to. */
  readonly linked: (address: PeerAddress) => LinkedPerson
  /** While a message is edited, only commands that make a message. */
  readonly editing: boolean
}

export interface Command {
  readonly name: string
  readonly aliases?: readonly string[]
  /** What follows the name, as shown in the list. */
  readonly takes: string
  readonly does: string
  readonly allowed?: (room: RoomDetail) => boolean
  readonly makesMessage?: boolean
  readonly understand: (rest: string, context: CommandContext) => Understood
}

export const COMMANDS: readonly Command[] = [
  {
    name: 'me',
    takes: 'what you do',
    does: 'Says what you do, as “Mia puts the kettle on”',
    makesMessage: true,
    understand: (rest, context) =>
      needed(rest, 'what you do', () =>
        said(composeMessage(rest, { ...namesOf(context), msgtype: 'm.emote' })),
      ),
  },
  {
    name: 'shrug',
    takes: '[message]',
    does: 'Puts ¯\\_(ツ)_/¯ in front of the message',
    makesMessage: true,
    understand: (rest) => said(composePlain(`¯\\_(ツ)_/¯ ${rest}`)),
  },
  {
    name: 'spoiler',
    takes: 'message',
    does: 'Hides the message until somebody clicks it',
    makesMessage: true,
    understand: (rest, context) =>
      needed(rest, 'what to hide', () => said(composeSpoiler(rest, namesOf(context)))),
  },
  {
    name: 'plain',
    takes: 'message',
    does: 'Sends the text exactly as typed, without formatting',
    makesMessage: true,
    understand: (rest) => needed(rest, 'the message', () => said(composePlain(rest))),
  },
  {
    name: 'msg',
    aliases: ['dm'],
    takes: '@person or link [message]',
    does: 'Opens the conversation with somebody',
    understand: (rest, context) =>
      withReached(rest, context, 'Join a room', (userId, peer, after) => ({
        kind: 'direct',
        userId,
        peer,
        message: after === '' ? undefined : composeMessage(after, { mentions: [], room: false }),
      })),
  },
  { name: 'poll', takes: '', does: 'Asks everybody a question', understand: () => ({ kind: 'poll' }) },
  {
    name: 'topic',
    takes: 'text',
    does: 'Changes the topic of the room',
    allowed: (room) => room.can.setTopic,
    understand: (rest) => needed(rest, 'the topic', () => ({ kind: 'topic', text: rest })),
  },
  {
    name: 'nick',
    takes: 'name',
    does: 'Changes your name',
    understand: (rest) => named(rest, 'nick'),
  },
  {
    name: 'roomnick',
    aliases: ['myroomnick'],
    takes: 'name',
    does: 'Changes your name in this room only',
    understand: (rest) => named(rest, 'roomnick'),
  },
  {
    name: 'invite',
    takes: '@person or link',
    does: 'Invites somebody',
    allowed: (room) => room.can.invite,
    understand: (rest, context) =>
      withReached(rest, context, 'Invite people', (userId, peer) => ({ kind: 'invite', userId, peer })),
  },
  {
    name: 'kick',
    aliases: ['remove'],
    takes: '@person [reason]',
    does: 'Removes somebody from the room',
    allowed: (room) => room.can.kick,
    understand: (rest, context) =>
      withPerson(rest, context, (userId, after) => ({ kind: 'kick', userId, reason: after || undefined })),
  },
  {
    name: 'ban',
    takes: '@person [reason]',
    does: 'Removes somebody, who cannot come back',
    allowed: (room) => room.can.ban,
    understand: (rest, context) =>
      withPerson(rest, context, (userId, after) => ({ kind: 'ban', userId, reason: after || undefined })),
  },
  {
    name: 'unban',
    takes: '@person [reason]',
    does: 'Lets somebody come back',
    allowed: (room) => room.can.ban,
    understand: (rest, context) =>
      withPerson(rest, context, (userId, after) => ({ kind: 'unban', userId, reason: after || undefined })),
  },
  {
    name: 'join',
    takes: '#room',
    does: 'Joins a room by its address',
    understand(rest) {
      const address = parseAddress(rest)
      return address?.kind === 'room'
        ? { kind: 'join', room: address.room, via: address.via }
        : wrong('Write the address of a room, such as #garden:example.org.')
    },
  },
  {
    name: 'leave',
    aliases: ['part'],
    takes: '',
    does: 'Leaves the room',
    understand: () => ({ kind: 'leave' }),
  },
  { name: 'help', takes: '', does: 'Shows all commands', understand: () => ({ kind: 'help' }) },
]

export const wrong = (words: string): Understood => ({ kind: 'error', words })
const said = (message: OutgoingMessage): Understood => ({ kind: 'message', message })

function namesOf({ mentions, room }: CommandContext) {
  return { mentions, room: room.can.notifyRoom }
}

function needed(rest: string, what: string, then: () => Understood): Understood {
  return rest === '' ? wrong(`Write ${what} after the command.`) : then()
}

function named(rest: string, kind: 'nick' | 'roomnick'): Understood {
  return needed(rest, 'the name', () =>
    rest.length > 80 ? wrong('This name is too long.') : { kind, text: rest },
  )
}

/** As {@link withPerson}, or by the link to their Hearth; `elsewhere` is the dialog that asks for what a link lacks. */
function withReached(
  rest: string,
  context: CommandContext,
  elsewhere: string,
  then: (userId: string, peer: PeerToAdd | undefined, after: string) => Understood,
): Understood {
  const [link = '', ...others] = rest.split(/\s+/u)
  const address = parseAddress(link)
  if (address?.kind !== 'peer')
    return withPerson(rest, context, (userId, after) => then(userId, undefined, after))
  const { userId, serverName, at, lost } = context.linked(address)
  if (userId === context.myUserId) return wrong('This is your own address. Ask the other person for theirs.')
  if (lost)
    return wrong(
      `The link does not say where that computer is. “${elsewhere}” takes it, and asks for the address.`,
    )
  return then(userId, at === undefined ? undefined : { serverName, at }, others.join(' '))
}

/** Somebody by a chosen name, an id or a link; `after` is what follows. */
function withPerson(
  rest: string,
  { mentions, room }: CommandContext,
  then: (userId: string, after: string) => Understood,
): Understood {
  const mention = mentions
    .toSorted((a, b) => b.token.length - a.token.length)
    .find((each) => rest.startsWith(each.token))
  if (mention !== undefined) return then(mention.userId, rest.slice(mention.token.length).trim())
  const [first = '', ...others] = rest.split(/\s+/u)
  const address = parseAddress(first)
  if (address?.kind === 'person') return then(address.userId, others.join(' '))
  const name = rest.replace(/^@/u, '')
  const alike = room.members.filter((member) => member.name === name)
  const [only] = alike
  if (only !== undefined && alike.length === 1) return then(only.userId, '')
  return wrong('Choose somebody from the list that opens with @, or write a Matrix id.')
}
