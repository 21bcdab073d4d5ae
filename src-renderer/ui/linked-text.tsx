export interface LinkedPart {
  readonly kind: 'text' | 'link'
  readonly text: string
  readonly href?: string
}

/** Plain text with links. Nothing of it is ever read as markup. */
export function LinkedText({
  parts,
  onOpen,
}: {
  parts: readonly LinkedPart[]
  onOpen: (href: string) => void
}) {
  return parts.map((part, index) =>
    part.kind === 'text' ? (
      part.text
    ) : (
      <a
        key={index}
        href={part.href}
        target="_blank"
        rel="noopener noreferrer"
        onClick={(event) => {
          event.preventDefault()
          onOpen(part.href ?? '')
        }}
      >
        {part.text}
      </a>
    ),
  )
}
