import type { Context } from 'hono'
import { z } from 'zod'
import type { Json, UserId } from '../core/types.ts'
import { badJson, invalidParam, MatrixError, notFound } from '../http/errors.ts'
import { readBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { ruleKinds, type PushRule, type RuleKind, type Ruleset } from './push/rules.ts'

const action = z.union([
  z.string(),
  z.looseObject({ set_tweak: z.string(), value: z.custom<Json>(() => true).optional() }),
])
const condition = z.looseObject({
  kind: z.string(),
  key: z.string().max(255).optional(),
  pattern: z.string().max(512).optional(),
  is: z.string().max(32).optional(),
})
const ruleBody = z.looseObject({
  actions: z.array(action).max(20),
  conditions: z.array(condition).max(50).optional(),
  pattern: z.string().max(512).optional(),
})
const enabledBody = z.looseObject({ enabled: z.boolean() })
const actionsBody = z.looseObject({ actions: z.array(action).max(20) })

const MAX_RULES = 1_000
/** More wildcards in one pattern could make matching a long message slow. */
const MAX_STARS = 4

/** GET /pushrules/, GET/PUT/DELETE of one rule, and its `enabled` and `actions`. */
export const registerPushRules: Register = (app, ctx) => {
  const base = '/_matrix/client/v3/pushrules'
  for (const path of [base, `${base}/`]) {
    app.get(path, (c) => c.json(ctx.pushRules.content(ctx.session(c).userId)))
  }
  for (const path of [`${base}/global`, `${base}/global/`]) {
    app.get(path, (c) => c.json(ctx.pushRules.get(ctx.session(c).userId)))
  }
  const one = `${base}/global/:kind/:ruleId`

  app.get(one, (c) => c.json(findRule(ctx, c, ctx.session(c).userId).rule))
  app.get(`${one}/enabled`, (c) => c.json({ enabled: findRule(ctx, c, ctx.session(c).userId).rule.enabled }))
  app.get(`${one}/actions`, (c) => c.json({ actions: findRule(ctx, c, ctx.session(c).userId).rule.actions }))

  app.put(one, async (c) => {
    const { userId } = ctx.session(c)
    const kind = kindOf(c)
    const ruleId = c.req.param('ruleId')
    if (ruleId.startsWith('.')) throw invalidParam('Rule ids with a leading dot belong to the server')
    if (ruleId.includes('/') || ruleId.includes('\\')) throw invalidParam('A rule id has no slashes')
    const body = await readBody(c, ruleBody)
    if (kind === 'content' && body.pattern === undefined) throw badJson('`pattern` is missing')
    for (const pattern of [body.pattern, ...(body.conditions ?? []).map((item) => item.pattern)]) {
      if ((pattern?.split('*').length ?? 0) > MAX_STARS + 1)
        throw badJson(`A pattern has at most ${MAX_STARS} stars`)
    }
    const rules = ctx.pushRules.get(userId)
    const known = rules[kind].find((rule) => rule.rule_id === ruleId)
    if (rules[kind].length >= MAX_RULES && known === undefined) throw invalidParam('There are too many rules')
    const rule = JSON.parse(
      JSON.stringify({
        rule_id: ruleId,
        default: false,
        enabled: known?.enabled ?? true,
        actions: body.actions,
        ...(kind === 'content' ? { pattern: body.pattern } : {}),
        ...(kind === 'override' || kind === 'underride' ? { conditions: body.conditions ?? [] } : {}),
      }),
    ) as PushRule
    const list = place(rules[kind], rule, c.req.query('before'), c.req.query('after'))
    save(ctx, userId, { ...rules, [kind]: list })
    return c.json({})
  })

  app.delete(one, (c) => {
    const { userId } = ctx.session(c)
    const { kind, rule } = findRule(ctx, c, userId)
    if (rule.default)
      throw new MatrixError(400, 'M_UNKNOWN', 'The server’s own rules can be disabled, not deleted')
    const rules = ctx.pushRules.get(userId)
    save(ctx, userId, { ...rules, [kind]: rules[kind].filter((r) => r !== rule) })
    return c.json({})
  })

  app.put(`${one}/enabled`, async (c) => {
    const { userId } = ctx.session(c)
    const { enabled } = await readBody(c, enabledBody)
    change(ctx, c, userId, (rule) => ({ ...rule, enabled }))
    return c.json({})
  })
  app.put(`${one}/actions`, async (c) => {
    const { userId } = ctx.session(c)
    const { actions } = await readBody(c, actionsBody)
    change(ctx, c, userId, (rule) => ({ ...rule, actions: actions as PushRule['actions'] }))
    return c.json({})
  })
}

function kindOf(c: Context): RuleKind {
  const kind = ruleKinds.find((k) => k === c.req.param('kind'))
  if (kind === undefined) throw invalidParam('There is no such kind of push rule')
  return kind
}

function findRule(ctx: Ctx, c: Context, user: UserId): { kind: RuleKind; rule: PushRule } {
  const kind = kindOf(c)
  const rule = ctx.pushRules.get(user)[kind].find((r) => r.rule_id === c.req.param('ruleId'))
  if (rule === undefined) throw notFound('There is no such push rule')
  return { kind, rule }
}

function change(ctx: Ctx, c: Context, user: UserId, fn: (rule: PushRule) => PushRule): void {
  const { kind, rule } = findRule(ctx, c, user)
  const rules = ctx.pushRules.get(user)
  save(ctx, user, { ...rules, [kind]: rules[kind].map((r) => (r === rule ? fn(r) : r)) })
}

function save(ctx: Ctx, user: UserId, rules: Ruleset): void {
  ctx.pushRules.put(user, rules)
  ctx.notifier.wake([user])
}

/** A user's rules come before the server's; a new one first, or where `before` or `after` say. */
function place(
  rules: readonly PushRule[],
  rule: PushRule,
  before: string | undefined,
  after: string | undefined,
): PushRule[] {
  const at = rules.findIndex((r) => r.rule_id === rule.rule_id)
  const anchor = before ?? after
  if (anchor === undefined) {
    if (at >= 0) return rules.with(at, rule)
    // The master rule stays above everything.
    const master = rules.findIndex((r) => r.rule_id === '.m.rule.master')
    return rules.toSpliced(master + 1, 0, rule)
  }
  const others = rules.filter((r) => r.rule_id !== rule.rule_id)
  const index = others.findIndex((r) => r.rule_id === anchor && !r.default)
  if (index < 0) throw notFound('`before` and `after` must name a rule of your own')
  return others.toSpliced(before === undefined ? index + 1 : index, 0, rule)
}
