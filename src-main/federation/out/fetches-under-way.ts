import type { ServerName } from '../../core/types.ts'

/** Events name any number of servers that are away, each of which would be waited for. */
const MAX_FOR_ONE = 50
const MAX_FOR_ALL = 300

/** Counts what is fetched now on the account of those who gave the events for which it is wanted. */
export class FetchesUnderWay {
  private readonly accounts = new Map<ServerName, number>()
  private all = 0

  /** Answers what ends it; undefined where no more may be fetched on that account. */
  begin(account: ServerName): (() => void) | undefined {
    const before = this.accounts.get(account) ?? 0
    if (before >= MAX_FOR_ONE || this.all >= MAX_FOR_ALL) return undefined
    this.accounts.set(account, before + 1)
    this.all++
    return () => {
      const left = (this.accounts.get(account) ?? 1) - 1
      if (left > 0) this.accounts.set(account, left)
      else this.accounts.delete(account)
      this.all--
    }
  }
}
