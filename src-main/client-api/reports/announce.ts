import type { Ctx } from '../context.ts'

/** Account data of the owner: how many reports wait, and how many of them are new. It comes by /sync. */
export const REPORTS = 'org.hearth.reports'

/** To be called in the transaction that changes the reports; the caller wakes the owner after it. */
export function announceReports({ accounts, owner }: Pick<Ctx, 'accounts' | 'owner'>): void {
  const { total, unseen } = accounts.reportCounts()
  accounts.putAccountData(owner, undefined, REPORTS, { total, new: unseen })
}
