import type { UserId } from '../../core/types.ts'
import type { PushCondition, PushRule, Ruleset } from './rules.ts'

const sound = { set_tweak: 'sound', value: 'default' }
const highlight = { set_tweak: 'highlight' }
const is = (key: string, pattern: string): PushCondition => ({ kind: 'event_match', key, pattern })

function rule(
  id: string,
  conditions: PushCondition[],
  actions: PushRule['actions'],
  enabled = true,
): PushRule {
  return { rule_id: id, default: true, enabled, conditions, actions }
}

/**
 * Polls (MSC3930, under the names that clients know): one that begins or ends notifies as a message does,
 * an answer does not.
 */
const polls = ['org.matrix.msc3381.poll', 'm.poll'].map((type) => ({
  type,
  name: type === 'm.poll' ? '.m.rule' : '.org.matrix.msc3930.rule',
}))
const pollAnswers = polls.map(({ type, name }) =>
  rule(`${name}.poll_response`, [is('type', `${type}.response`)], []),
)
const pollMessages = polls.flatMap(({ type, name }) =>
  ['start', 'end'].flatMap((what) => [
    rule(
      `${name}.poll_${what}_one_to_one`,
      [{ kind: 'room_member_count', is: '2' }, is('type', `${type}.${what}`)],
      ['notify', sound],
    ),
    rule(`${name}.poll_${what}`, [is('type', `${type}.${what}`)], ['notify']),
  ]),
)

/** Client-Server API, "Predefined Rules", in the specification's order; after them those for polls. */
export function defaultRules(user: UserId): Ruleset {
  return {
    override: [
      rule('.m.rule.master', [], [], false),
      rule('.m.rule.suppress_notices', [is('content.msgtype', 'm.notice')], []),
      rule(
        '.m.rule.invite_for_me',
        [is('type', 'm.room.member'), is('content.membership', 'invite'), is('state_key', user)],
        ['notify', sound],
      ),
      rule('.m.rule.member_event', [is('type', 'm.room.member')], []),
      rule(
        '.m.rule.is_user_mention',
        [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: user }],
        ['notify', sound, highlight],
      ),
      rule(
        '.m.rule.is_room_mention',
        [
          { kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true },
          { kind: 'sender_notification_permission', key: 'room' },
        ],
        ['notify', highlight],
      ),
      rule('.m.rule.tombstone', [is('type', 'm.room.tombstone'), is('state_key', '')], ['notify', highlight]),
      rule('.m.rule.reaction', [is('type', 'm.reaction')], []),
      rule('.m.rule.room.server_acl', [is('type', 'm.room.server_acl'), is('state_key', '')], []),
      rule(
        '.m.rule.suppress_edits',
        [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
        [],
      ),
      ...pollAnswers,
    ],
    content: [],
    room: [],
    sender: [],
    underride: [
      rule('.m.rule.call', [is('type', 'm.call.invite')], ['notify', { set_tweak: 'sound', value: 'ring' }]),
      rule(
        '.m.rule.encrypted_room_one_to_one',
        [{ kind: 'room_member_count', is: '2' }, is('type', 'm.room.encrypted')],
        ['notify', sound],
      ),
      rule(
        '.m.rule.room_one_to_one',
        [{ kind: 'room_member_count', is: '2' }, is('type', 'm.room.message')],
        ['notify', sound],
      ),
      rule('.m.rule.message', [is('type', 'm.room.message')], ['notify']),
      rule('.m.rule.encrypted', [is('type', 'm.room.encrypted')], ['notify']),
      ...pollMessages,
    ],
  }
}
