import type { Step } from './model.ts'

export type KeyVerb =
  | { readonly kind: 'step'; readonly to: Step }
  | { readonly kind: 'rows'; readonly by: 1 | -1; readonly pages: boolean }
  | { readonly kind: 'match'; readonly by: 1 | -1 }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'newest' | 'oldest' | 'open' | 'close' }

const VERBS: Readonly<Record<string, KeyVerb>> = {
  ArrowDown: { kind: 'step', to: 'parent' },
  ArrowUp: { kind: 'step', to: 'child' },
  ArrowLeft: { kind: 'step', to: 'previous-sibling' },
  ArrowRight: { kind: 'step', to: 'next-sibling' },
  PageDown: { kind: 'rows', by: 1, pages: true },
  PageUp: { kind: 'rows', by: -1, pages: true },
  j: { kind: 'rows', by: 1, pages: false },
  k: { kind: 'rows', by: -1, pages: false },
  Home: { kind: 'newest' },
  End: { kind: 'oldest' },
  Enter: { kind: 'open' },
  ' ': { kind: 'open' },
  Escape: { kind: 'close' },
  n: { kind: 'match', by: 1 },
  p: { kind: 'match', by: -1 },
  '+': { kind: 'zoom', factor: 1.25 },
  '=': { kind: 'zoom', factor: 1.25 },
  '-': { kind: 'zoom', factor: 0.8 },
}

/** What a key means in the graph. */
export function keyOf(event: {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}): KeyVerb | undefined {
  return event.ctrlKey || event.metaKey || event.altKey ? undefined : VERBS[event.key]
}
