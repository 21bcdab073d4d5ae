import { formatBytes } from './measures.ts'
import { listNames } from './text.ts'

/** More than this at once are a folder, not a message. */
export const MOST_STAGED = 50

export interface Staging {
  readonly files: readonly File[]
  /** What was left out and why, as sentences. */
  readonly problems: readonly string[]
}

/** Files that are to go with the next message. `limit` is the largest size that the node takes, in bytes. */
export function stage(already: readonly File[], added: readonly File[], limit: number | undefined): Staging {
  const problems: string[] = []
  const tooLarge = limit === undefined ? [] : added.filter((file) => file.size > limit)
  if (limit !== undefined && tooLarge.length > 0) {
    const [first] = tooLarge
    problems.push(
      tooLarge.length === 1 && first !== undefined
        ? `${first.name} is ${formatBytes(first.size)}; this Hearth takes files of up to ${formatBytes(limit)}.`
        : `${listNames(tooLarge.map((file) => file.name))} are too large; this Hearth takes files of up to ${formatBytes(limit)}.`,
    )
  }
  const fitting = added.filter((file) => !tooLarge.includes(file))
  const files = [...already, ...fitting]
  if (files.length > MOST_STAGED) {
    problems.push(`At most ${MOST_STAGED} files go with one message; the others were left out.`)
  }
  return { files: files.slice(0, MOST_STAGED), problems }
}

/** The same files with one of them a place further (1) or back (-1). */
export function moved(files: readonly File[], index: number, direction: number): readonly File[] {
  const other = index + direction
  const here = files[index]
  const there = files[other]
  if (here === undefined || there === undefined) return files
  return files.with(index, there).with(other, here)
}

/** A picture from the clipboard has the same name each time; it gets one that tells when. */
export function namePasted(file: File, now: Date): File {
  if (!/^image\.\w+$/u.test(file.name)) return file
  const pad = (value: number): string => String(value).padStart(2, '0')
  const day = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`
  const time = `${pad(now.getHours())}.${pad(now.getMinutes())}.${pad(now.getSeconds())}`
  return new File([file], `Picture ${day} ${time}${/\.\w+$/u.exec(file.name)?.[0] ?? ''}`, {
    type: file.type,
  })
}
