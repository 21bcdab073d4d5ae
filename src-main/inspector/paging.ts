import { z } from 'zod'

/** How many at most, of a request's query. */
export function limitParam(most: number, byDefault: number) {
  return z.coerce.number().int().min(1).max(most).default(byDefault).describe('How many at most')
}

/** How long a request may be held until there is something, of its query. */
export function waitParam(words: string, mostMs = 60_000) {
  return z.coerce.number().int().min(0).max(mostMs).default(0).describe(`${words}, in milliseconds`)
}
