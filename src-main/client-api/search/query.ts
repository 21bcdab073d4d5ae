import { z } from 'zod'
import type { RoomId, UserId } from '../../core/types.ts'
import { badJson, invalidParam } from '../../http/errors.ts'
import { validate } from '../body.ts'
import { ignoredUsers, type Ctx } from '../context.ts'
import { passesFilter, passesRooms, validateRoomFilter, type RoomEventFilter } from '../filter.ts'
import type { Session } from '../ports.ts'

export const searchBody = z.looseObject({
  search_categories: z.looseObject({
    room_events: z
      .looseObject({
        search_term: z.string().min(1).max(512),
        keys: z.array(z.enum(['content.body', 'content.name', 'content.topic'])).optional(),
        filter: z.unknown().optional(),
        order_by: z.enum(['recent', 'rank']).optional(),
        event_context: z
          .looseObject({
            before_limit: z.number().int().min(0).optional(),
            after_limit: z.number().int().min(0).optional(),
            include_profile: z.boolean().optional(),
          })
          .optional(),
        include_state: z.boolean().optional(),
        groupings: z
          .looseObject({
            group_by: z
              .array(z.looseObject({ key: z.enum(['room_id', 'sender']) }))
              .max(2)
              .optional(),
          })
          .optional(),
      })
      .optional(),
  }),
})

export type Criteria = NonNullable<z.infer<typeof searchBody>['search_categories']['room_events']>

const times = z.looseObject({
  'dev.hearth.from_ts': z.number().int().min(0).optional(),
  'dev.hearth.to_ts': z.number().int().min(0).optional(),
})

/** What is looked for, and for whom. */
export interface Query {
  readonly session: Session
  readonly term: string
  readonly keys: readonly ('body' | 'name' | 'topic')[]
  readonly rooms: readonly RoomId[]
  readonly senders: readonly UserId[] | undefined
  readonly fromTs: number | undefined
  readonly toTs: number | undefined
  readonly order: 'recent' | 'rank'
  readonly limit: number
  readonly filter: RoomEventFilter
  readonly ignored: ReadonlySet<string>
}

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100

const typesOfKeys = {
  body: ['m.room.message', 'm.sticker', 'm.poll.start', 'org.matrix.msc3381.poll.start'],
  name: ['m.room.name'],
  topic: ['m.room.topic'],
} as const
const allKeys = ['body', 'name', 'topic'] as const

export function queryOf(ctx: Ctx, session: Session, criteria: Criteria): Query {
  const filter = validateRoomFilter(criteria.filter)
  const span = validate(times, criteria.filter ?? {})
  if (!/[\p{L}\p{N}\p{So}]/u.test(criteria.search_term)) throw invalidParam('There is no word to search for')
  const asked = criteria.keys?.map((key) => key.slice('content.'.length))
  const keys = allKeys.filter(
    (key) => asked?.includes(key) !== false && typesOfKeys[key].some((type) => passesFilter(filter, type)),
  )
  const [fromTs, toTs] = [span['dev.hearth.from_ts'], span['dev.hearth.to_ts']]
  if (fromTs !== undefined && toTs !== undefined && fromTs > toTs)
    throw badJson('The span of time ends before it begins')
  return {
    session,
    term: criteria.search_term,
    keys,
    rooms: roomsOf(ctx, session.userId).filter((roomId) => passesRooms(filter, roomId)),
    senders: filter.senders as UserId[] | undefined,
    fromTs,
    toTs,
    order: criteria.order_by ?? 'rank',
    limit: Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT),
    filter,
    ignored: ignoredUsers(ctx, session.userId),
  }
}

/** Rooms the user is in, and rooms that they left: there, what came before. */
function roomsOf(ctx: Ctx, userId: UserId): RoomId[] {
  const memberships = ctx.reader.localMemberships(userId)
  return memberships.flatMap(({ roomId, membership, forgotten }) =>
    !forgotten && (membership === 'join' || membership === 'leave' || membership === 'ban') ? [roomId] : [],
  )
}
