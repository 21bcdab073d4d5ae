import { CLOCK_FIELD } from '../clock-field.ts'
import type { FederationDeps } from './endpoint.ts'

/** `GET /_matrix/federation/v1/version` ("Server implementation"); needs no authentication. */
export function version(deps: FederationDeps): unknown {
  return { server: { name: 'Hearth', version: deps.version }, [CLOCK_FIELD]: deps.clock.now() }
}
