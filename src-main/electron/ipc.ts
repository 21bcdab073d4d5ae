import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent } from 'electron'
import { z } from 'zod'
import type { BridgeNotification } from '../../src-preload/contract.ts'
import { appOrigin } from './app-protocol.ts'
import { externalUrl } from './links.ts'

export interface IpcActions {
  session(): Promise<{ clientUrl: string; loginToken: string }>
  notify(notification: BridgeNotification): void
  dismiss(roomId: string): void
  setBadge(count: number): void
  openExternal(url: string): void
  log(message: string): void
}

const matrixId = z.string().max(255)
const notification = z.object({
  title: z.string().max(200),
  body: z.string().max(1000),
  roomId: matrixId,
  eventId: matrixId,
  silent: z.boolean(),
  canReply: z.boolean(),
})
const badge = z.int().min(0).max(1_000_000)

/** Only the top frame of our own page may speak; a frame that an attacker got in may not. */
export function isTrustedSender(event: Pick<IpcMainEvent | IpcMainInvokeEvent, 'senderFrame'>): boolean {
  const frame = event.senderFrame
  return frame !== null && frame.parent === null && frame.url.startsWith(`${appOrigin}/`)
}

/** The narrow set of channels; each checks who speaks and what is said. */
export function registerIpc(ipc: Pick<IpcMain, 'handle' | 'on'>, actions: IpcActions): void {
  ipc.handle('hearth:session', async (event) => {
    if (!isTrustedSender(event)) throw new Error('refused')
    return actions.session()
  })
  const receive = <T>(
    channel: string,
    parse: (value: unknown) => T | undefined,
    act: (value: T) => void,
  ): void => {
    ipc.on(channel, (event, value: unknown) => {
      const checked = isTrustedSender(event) ? parse(value) : undefined
      if (checked === undefined) actions.log(`refused a message on ${channel}`)
      else act(checked)
    })
  }
  receive(
    'hearth:notify',
    (value) => notification.safeParse(value).data,
    (checked) => actions.notify(checked),
  )
  receive(
    'hearth:dismiss',
    (value) => matrixId.safeParse(value).data,
    (roomId) => actions.dismiss(roomId),
  )
  receive(
    'hearth:badge',
    (value) => badge.safeParse(value).data,
    (count) => actions.setBadge(count),
  )
  receive('hearth:open-external', externalUrl, (url) => actions.openExternal(url))
}
