import { z } from 'zod'
import type { JsonObject } from '../../core/types.ts'
import { jsonObject, readBody } from '../body.ts'
import type { Register } from '../context.ts'
import { rates } from '../rate-limit.ts'
import { registerDeleteRoom } from './delete-room.ts'
import { registerOpenApi } from './openapi.ts'
import { registerDelivery } from './delivery.ts'
import { registerDeniedBy } from './denied-by.ts'
import { registerReports } from './reports.ts'
import { registerRoomServers } from './room-servers.ts'
import { registerDomain } from './domain.ts'
import { requireOwner } from './require-owner.ts'

export { requireOwner }

/** The private API under `/_hearth/v1/`: for the owner's account alone, but for the delivery of messages. */
export const registerHearth: Register = (app, ctx) => {
  registerDelivery(app, ctx)
  registerRoomServers(app, ctx)
  registerDeniedBy(app, ctx)
  registerDomain(app, ctx)
  registerReports(app, ctx)
  registerDeleteRoom(app, ctx)
  registerOpenApi(app, ctx.inspector)
  if (ctx.inspector !== undefined) {
    app.use('/_hearth/v1/inspector/*', async (c, next) => {
      requireOwner(ctx, c)
      await next()
    })
    app.route('/_hearth/v1/inspector', ctx.inspector)
  }
  const get = (path: string, read: () => JsonObject | Promise<JsonObject>): void => {
    app.get(path, async (c) => {
      requireOwner(ctx, c)
      return c.json(await read())
    })
  }
  get('/_hearth/v1/peers', async () => ({ peers: await ctx.hearth.peers() }))
  get('/_hearth/v1/network', () => ({ problems: ctx.hearth.networkProblems?.() ?? [] }))
  get('/_hearth/v1/interfaces', () => ctx.hearth.interfaces?.() ?? { discovery: false, interfaces: [] })
  get('/_hearth/v1/settings', () => ctx.hearth.getSettings())
  get('/_hearth/v1/storage', () => ctx.hearth.storage())

  app.patch('/_hearth/v1/settings', async (c) => {
    requireOwner(ctx, c)
    return c.json(await ctx.hearth.patchSettings(await readBody(c, jsonObject)))
  })
  app.post('/_hearth/v1/peers', async (c) => {
    requireOwner(ctx, c)
    const peer = await readBody(c, z.object({ server_name: z.string(), address: z.string() }))
    ctx.hearth.addPeer({ serverName: peer.server_name, address: peer.address })
    return c.json({})
  })
  app.post('/_hearth/v1/login-token', (c) => {
    requireOwner(ctx, c)
    return c.json({ login_token: ctx.hearth.createLoginToken() })
  })
  app.post('/_hearth/v1/backup', async (c) => {
    requireOwner(ctx, c)
    return c.json(await ctx.hearth.backup())
  })
  app.post('/_hearth/v1/identity-backup', async (c) => {
    requireOwner(ctx, c)
    const { passphrase } = await readBody(c, z.object({ passphrase: z.string() }))
    ctx.limiter.take(rates.identityBackup, ctx.owner)
    const document = await ctx.hearth.backupIdentity(passphrase)
    return c.body(document, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  })
}
