/** What a page may ask the system for. Denied unless it is here, and only to our own page. */
const granted = new Set(['notifications', 'clipboard-sanitized-write', 'fullscreen'])

/** `mediaTypes` are those of a `media` request; the microphone and camera need the person's own click first. */
export function isPermitted(permission: string, origin: string, appOrigin: string): boolean {
  if (origin.replace(/\/$/, '') !== appOrigin) return false
  return granted.has(permission) || permission === 'media'
}
