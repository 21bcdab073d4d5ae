import type { Figures, Sizes } from './measure.ts'

const ms = (value: number) => (value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`)
const megabytes = (value: number) => `${Math.round(value / 1e6)} MB`
const rate = (value: number) => `${value < 100 ? value.toFixed(1) : Math.round(value)}/s`

/** The figures as a Markdown table, one row a measurement, one column a server, the goals first. */
export function table(results: Readonly<Record<string, Figures>>, sizes: Sizes): string {
  const rows: [label: string, goal: string, key: keyof Figures, show: (value: number) => string][] = [
    ['Start to ready', '500 ms', 'startToReady', ms],
    [`Memory after ${sizes.idleSeconds} s idle`, '90 MB', 'idleMemory', megabytes],
    ['Memory after everything below', '', 'memoryAfterLoad', megabytes],
    ['Local send, p50', '3 ms', 'localSend', ms],
    ['Send to the peer’s sync, p50', '6 ms', 'federatedP50', ms],
    ['Send to the peer’s sync, p99', '20 ms', 'federatedP99', ms],
    [`Burst of ${sizes.burst}: accepted`, '1000/s', 'burstAccepted', rate],
    [`Burst of ${sizes.burst}: delivered`, '1000/s', 'burstDelivered', rate],
    ['… never shown by the peer’s sync', '0', 'burstNotSynced', String],
    ['Send to the peer’s sync after the burst, p50', '6 ms', 'warmP50', ms],
    [
      `Join ${sizes.stateEvents} state events, ${sizes.messages} messages: answered`,
      '400 ms',
      'joinAnswered',
      ms,
    ],
    ['… until the peer’s sync shows all state', '', 'joinShown', ms],
  ]
  const servers = Object.keys(results)
  const lines = [['', 'goal', ...servers], ['', '', ...servers].map(() => '---')]
  for (const [label, goal, key, show] of rows) {
    const cells = servers.map((server) => show(results[server]?.[key] ?? Number.NaN))
    lines.push([label, goal, ...cells])
  }
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  )
  return lines
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n')
}
