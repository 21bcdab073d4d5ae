/** What a check of a file found; counted all, and kept in words as many as anybody reads. */
export class Findings {
  private readonly kept: { line: number; words: string }[] = []
  failures = 0
  /** By what was checked: how often it held. */
  readonly held = new Map<string, number>()
  readonly notJudged = new Map<string, number>()

  hold(what: string): void {
    this.held.set(what, (this.held.get(what) ?? 0) + 1)
  }

  skip(why: string): void {
    this.notJudged.set(why, (this.notJudged.get(why) ?? 0) + 1)
  }

  /** In the order of the lines. */
  sentences(): string[] {
    return this.kept.toSorted((a, b) => a.line - b.line).map(({ line, words }) => `line ${line}: ${words}`)
  }

  fail(line: number, words: string): void {
    this.failures++
    if (this.kept.length < MOST_KEPT) this.kept.push({ line, words })
  }
}

const MOST_KEPT = 1_000
