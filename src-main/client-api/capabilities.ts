import { DEFAULT_ROOM_VERSION, ROOM_VERSIONS } from '../core/room-versions.ts'
import type { Register } from './context.ts'

/** GET /capabilities */
export const registerCapabilities: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/capabilities', (c) => {
    ctx.session(c)
    return c.json({
      capabilities: {
        'm.change_password': { enabled: true },
        'm.room_versions': {
          default: DEFAULT_ROOM_VERSION,
          available: Object.fromEntries(ROOM_VERSIONS.map((version) => [version, 'stable'])),
        },
        'm.set_displayname': { enabled: true },
        'm.set_avatar_url': { enabled: true },
        'm.profile_fields': { enabled: true },
        'm.3pid_changes': { enabled: false },
        'm.get_login_token': { enabled: true },
      },
    })
  })
}
