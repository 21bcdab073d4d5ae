import type { Register } from './context.ts'

/** GET /versions, and `.well-known/matrix/client` where the node knows its own address. */
export const registerVersions: Register = (app, ctx) => {
  app.get('/_matrix/client/versions', (c) =>
    c.json({
      versions: [
        'v1.1',
        'v1.2',
        'v1.3',
        'v1.4',
        'v1.5',
        'v1.6',
        'v1.7',
        'v1.8',
        'v1.9',
        'v1.10',
        'v1.11',
        'v1.12',
        'v1.13',
        'v1.14',
        'v1.15',
        'v1.16',
        'v1.17',
      ],
      unstable_features: { 'org.matrix.msc4222': true, 'uk.half-shot.msc2666.query_mutual_rooms': true },
    }),
  )
  app.get('/.well-known/matrix/client', (c) => {
    const answer = ctx.wellKnown?.client()
    return answer === undefined ? c.notFound() : c.json(answer)
  })
  // For whoever puts this listener behind the web server of the domain.
  app.get('/.well-known/matrix/server', (c) => {
    const answer = ctx.wellKnown?.server()
    return answer === undefined ? c.notFound() : c.json(answer)
  })
}
