/** Links are hostile input, from messages as from the operating system. */

/** The address in a form that is safe to hand to the system's browser; undefined for anything else. */
export function externalUrl(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 8192) return undefined
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return undefined
  }
  return url.protocol === 'http:' || url.protocol === 'https:' || url.protocol === 'mailto:'
    ? url.href
    : undefined
}

const longestDeepLink = 2048

/** A `hearth:` or `matrix:` link among arguments given to the app. */
export function deepLinkIn(args: readonly string[]): string | undefined {
  return args.find(isDeepLink)
}

export function isDeepLink(text: string): boolean {
  return text.length <= longestDeepLink && /^(hearth|matrix):[^\s\p{Cc}]+$/u.test(text)
}
