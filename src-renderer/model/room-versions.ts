/** Versions are numbers so far; of others nothing is said. */
export function isOlderVersion(version: string, than: string): boolean {
  return /^\d+$/u.test(version) && /^\d+$/u.test(than) && Number(version) < Number(than)
}
