import { z } from 'zod'

/** What strangers say of themselves is cut and cleaned before it reaches the screen. */
export const saidUpTo = (most = 400) =>
  z.string().transform((text) => text.replace(/\p{C}/gu, ' ').trim().slice(0, most))
