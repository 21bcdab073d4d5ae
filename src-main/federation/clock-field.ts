/**
 * In the answer of `/_matrix/federation/v1/version`: the clock, in ms since the epoch. Between Hearths it shows a
 * clock that is off more exactly than the seconds of a `Date` header do. A hint, and nothing goes by it.
 */
export const CLOCK_FIELD = 'org.hearth.now'
