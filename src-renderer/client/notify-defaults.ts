import { ClientEvent, EventType, PushRuleKind, type IPushRule, type MatrixClient } from 'matrix-js-sdk'
import { derived } from './readable.ts'
import type { Readable } from './types.ts'

/** What is told of rooms that have no level of their own. */
export type DefaultLevel = 'all' | 'mentions'
export type RoomKind = 'direct' | 'rooms'

export interface NotifyDefaults {
  readonly direct: DefaultLevel
  readonly rooms: DefaultLevel
  /** Words that are told of wherever they are said. */
  readonly keywords: readonly string[]
}

export const MOST_KEYWORDS = 50

/** The rules that the specification has for messages, and for those that are encrypted. */
const RULES: Readonly<Record<RoomKind, readonly string[]>> = {
  direct: ['.m.rule.room_one_to_one', '.m.rule.encrypted_room_one_to_one'],
  rooms: ['.m.rule.message', '.m.rule.encrypted'],
}
const SOUND = { set_tweak: 'sound', value: 'default' }
const HIGHLIGHT = { set_tweak: 'highlight' }

/**
 * The account's own push rules (Client-Server API, "Push Rules"), as other clients write and read them:
 * underride rules say what is told of by default, content rules are keywords.
 */
export function createNotifyDefaults(sdk: MatrixClient) {
  const value = derived<NotifyDefaults>(read)

  sdk.on(ClientEvent.AccountData, (event) => {
    if (event.getType() === (EventType.PushRules as string)) value.invalidate()
  })

  function rules(kind: 'underride' | 'content'): readonly IPushRule[] {
    return sdk.pushRules?.global?.[kind] ?? []
  }

  function read(): NotifyDefaults {
    const level = (kind: RoomKind): DefaultLevel => {
      const rule = rules('underride').find((each) => (each.rule_id as string) === RULES[kind][0])
      if (rule?.enabled === true)
        return rule.actions.some((action) => action === 'notify') ? 'all' : 'mentions'
      // A rule of conversations that is off leaves them to the one of rooms.
      return kind === 'direct' ? level('rooms') : 'mentions'
    }
    const keywords = rules('content')
      .filter((rule) => !rule.rule_id.startsWith('.') && rule.enabled)
      .map((rule) => rule.pattern ?? '')
    return {
      direct: level('direct'),
      rooms: level('rooms'),
      keywords: keywords.filter((word) => word !== ''),
    }
  }

  async function refresh(): Promise<void> {
    sdk.setPushRules(await sdk.getPushRules())
    value.invalidate()
  }

  return {
    notifyDefaults: value as Readable<NotifyDefaults>,
    async setDefaultLevel(kind: RoomKind, level: DefaultLevel): Promise<void> {
      const actions = level === 'all' ? ['notify', ...(kind === 'direct' ? [SOUND] : [])] : []
      for (const id of RULES[kind]) {
        await sdk.setPushRuleActions('global', PushRuleKind.Underride, id, actions as never)
        await sdk.setPushRuleEnabled('global', PushRuleKind.Underride, id, true)
      }
      await refresh()
    },
    /** Rejects with a sentence for what cannot be one. */
    async addKeyword(word: string): Promise<void> {
      const pattern = word.trim()
      if (pattern === '' || pattern.length > 100) throw new Error('Write a word of at most 100 characters.')
      if (read().keywords.length >= MOST_KEYWORDS) throw new Error('There are as many words as there can be.')
      await sdk.addPushRule('global', PushRuleKind.ContentSpecific, idOf(pattern), {
        pattern,
        actions: ['notify', SOUND, HIGHLIGHT] as never,
      })
      await refresh()
    },
    async removeKeyword(word: string): Promise<void> {
      for (const rule of rules('content').filter((each) => each.pattern === word))
        if (!rule.rule_id.startsWith('.'))
          await sdk.deletePushRule('global', PushRuleKind.ContentSpecific, rule.rule_id)
      await refresh()
    },
  }
}

/** Ids may neither begin with a dot nor hold a slash; the word itself is the pattern. */
function idOf(pattern: string): string {
  return pattern.replaceAll(/[/\\]/gu, '_').replace(/^\./u, '_')
}
