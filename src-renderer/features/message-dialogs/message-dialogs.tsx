import type { Question } from '../../model/conversation.ts'

/** The dialogs about one message; one is open at a time. */
export function MessageDialogs(_props: { question: Question | undefined; onClose: () => void }) {
  return null
}
