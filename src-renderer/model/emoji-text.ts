const EMOJI = /^\p{RGI_Emoji}$/v
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** More than these in a row are a wall, and stay small. */
const MOST_BIG = 6
const LONGEST = 120

/** A message that says nothing but a few emoji is drawn large. */
export function isOnlyEmoji(text: string): boolean {
  if (text === '' || text.length > LONGEST) return false
  const parts = Array.from(graphemes.segment(text.replaceAll(/\s/gu, '')), (each) => each.segment)
  return parts.length > 0 && parts.length <= MOST_BIG && parts.every(isEmoji)
}

/** With or without the selector that says so: many keyboards leave it out. */
function isEmoji(grapheme: string): boolean {
  return EMOJI.test(grapheme) || EMOJI.test(`${grapheme}\ufe0f`)
}
