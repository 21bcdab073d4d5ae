import type { TraceItem, TraceRecord } from '../../../client/trace.ts'

/** What was recorded of an operation, in the order of its steps, laid out for reading. */
export function bodiesOf(record: TraceRecord): { key: string; title: string; text: string }[] {
  const found: { key: string; title: string; text: string }[] = []
  const visit = (item: TraceRecord | TraceItem, path: string): void => {
    for (const [name, text] of Object.entries(item.bodies ?? {}))
      if (text !== undefined)
        found.push({ key: `${path} ${name}`, title: `${item.label}: ${name}`, text: laidOut(text) })
    item.children.forEach((child, index) => visit(child, `${path}.${index}`))
  }
  visit(record, '0')
  return found
}

function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    // It was cut.
    return text
  }
}
