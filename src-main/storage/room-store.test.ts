import { expect, test } from 'vitest'
import { parsePdu } from '../core/pdu.ts'
import { stateKeyOf, type EventId, type Pdu, type RoomAlias, type RoomId } from '../core/types.ts'
import { TIMELINE_STEP, type RoomStore } from '../rooms/ports.ts'
import {
  accept,
  alice,
  bob,
  db,
  event,
  member,
  newRoom,
  other,
  restart,
  room,
  server,
  store,
} from './room-store.fixture.ts'

test('an event comes back after a restart exactly as it went in, in the timeline and the stream', () => {
  const first = event({ content: { body: 'a', nul: '\0', lone: '💥', n: -5 } })
  const second = event({ prev_events: [first.eventId], auth_events: [first.eventId, first.eventId] })
  store.transaction(() => {
    newRoom()
    accept(first)
    accept(second)
    store.setForwardExtremities(room, [second.eventId])
  })
  restart()
  const stored = store.getEvent(first.eventId)
  expect(stored).toEqual({
    pdu: first,
    status: 'accepted',
    reason: undefined,
    stateBefore: 0,
    stateAfter: 0,
    streamPos: 1,
    timelinePos: TIMELINE_STEP,
    receivedTs: 5,
    redactedBy: undefined,
    threadRoot: undefined,
  })
  expect(JSON.stringify(stored?.pdu.json)).toBe(JSON.stringify(first.json))
  expect(store.getEvent(second.eventId)?.pdu).toEqual(second)
  expect(store.maxStreamPos()).toBe(2)
  expect(store.forwardExtremities(room)).toEqual([{ eventId: second.eventId, depth: second.depth }])
  expect(store.childrenOf(room, first.eventId)).toEqual([second.eventId])
  expect(store.missingEvents([first.eventId, '$no' as EventId])).toEqual(['$no'])
  expect(store.getRoom(room)).toEqual({ roomId: room, version: '10', currentState: 0, participating: true })
})

test('PDUs of every room version are rebuilt as the parser made them', () => {
  const pdus: Pdu[] = []
  for (const version of ['1', '2'] as const) {
    const pair = ['$prev:two.test', { sha256: 'h' }]
    const fields = { event_id: `$e${version}:one.test`, prev_events: [pair, pair], auth_events: [pair] }
    pdus.push(event({ ...fields, type: 'm.room.redaction', redacts: '$x:y' }, version))
  }
  for (const version of ['3', '6', '10'] as const) {
    pdus.push(event({ type: 'm.room.redaction', redacts: '$x:y', prev_events: ['$p'] }, version))
  }
  pdus.push(event({ type: 'm.room.redaction', content: { redacts: '$x' } }, '11'))
  pdus.push(event({ type: 'm.room.message', redacts: '$x' }, '10'))
  const { room_id: _, ...create } = event({ type: 'm.room.create', state_key: '' }).json
  const parsed = parsePdu(create, '12')
  if (!parsed.ok) throw new Error(parsed.reason)
  pdus.push(parsed.pdu)
  store.transaction(() => {
    for (const pdu of pdus) store.insertEvent({ pdu, status: 'outlier', receivedTs: 1 })
  })
  restart()
  for (const pdu of pdus) expect(store.getEvent(pdu.eventId)?.pdu).toEqual(pdu)
})

test('a rolled-back transaction leaves nothing, in the caches neither', () => {
  const pdu = event({})
  store.transaction(newRoom)
  expect(() =>
    store.transaction(() => {
      accept(pdu, store.addStateGroup(room, 0, new Map([[stateKeyOf('a', ''), pdu.eventId]])))
      store.updateRoom(room, { participating: false, currentState: 1 })
      store.insertRoom({ roomId: '!b:x' as RoomId, version: '1', currentState: 0, participating: true })
      expect(store.getEvent(pdu.eventId)).toBeDefined()
      expect(store.maxStreamPos()).toBe(1)
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(store.getEvent(pdu.eventId)).toBeUndefined()
  expect(store.maxStreamPos()).toBe(0)
  expect(store.getRoom(room)).toMatchObject({ participating: true, currentState: 0 })
  expect(() => store.stateMap(1)).toThrow('no state group')
  // The number of the unknown room is given to another one now.
  store.transaction(() =>
    store.insertRoom({ roomId: '!c:x' as RoomId, version: '1', currentState: 0, participating: true }),
  )
  expect(store.getRoom('!b:x' as RoomId)).toBeUndefined()
  expect(store.listRooms().map((record) => record.roomId)).toEqual([room, '!c:x'])
})

test('an inner rollback keeps what the outer transaction did', () => {
  const [kept, lost] = [event({}), event({})]
  store.transaction(() => {
    newRoom()
    accept(kept)
    expect(() =>
      store.transaction(() => {
        accept(lost)
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.getEvent(kept.eventId)).toBeDefined()
    expect(store.getEvent(lost.eventId)).toBeUndefined()
    expect(store.nextStreamPos()).toBeGreaterThan(1)
  })
  const last = store.maxStreamPos()
  restart()
  expect(store.getEvents([lost.eventId, kept.eventId]).map((stored) => stored.pdu)).toEqual([kept])
  expect(store.maxStreamPos()).toBe(last)
})

test('an event that was looked for in vain is found once it came, and not after that was undone', () => {
  const [first, second] = [event({}), event({})]
  const isHere = (): boolean[] =>
    [first, second].map(({ eventId }) => {
      const found = store.getEvent(eventId) !== undefined
      expect(store.missingEvents([eventId])).toHaveLength(found ? 0 : 1)
      return found
    })
  store.transaction(newRoom)
  expect(isHere()).toEqual([false, false])
  store.transaction(() => {
    accept(first)
    expect(isHere()).toEqual([true, false])
    expect(() =>
      store.transaction(() => {
        accept(second)
        expect(isHere()).toEqual([true, true])
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(isHere()).toEqual([true, false])
    accept(second)
  })
  expect(isHere()).toEqual([true, true])
})

test('writes outside a transaction are refused', () => {
  expect(() => newRoom()).toThrow('transaction')
  expect(() => store.nextStreamPos()).toThrow('transaction')
})

test('outliers and rejected events are replaced, placed ones are not', () => {
  const pdu = event({ prev_events: ['$p'] })
  store.transaction(() => {
    newRoom()
    store.insertEvent({ pdu, status: 'rejected', reason: 'rule: reason', receivedTs: 1 })
    expect(store.childrenOf(room, '$p' as EventId)).toEqual([])
    accept(pdu)
    store.insertEvent({ pdu, status: 'outlier', receivedTs: 9 })
  })
  restart()
  expect(store.getEvent(pdu.eventId)).toMatchObject({ status: 'accepted', reason: undefined, receivedTs: 5 })
  expect(store.childrenOf(room, '$p' as EventId)).toEqual([pdu.eventId])
})

test('a redaction takes the content from the disk, and stays when the event comes again', () => {
  const pdu = event({
    content: { body: 'secret', 'm.relates_to': { rel_type: 'm.annotation', event_id: '$t', key: '+' } },
  })
  const redaction = event({ type: 'm.room.redaction', redacts: pdu.eventId })
  const { content: _, ...rest } = pdu.json
  const redacted: Pdu = { ...pdu, content: {}, json: { ...rest, content: {} } }
  store.transaction(() => {
    newRoom()
    store.insertEvent({ pdu, status: 'outlier', receivedTs: 1 })
    expect(db.all('SELECT rel_type, target_id, key FROM event_relations')).toEqual([
      { rel_type: 'm.annotation', target_id: '$t', key: '+' },
    ])
    accept(redaction)
    expect(store.redactionsOf(pdu.eventId)).toEqual([redaction.eventId])
    store.redactEvent(pdu.eventId, redacted, redaction.eventId)
    expect(store.getEvent(pdu.eventId)?.pdu.content).toEqual({})
    accept(pdu)
  })
  restart()
  expect(store.getEvent(pdu.eventId)).toMatchObject({
    status: 'accepted',
    redactedBy: redaction.eventId,
    pdu: { content: {} },
  })
  expect(db.all("SELECT 1 FROM events WHERE json LIKE '%secret%'")).toEqual([])
  expect(db.all('SELECT 1 FROM event_relations')).toEqual([])
})

test('of a redacted event the thread is still known, also when its redaction was here first', () => {
  const relates = { 'm.relates_to': { rel_type: 'm.thread', event_id: '$root' } }
  const pdu = event({ content: { body: 'secret', ...relates } })
  const redaction = event({ type: 'm.room.redaction', redacts: pdu.eventId })
  const redacted: Pdu = { ...pdu, content: {}, json: { ...pdu.json, content: {} } }
  store.transaction(() => {
    newRoom()
    store.insertEvent({ pdu, status: 'outlier', receivedTs: 1 })
    accept(redaction)
    store.redactEvent(pdu.eventId, redacted, redaction.eventId)
    accept(pdu)
  })
  for (const again of [() => undefined, restart]) {
    again()
    expect(store.getEvent(pdu.eventId)).toMatchObject({ pdu: { content: {} }, threadRoot: '$root' })
  }
  expect(db.all('SELECT 1 FROM event_relations')).toEqual([])
})

test('the timeline is paged both ways, and history lands between its neighbours', () => {
  const live = Array.from({ length: 10 }, () => event({}))
  const history = event({})
  store.transaction(() => {
    newRoom()
    for (const pdu of live) accept(pdu)
    store.insertEvent({
      pdu: history,
      status: 'accepted',
      timelinePos: 5 * TIMELINE_STEP - 1,
      receivedTs: 6,
    })
  })
  const depths = (query: Omit<Parameters<RoomStore['timeline']>[0], 'roomId'>): number[] =>
    store.timeline({ roomId: room, ...query }).map((stored) => live.indexOf(stored.pdu))
  expect(depths({ direction: 'backward', limit: 3 })).toEqual([9, 8, 7])
  expect(depths({ direction: 'backward', from: 6 * TIMELINE_STEP, limit: 3 })).toEqual([4, -1, 3])
  expect(depths({ direction: 'forward', from: 3 * TIMELINE_STEP, limit: 3 })).toEqual([3, -1, 4])
  expect(depths({ direction: 'forward', to: 3 * TIMELINE_STEP, limit: 9 })).toEqual([0, 1])
  expect(depths({ direction: 'backward', to: 8 * TIMELINE_STEP, limit: 9 })).toEqual([9, 8])
  const since = store.eventsSince(room, 3, 9, 4)
  expect(since.limited).toBe(true)
  expect(since.events.map((stored) => stored.streamPos)).toEqual([6, 7, 8, 9])
  expect(store.eventsSince(room, 5, 9, 4).limited).toBe(false)
  expect(store.roomsWithEventsSince(9, 10)).toEqual([room])
  expect(store.roomsWithEventsSince(10, 11)).toEqual([])
  expect(store.timelinePosAt(room, 5)).toBe(5 * TIMELINE_STEP)
  expect(store.timelinePosAt(room, 0)).toBeUndefined()
  expect(store.lowestTimelinePos(room)).toBe(TIMELINE_STEP)
})

test('members, servers and rooms follow the current state', () => {
  const joinA = member(alice, 'join', { displayname: 'Alice', avatar_url: 7 })
  const joinB = member(bob, 'join')
  const leaveB = member(bob, 'leave')
  const set = (pdu: Pdu): void => {
    accept(pdu)
    const base = store.getRoom(room)?.currentState ?? 0
    const key = stateKeyOf(pdu.type, pdu.stateKey ?? '')
    store.setCurrentState(room, store.addStateGroup(room, base, new Map([[key, pdu.eventId]])))
  }
  store.transaction(() => {
    newRoom()
    set(joinA)
    expect(store.joinedServers(room)).toEqual([server])
    set(joinB)
  })
  restart()
  expect(store.joinedServers(room)).toEqual([server, other])
  expect(store.joinedLocalUsers(room)).toEqual([alice])
  expect(store.roomsSharedWithServer(other)).toEqual([room])
  expect(store.roomsJoinedBy(bob)).toEqual([room])
  expect(store.member(room, alice)).toEqual({
    userId: alice,
    membership: 'join',
    eventId: joinA.eventId,
    displayName: 'Alice',
    avatarUrl: undefined,
  })
  expect(store.currentStateEvent(room, 'm.room.member', bob)?.pdu).toEqual(joinB)
  store.transaction(() => set(leaveB))
  expect(store.joinedServers(room)).toEqual([server])
  expect(store.roomsSharedWithServer(other)).toEqual([])
  expect(store.roomsJoinedBy(bob)).toEqual([])
  expect(store.members(room, 'leave').map((row) => row.userId)).toEqual([bob])
  expect(store.members(room)).toHaveLength(2)
})

test('transactions are staged once, and their PDUs are worked off in order', () => {
  const staged = [event({}), event({}), event({ room_id: '!b:x' })]
  const pdus = staged.map((pdu) => ({ roomId: pdu.roomId, json: pdu.json }))
  store.transaction(() => {
    expect(store.stageTransaction(other, 't1', pdus, 1)).toHaveLength(pdus.length)
    expect(store.stageTransaction(other, 't1', pdus, 2)).toBe('seen')
    expect(store.stageTransaction(server, 't1', [], 2)).toEqual([])
  })
  restart()
  expect(store.stagedRooms()).toEqual([room, '!b:x'])
  const [first, ...more] = store.stagedPdus(room, 10)
  expect(first).toEqual({ id: 1, origin: other, roomId: room, json: staged[0]?.json, receivedTs: 1 })
  expect(more).toHaveLength(1)
  store.transaction(() => store.deleteStaged(1))
  expect(store.stagedPdus(room, 10)).toEqual(more)
  // Ids are forgotten in the end, so that a stranger cannot fill the disk with them.
  store.transaction(() => store.stageTransaction(other, 't2', [], 90 * 24 * 3600 * 1000))
  expect(db.all('SELECT txn_id FROM staged_txns')).toEqual([{ txn_id: 't2' }])
})

test('of one server the newest transaction ids are remembered, however many it sends', () => {
  store.transaction(() => {
    for (let n = 0; n < 12_000; n++) store.stageTransaction(other, `t${n}`, [], n)
    store.stageTransaction(server, 't', [], 1)
    expect(store.stageTransaction(other, 't11999', [], 12_000)).toBe('seen')
    expect(store.stageTransaction(other, 't2500', [], 12_000)).toBe('seen')
    expect(store.stageTransaction(other, undefined, [], 12_000)).toEqual([])
  })
  const [counts] = db.all('SELECT count(*) AS n FROM staged_txns WHERE origin = ?', other)
  expect(counts?.['n']).toBeLessThan(10_300)
  expect(db.all('SELECT txn_id FROM staged_txns WHERE origin = ?', server)).toHaveLength(1)
})

test('gaps, receipts, local memberships, transaction ids and aliases are kept', () => {
  const gap = { eventId: '$e' as EventId, missing: '$m' as EventId, timelinePos: 7 }
  const receipt = {
    roomId: room,
    userId: alice,
    receiptType: 'm.read' as const,
    eventId: '$e' as EventId,
    threadId: undefined,
    ts: 3,
    streamPos: 4,
  }
  const threaded = { ...receipt, threadId: 'main', streamPos: 5 }
  const invite = {
    userId: alice,
    roomId: '!far:x' as RoomId,
    membership: 'invite' as const,
    eventId: '$i' as EventId,
    sender: bob,
    streamPos: 6,
    strippedState: [{ type: 'm.room.name', content: { name: 'x' } }],
    forgotten: false,
  }
  const txn = { userId: alice, deviceId: 'D', txnId: 'T' }
  const alias = '#a:one.test' as RoomAlias
  store.transaction(() => {
    newRoom()
    store.addGap(room, gap)
    store.addGap(room, { ...gap, eventId: '$f' as EventId })
    store.addGap(room, { ...gap, missing: '$n' as EventId })
    store.closeGaps(room, '$m' as EventId)
    store.putReceipt({ ...receipt, streamPos: 1 })
    store.putReceipt(receipt)
    store.putReceipt(threaded)
    store.putLocalMembership(invite)
    store.putClientTxn(txn, room, '$e' as EventId)
    store.putAlias(alias, room, alice)
    store.setPublic(room, true)
  })
  restart()
  expect(store.gaps(room)).toEqual([{ ...gap, missing: '$n' }])
  expect(store.receipts(room)).toEqual([receipt, threaded])
  expect(store.receiptsSince([room, '!none:x' as RoomId], 4, 9)).toEqual([threaded])
  expect(store.localMemberships(alice)).toEqual([invite])
  expect(store.localMembershipsSince(alice, 6)).toEqual([])
  expect(store.localMembership(alice, invite.roomId)).toEqual(invite)
  expect(store.clientTxn(txn, room)).toBe('$e')
  expect(store.clientTxn(txn, invite.roomId)).toBeUndefined()
  expect(store.clientTxnsOf(alice, 'D', ['$e', '$f'] as EventId[])).toEqual(new Map([['$e', 'T']]))
  expect(store.clientTxnsOf(alice, 'E', ['$e' as EventId])).toEqual(new Map())
  expect(store.alias(alias)).toEqual({ roomId: room, creator: alice, servers: [server] })
  expect(store.aliasesOf(room)).toEqual([alias])
  expect(store.publicRooms()).toEqual([room])
  store.transaction(() => {
    store.forgetRoom(alice, invite.roomId)
    store.deleteAlias(alias)
    store.setPublic(room, false)
  })
  expect(store.localMembership(alice, invite.roomId)?.forgotten).toBe(true)
  expect(store.alias(alias)).toBeUndefined()
  expect(store.isPublic(room)).toBe(false)
})

test('every query goes through an index', () => {
  const queries = new Set<string>()
  const all = db.all.bind(db)
  const get = db.get.bind(db)
  db.all = (sql, ...params) => {
    queries.add(sql)
    return all(sql, ...params)
  }
  db.get = (sql, ...params) => {
    queries.add(sql)
    return get(sql, ...params)
  }
  const none = '$none' as EventId
  const alias = '#a:one.test' as RoomAlias
  store.transaction(() => {
    newRoom()
    store.putAlias(alias, room, alice)
  })
  for (const direction of ['forward', 'backward'] as const)
    store.timeline({ roomId: room, direction, limit: 1 })
  store.getEvent(none)
  store.missingEvents([none])
  store.forwardExtremities(room)
  store.gaps(room)
  store.members(room)
  store.members(room, 'join')
  store.member(room, alice)
  store.joinedServers(room)
  store.joinedLocalUsers(room)
  store.roomsJoinedBy(alice)
  store.roomsSharedWithServer(other)
  store.localMembership(alice, room)
  store.localMemberships(alice)
  store.localMembershipsSince(alice, 0)
  store.eventsSince(room, 0, 1, 1)
  store.roomsWithEventsSince(0, 1)
  store.timelinePosAt(room, 1)
  store.highestTimelinePos(room)
  store.lowestTimelinePos(room)
  store.childrenOf(room, none)
  store.redactionsOf(none)
  store.receipts(room)
  store.receiptsSince([room], 0, 1)
  const txn = { userId: alice, deviceId: 'D', txnId: 'T' }
  store.clientTxn(txn, room)
  store.clientTxnsOf(alice, 'D', [none])
  store.alias(alias)
  store.aliasesOf(room)
  store.isPublic(room)
  store.stagedPdus(room, 1)
  const related = { roomId: room, target: none, depth: 1, order: 'newest', limit: 1 } as const
  store.relations({ ...related, relType: 'm.thread' })
  store.relationTypes(none)
  store.editsOf(event({}))
  store.relationsBySender(room, none, 'm.thread')
  store.threads({ roomId: room, participant: alice, limit: 1 })
  store.eventsNear(room, 1, 'f', 1)
  store.eventsNear(room, 1, 'b', 1)
  store.newestEvents(undefined, 1)
  store.receiptsOf(room, alice)
  expect(queries.size).toBeGreaterThan(25)
  for (const sql of queries) {
    const plan = all(`EXPLAIN QUERY PLAN ${sql}`).map((row) => String(row['detail']))
    const scans = plan.filter((step) => step.startsWith('SCAN') && !step.includes('stream_counter'))
    const sorts = plan.filter((step) => sql.includes('LIMIT') && step.includes('TEMP B-TREE'))
    expect([sql, ...scans, ...sorts]).toEqual([sql])
  }
})
