/** A question as it is put together. */
export interface NewPoll {
  readonly question: string
  readonly answers: readonly string[]
  readonly disclosed: boolean
  readonly maxSelections: number
}

export const MOST_ANSWERS = 20
export const FEWEST_ANSWERS = 2
/** Characters of a question or an answer. */
export const LONGEST_ANSWER = 340

/** What is missing, in words; undefined when the poll can be sent. */
export function problemOf(poll: NewPoll): string | undefined {
  if (poll.question.trim() === '') return 'Write a question.'
  const answers = filled(poll)
  if (answers.length < FEWEST_ANSWERS) return 'Write at least two answers.'
  if (new Set(answers).size < answers.length) return 'Two answers are the same.'
  return undefined
}

/**
 * The content of `org.matrix.msc3381.poll.start`: the form that most clients read, with a text for those
 * that know no polls (MSC3381, MSC1767).
 */
export function pollContent(poll: NewPoll): Record<string, unknown> {
  const question = poll.question.trim()
  const answers = filled(poll).slice(0, MOST_ANSWERS)
  const fallback = [question, ...answers.map((answer, index) => `${index + 1}. ${answer}`)].join('\n')
  return {
    'org.matrix.msc3381.poll.start': {
      question: { 'org.matrix.msc1767.text': question, msgtype: 'm.text', body: question },
      kind: `org.matrix.msc3381.poll.${poll.disclosed ? 'disclosed' : 'undisclosed'}`,
      max_selections: Math.min(Math.max(1, Math.floor(poll.maxSelections)), answers.length),
      answers: answers.map((answer, index) => ({
        id: `answer-${index + 1}`,
        'org.matrix.msc1767.text': answer,
      })),
    },
    'org.matrix.msc1767.text': fallback,
    msgtype: 'm.text',
    body: fallback,
  }
}

function filled(poll: NewPoll): string[] {
  return poll.answers.map((answer) => answer.trim()).filter((answer) => answer !== '')
}
