import { isUserId } from '../ids.ts'
import { own, ownString } from '../json.ts'
import { isKnockJoinRule, isRestrictedJoinRule, joinRuleOf, membershipOf } from '../membership.ts'
import { creatorsOf } from '../power-levels.ts'
import type { Decision } from '../types.ts'
import { accept, type AuthContext, reject } from './context.ts'
import { checkThirdPartyInvite } from './third-party-invite.ts'

/** The rule about `m.room.member`: 4 in versions 6 to 11, else 5. Numbers are those of version 11. */
export function checkMember(context: AuthContext): Decision {
  const { pdu, rules, numbers } = context
  const target = pdu.stateKey
  const membership = ownString(pdu.content, 'membership')
  // 4.1
  if (target === undefined || membership === undefined) {
    return reject(rules, `${numbers.member}.1`, 'no state key, or no membership')
  }
  // 4.2 The signature itself is one of those that `requiredSigners` names.
  const authoriser = own(pdu.content, 'join_authorised_via_users_server')
  if (rules.restrictedJoin && authoriser !== undefined && !isUserId(authoriser)) {
    return reject(rules, `${numbers.member}.2.1`, 'join_authorised_via_users_server is not a user id')
  }
  switch (membership) {
    case 'join':
      return checkJoin(context, target)
    case 'invite':
      return checkInvite(context, target)
    case 'leave':
      return checkLeave(context, target)
    case 'ban':
      return checkBan(context, target)
    case 'knock':
      if (rules.knock) return checkKnock(context, target)
  }
  // 4.8
  return reject(rules, numbers.unknownMembership, 'unknown membership')
}

/** 4.3 */
function checkJoin(context: AuthContext, target: string): Decision {
  const { pdu, rules, numbers, getState, create } = context
  // 4.3.1
  if (
    pdu.prevEvents.length === 1 &&
    pdu.prevEvents[0] === create.eventId &&
    isFirstCreator(context, target)
  ) {
    return accept
  }
  // 4.3.2
  if (pdu.sender !== target) return reject(rules, `${numbers.join}.2`, 'nobody can join for another user')
  const current = membershipOf(getState('m.room.member', target))
  // 4.3.3
  if (current === 'ban') return reject(rules, `${numbers.join}.3`, `${target} is banned`)

  const joinRule = joinRuleOf(getState('m.room.join_rules', '')?.content)
  const isMember = current === 'join' || current === 'invite'
  // 4.3.4
  if ((joinRule === 'invite' || (rules.knock && joinRule === 'knock')) && isMember) return accept
  // 4.3.5
  if (isRestrictedJoinRule(joinRule, rules)) return checkRestrictedJoin(context, isMember)
  // 4.3.6
  if (joinRule === 'public') return accept
  // 4.3.7 (4.2.6 before version 8)
  const last = rules.restrictedJoin ? 7 : 6
  return reject(rules, `${numbers.join}.${last}`, `${target} is not invited, and the room is not public`)
}

/** The creator who may join without an invite; additional creators need one. */
function isFirstCreator({ create, rules }: AuthContext, user: string): boolean {
  return rules.creatorIsSender ? user === create.sender : creatorsOf(create, rules).has(user)
}

/** 4.3.5 */
function checkRestrictedJoin(
  { pdu, rules, numbers, getState, levels }: AuthContext,
  isMember: boolean,
): Decision {
  // 4.3.5.1
  if (isMember) return accept
  // 4.3.5.2
  const authoriser = ownString(pdu.content, 'join_authorised_via_users_server')
  if (
    authoriser === undefined ||
    membershipOf(getState('m.room.member', authoriser)) !== 'join' ||
    levels.userLevel(authoriser) < levels.invite
  ) {
    return reject(rules, `${numbers.join}.5.2`, 'no joined user who may invite has authorised the join')
  }
  // 4.3.5.3
  return accept
}

/** 4.4 */
function checkInvite(context: AuthContext, target: string): Decision {
  const { pdu, rules, numbers, getState, levels } = context
  // 4.4.1
  const thirdParty = own(pdu.content, 'third_party_invite')
  if (thirdParty !== undefined) return checkThirdPartyInvite(context, target, thirdParty)
  // 4.4.2
  if (membershipOf(getState('m.room.member', pdu.sender)) !== 'join') {
    return reject(rules, `${numbers.invite}.2`, `${pdu.sender} is not joined`)
  }
  // 4.4.3
  const current = membershipOf(getState('m.room.member', target))
  if (current === 'join' || current === 'ban') {
    return reject(rules, `${numbers.invite}.3`, `the membership of ${target} is ${current}`)
  }
  // 4.4.4
  if (levels.userLevel(pdu.sender) >= levels.invite) return accept
  // 4.4.5
  return reject(rules, `${numbers.invite}.5`, `${pdu.sender} may not invite`)
}

/** 4.5 */
function checkLeave({ pdu, rules, numbers, getState, levels }: AuthContext, target: string): Decision {
  const current = membershipOf(getState('m.room.member', target))
  // 4.5.1
  if (pdu.sender === target) {
    return current === 'invite' || current === 'join' || (rules.knock && current === 'knock')
      ? accept
      : reject(rules, `${numbers.leave}.1`, `${target} is not in the room`)
  }
  // 4.5.2
  if (membershipOf(getState('m.room.member', pdu.sender)) !== 'join') {
    return reject(rules, `${numbers.leave}.2`, `${pdu.sender} is not joined`)
  }
  const senderLevel = levels.userLevel(pdu.sender)
  // 4.5.3
  if (current === 'ban' && senderLevel < levels.ban) {
    return reject(rules, `${numbers.leave}.3`, `${pdu.sender} may not lift bans`)
  }
  // 4.5.4
  if (senderLevel >= levels.kick && levels.userLevel(target) < senderLevel) return accept
  // 4.5.5
  return reject(rules, `${numbers.leave}.5`, `${pdu.sender} may not kick ${target}`)
}

/** 4.6 */
function checkBan({ pdu, rules, numbers, getState, levels }: AuthContext, target: string): Decision {
  // 4.6.1
  if (membershipOf(getState('m.room.member', pdu.sender)) !== 'join') {
    return reject(rules, `${numbers.ban}.1`, `${pdu.sender} is not joined`)
  }
  // 4.6.2
  const senderLevel = levels.userLevel(pdu.sender)
  if (senderLevel >= levels.ban && levels.userLevel(target) < senderLevel) return accept
  // 4.6.3
  return reject(rules, `${numbers.ban}.3`, `${pdu.sender} may not ban ${target}`)
}

/** 4.7 */
function checkKnock({ pdu, rules, numbers, getState }: AuthContext, target: string): Decision {
  // 4.7.1
  if (!isKnockJoinRule(joinRuleOf(getState('m.room.join_rules', '')?.content), rules)) {
    return reject(rules, `${numbers.knock}.1`, 'nobody can knock on this room')
  }
  // 4.7.2
  if (pdu.sender !== target) return reject(rules, `${numbers.knock}.2`, 'nobody can knock for another user')
  // 4.7.3
  const current = membershipOf(getState('m.room.member', pdu.sender))
  if (current !== 'ban' && current !== 'invite' && current !== 'join') return accept
  // 4.7.4
  return reject(rules, `${numbers.knock}.4`, `the membership of ${pdu.sender} is ${current}`)
}
