import { encodeUnpaddedBase64 } from '../core/base64.ts'
import { parsePdu } from '../core/pdu.ts'
import { parseJson } from '../core/parse-json.ts'
import { signatureKeyIds, signaturesReady, verifyJsonSignature } from '../core/signatures.ts'
import type { JsonObject, ServerName } from '../core/types.ts'
import { CapturedEvents, captureShape, type CaptureHeader } from './check-capture.ts'
import { checkEvent, Keys } from './check-event.ts'
import { checkRules, CitedEvents } from './check-rules.ts'
import { Findings } from './findings.ts'
import { LineTooLongError, readLines, type ReadLine } from './read-lines.ts'
import { headerShape, lineShape, type EndLine, type Header, type Line } from './shape.ts'

export interface Verified {
  /** Undefined where the file is no export. */
  readonly header: Header | CaptureHeader | undefined
  readonly events: number
  readonly findings: Findings
  /** Servers whose keys are those that the file tells, and that nothing in it proves. */
  readonly asTold: readonly string[]
}

/**
 * Checks an export offline: ids, hashes, signatures and the auth rules of every event, and that nothing was added,
 * changed or left out since it was exported. Reads the file twice: what an event cites may stand after it. Rejects
 * only where the file cannot be read.
 */
export async function verifyExport(path: string): Promise<Verified> {
  await signaturesReady()
  const findings = new Findings()
  const keys = new Keys()
  const cited = new CitedEvents()
  const seen = new Set<string>()
  let header: Header | undefined
  let events = 0
  let ended = false
  try {
    for await (const line of readLines(path)) {
      if (line.number === 1) {
        const capture = captureShape.safeParse(parse(line.text))
        if (capture.success) return await verifyCapture(path, capture.data, findings)
        header = readHeader(line, findings)
        if (header === undefined) return { header, events, findings, asTold: [] }
        continue
      }
      if (header === undefined) break
      const read = readLine(line, findings)
      if (ended) findings.fail(line.number, 'it stands after the end of the export')
      if (read === undefined) continue
      if (read.line === 'keys') keys.add(read)
      else if (read.line === 'end') {
        ended = true
        checkEnd(header, keys, events, line, read, findings)
      } else {
        events++
        if (seen.has(read.event_id))
          findings.fail(line.number, `${read.event_id}: it stands in the file twice`)
        seen.add(read.event_id)
        const pdu = checkEvent(header, keys, line.number, read, findings)
        if (pdu !== undefined) cited.add(pdu, read.status === 'rejected')
      }
    }
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error
    findings.fail(error.number, 'it is longer than any line of an export')
  }
  if (header === undefined) {
    findings.fail(1, 'the file is empty')
    return { header, events, findings, asTold: [] }
  }
  if (!ended) findings.fail(events, 'the file was cut off: its last line is missing')
  await checkAllRules(path, header, cited, findings)
  return { header, events, findings, asTold: [...keys.asTold] }
}

/** What servers said to each other: the signatures of the events in it. */
async function verifyCapture(path: string, header: CaptureHeader, findings: Findings): Promise<Verified> {
  const keys = new Keys()
  const captured = new CapturedEvents(keys, findings)
  let ended = false
  for await (const line of toTheLongLine(path, findings)) {
    if (line.number === 1) continue
    const json = parse(line.text)
    const told = lineShape.safeParse(json).data
    if (ended) findings.fail(line.number, 'it stands after the end of the export')
    if (json === undefined) findings.fail(line.number, 'it is not JSON')
    else if (told?.line === 'keys') keys.add(told)
    else if (told?.line === 'end') {
      ended = true
      checkEnd(header, keys, captured.records, line, told, findings)
    } else captured.check(line.number, json)
  }
  if (!ended) findings.fail(captured.records, 'the file was cut off: its last line is missing')
  return { header, events: captured.events, findings, asTold: [...keys.asTold] }
}

/** The second reading: what could not be read was said by the first. */
async function checkAllRules(
  path: string,
  { room_version: version }: Header,
  cited: CitedEvents,
  findings: Findings,
): Promise<void> {
  const said = new Findings()
  for await (const line of toTheLongLine(path)) {
    const read = line.number === 1 ? undefined : readLine(line, said)
    if (read?.line !== 'event') continue
    const parsed = parsePdu(read.event, version)
    if (parsed.ok) checkRules(parsed.pdu, read.status, cited, line.number, findings)
  }
}

async function* toTheLongLine(path: string, findings?: Findings): AsyncGenerator<ReadLine> {
  try {
    yield* readLines(path)
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error
    findings?.fail(error.number, 'it is longer than any line of an export')
  }
}

function readHeader(line: ReadLine, findings: Findings): Header | undefined {
  const parsed = headerShape.safeParse(parse(line.text))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const what = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`
  findings.fail(line.number, `this is no export of a room that this version of Hearth can read${what}`)
  return undefined
}

function readLine(line: ReadLine, findings: Findings): Line | undefined {
  const json = parse(line.text)
  if (json === undefined) {
    findings.fail(line.number, 'it is not JSON')
    return undefined
  }
  const parsed = lineShape.safeParse(json)
  if (parsed.success) return parsed.data
  findings.fail(line.number, 'it is none of the lines that an export has')
  return undefined
}

/** Keeps numbers and names as an event may have them; undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Nothing was added, changed or left out: the hash of all before it, signed by the server that exported. */
function checkEnd(
  header: Header | CaptureHeader,
  keys: Keys,
  count: number,
  line: ReadLine,
  end: EndLine,
  findings: Findings,
): void {
  const fail = (words: string): void => findings.fail(line.number, words)
  const what = header.kind === 'room' ? 'events' : 'records'
  if (end.count !== count) fail(`the export had ${end.count} ${what}, and here are ${count}`)
  if (header.kind === 'room' && end.room_id !== header.room_id) fail('it is the end of another export')
  if (end.sha256 !== encodeUnpaddedBase64(line.before.digest())) {
    fail('the lines before it are not those that were exported')
  }
  const server = header.server_name as ServerName
  const json = end as JsonObject
  const known = keys.of(server)
  const signed = signatureKeyIds(json, server).some((id) =>
    known.some((key) => key.keyId === id && verifyJsonSignature(json, server, id, key.publicKey)),
  )
  if (signed) findings.hold('signature of the export')
  else fail(`the export is not signed by ${server}`)
}
