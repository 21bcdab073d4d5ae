import type { NetworkInterface } from '../client/types.ts'

/** What an interface leads to, in words; it is named by the system, in a way that says little to most people. */
export function describeKind(kind: NetworkInterface['kind']): string {
  switch (kind) {
    case 'network':
      return 'Cable or Wi-Fi'
    case 'virtual':
      return 'VPN, container or virtual machine'
    case 'point_to_point':
      return 'VPN or dial-up line'
    case 'loopback':
      return 'This computer alone'
  }
}

/** An interface as it can be chosen; one that was chosen and is not there has no details. */
export interface InterfaceChoice {
  readonly name: string
  readonly chosen: boolean
  readonly details: NetworkInterface | undefined
}

/**
 * The machine's, networks of people first, and those that it does not have now: the chosen ones, and `left` ones that
 * were chosen a moment ago and should not vanish under the pointer.
 */
export function interfaceChoices(
  interfaces: readonly NetworkInterface[],
  chosen: readonly string[],
  left: readonly string[] = [],
): InterfaceChoice[] {
  const order = ['network', 'virtual', 'point_to_point', 'loopback']
  const present = interfaces.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
  const gone = new Set([...chosen, ...left].filter((name) => !interfaces.some((each) => each.name === name)))
  return [
    ...present.map((details) => ({ name: details.name, chosen: chosen.includes(details.name), details })),
    ...[...gone].toSorted().map((name) => ({ name, chosen: chosen.includes(name), details: undefined })),
  ]
}

/** The node takes connections from its own machine alone, so that a choice has no effect. */
export function isLoopbackOnly(interfaces: readonly NetworkInterface[], chosen: readonly string[]): boolean {
  const used = interfaces.filter((each) => each.used)
  const expected = interfaces.filter((each) =>
    chosen.length === 0 ? each.automatic : chosen.includes(each.name),
  )
  return (
    used.length > 0 &&
    used.every(({ kind }) => kind === 'loopback') &&
    expected.some((each) => each.kind !== 'loopback')
  )
}
