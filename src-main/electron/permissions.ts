/** What a page may ask the system for. Denied unless it is here, and only to our own page. */
const granted = new Set(['notifications', 'clipboard-sanitized-write', 'fullscreen'])

/**
 * `media` are what a request wants to record: the microphone, for voice messages, or the camera, to read a code
 * with, and never both. The system itself asks the person besides.
 */
export function isPermitted(
  permission: string,
  origin: string,
  appOrigin: string,
  media: readonly string[] = [],
): boolean {
  if (origin.replace(/\/$/, '') !== appOrigin) return false
  if (permission === 'media') return media.length === 1 && (media[0] === 'audio' || media[0] === 'video')
  return granted.has(permission)
}
