import type { RoomDetail } from '../client/types.ts'
import { COMMANDS, wrong, type Command, type CommandContext, type Understood } from './command-list.ts'

/**
 * What a text that begins with a slash asks for. Undefined when it is a message: `//text` is the text
 * `/text`, and a path such as `/etc/hosts` is no command.
 */
export function understand(text: string, context: CommandContext): Understood | undefined {
  const trimmed = text.trim()
  const match = /^\/([a-z]+)(?:\s+([\s\S]*))?$/iu.exec(trimmed)
  if (match === null) return undefined
  const name = (match[1] ?? '').toLowerCase()
  const command = COMMANDS.find((each) => each.name === name || each.aliases?.includes(name) === true)
  if (command === undefined)
    return wrong(`There is no command /${name}. To send it as a message, begin with two slashes.`)
  if (context.editing && command.makesMessage !== true)
    return wrong(`/${name} cannot be the new text of a message.`)
  if (command.allowed?.(context.room) === false) return wrong('You may not do this in this room.')
  return command.understand((match[2] ?? '').trim(), context)
}

/** The message that is meant where no command is. */
export function withoutEscape(text: string): string {
  return /^\s*\/\//u.test(text) ? text.replace('/', '') : text
}

export function suggestCommands(query: string, room: RoomDetail): Command[] {
  const wanted = query.toLowerCase()
  return COMMANDS.filter(
    (command) =>
      command.allowed?.(room) !== false &&
      [command.name, ...(command.aliases ?? [])].some((name) => name.startsWith(wanted)),
  )
}
