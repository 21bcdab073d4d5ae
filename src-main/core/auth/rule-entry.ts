/** What there is to say of one auth rule. */
export interface RuleWords {
  /** A few words. */
  readonly title: string
  /** What the rule asks for, in a sentence or two. */
  readonly meaning: string
  /** Which state decides about such an event. */
  readonly decides: readonly Deciding[]
}

/** `sender` and `target`: the membership of that person; `authoriser`: of who authorised a restricted join. */
export type Deciding =
  | 'create'
  | 'power levels'
  | 'join rules'
  | 'sender'
  | 'target'
  | 'authoriser'
  | 'third-party invite'

export type RuleEntry = readonly [number: string, words: RuleWords]

export const words = (title: string, meaning: string, ...decides: Deciding[]): RuleWords => ({
  title,
  meaning,
  decides,
})
