/** What a page may ask the system for. Denied unless it is here, and only to our own page. */
const granted = new Set(['notifications', 'clipboard-sanitized-write', 'fullscreen'])

/**
 * `media` are what a request wants to record: only the microphone, for voice messages, is given. The system
 * itself asks the person besides.
 */
export function isPermitted(
  permission: string,
  origin: string,
  appOrigin: string,
  media: readonly string[] = [],
): boolean {
  if (origin.replace(/\/$/, '') !== appOrigin) return false
  if (permission === 'media') return media.length > 0 && media.every((each) => each === 'audio')
  return granted.has(permission)
}
