import { stat } from 'node:fs/promises'
import { verifyExport, type Verified } from './verify-export.ts'

/** The command `verify <file>`: prints what it found. Answers the exit code: 0 where everything holds. */
export async function verifyCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const [path, ...more] = args
  if (path === undefined || more.length > 0) {
    print('Usage: npm run headless -- verify <file>')
    return 2
  }
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file')
    const verified = await verifyExport(path)
    for (const line of summaryOf(verified)) print(plain(line))
    return verified.findings.failures === 0 ? 0 : 1
  } catch (error) {
    print(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return 2
  }
}

const LONGEST_SENTENCE = 2_000

/** Whoever wrote the file chose its names: they must neither add lines to what is printed here nor rule the terminal. */
function plain(line: string): string {
  const cut = line.length > LONGEST_SENTENCE ? `${line.slice(0, LONGEST_SENTENCE)}…` : line
  return cut.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

function summaryOf({ header, events, findings, asTold }: Verified): string[] {
  const lines: string[] = []
  if (header?.kind === 'capture') lines.push(`Capture of ${header.server_name}`, `${events} events in it`)
  else if (header !== undefined) {
    const when = new Date(header.exported_ts)
    lines.push(
      `Room ${header.room_id}, version ${header.room_version}`,
      `exported by ${header.server_name}${Number.isNaN(when.getTime()) ? '' : `, ${when.toISOString()}`}, ${header.content === 'full' ? 'with' : 'without'} what people wrote`,
      `${events} events`,
    )
  }
  for (const [what, count] of findings.held) lines.push(`  ok      ${count} ${what}`)
  for (const [why, count] of findings.notJudged) lines.push(`  --      ${count} not judged: ${why}`)
  const sentences = findings.sentences()
  for (const words of sentences) lines.push(`  FAILED  ${words}`)
  const unsaid = findings.failures - sentences.length
  if (unsaid > 0) lines.push(`  FAILED  and ${unsaid} more`)
  if (asTold.length > 0) {
    lines.push(
      `The keys of ${asTold.length === 1 ? 'this server are' : 'these servers are'} those that the file tells; only the server itself can prove them: ${asTold.slice(0, 20).join(', ')}${asTold.length > 20 ? ', …' : ''}`,
    )
  }
  lines.push(findings.failures === 0 ? 'Everything holds.' : `${findings.failures} failures.`)
  return lines
}
