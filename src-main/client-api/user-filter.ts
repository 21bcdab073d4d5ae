import { notFound } from '../http/errors.ts'
import { readBody } from './body.ts'
import { requireSelf, type Register } from './context.ts'
import { filterBody, parseFilter } from './filter.ts'

/** POST /user/{userId}/filter, GET /user/{userId}/filter/{filterId} */
export const registerUserFilter: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/user/:userId/filter', async (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const json = await readBody(c, filterBody)
    parseFilter(json)
    return c.json({ filter_id: ctx.accounts.putFilter(user, json) })
  })
  app.get('/_matrix/client/v3/user/:userId/filter/:filterId', (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const json = ctx.accounts.filter(user, c.req.param('filterId'))
    if (json === undefined) throw notFound('There is no such filter')
    return c.json(json)
  })
}
