/** How deep JSON text nests, without parsing it; cheap enough for every request body. */
export function jsonNesting(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 0x5c) i++
      else if (c === 0x22) inString = false
    } else if (c === 0x22) {
      inString = true
    } else if (c === 0x7b || c === 0x5b) {
      depth++
      if (depth > deepest) deepest = depth
    } else if (c === 0x7d || c === 0x5d) {
      depth--
    }
  }
  return deepest
}

/**
 * Parses JSON from a stranger. Nesting is checked first, so that no later recursion over the value can
 * exhaust the stack. Never throws.
 */
export function parseJsonLimited(
  text: string,
  maxDepth: number,
): { ok: true; value: unknown } | { ok: false; reason: string } {
  if (jsonNesting(text) > maxDepth) return { ok: false, reason: `JSON nested deeper than ${maxDepth}` }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'not JSON' }
  }
}
