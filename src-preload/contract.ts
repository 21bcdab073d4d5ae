/**
 * What the renderer may ask of its surroundings: `window.hearth`, the same in Electron (exposed by the
 * preload script) and in browser mode (`src-renderer/app/web-bridge.ts`). Everything else the renderer
 * needs it asks of its own node over HTTP.
 */
export interface HearthBridge {
  readonly mode: 'electron' | 'browser'
  readonly platform: 'darwin' | 'win32' | 'linux' | 'web'
  /** Where the node is and, if the surroundings know one, a fresh one-time login token. */
  session(): Promise<NodeSession>
  /** Shows a notification of the operating system. */
  notify(notification: BridgeNotification): void
  /** Takes back the notifications of a room: somebody looks at it. */
  dismiss(roomId: string): void
  /** Number on the app's icon; 0 removes it. */
  setBadge(count: number): void
  /** `hearth:` and `matrix:` links handed to the app. Hostile input. Returns the unsubscriber. */
  onDeepLink(listener: (url: string) => void): () => void
  /** A notification was clicked. Returns the unsubscriber. */
  onNotificationClick(listener: (click: NotificationClick) => void): () => void
  /** A notification was answered where it stood. Returns the unsubscriber. */
  onNotificationReply(listener: (reply: NotificationReply) => void): () => void
  /** Opens an http, https or mailto address in the system's browser; anything else is ignored. */
  openExternal(url: string): void
}

export interface NodeSession {
  /** Base URL of the Client-Server API, without a trailing slash. */
  readonly clientUrl: string
  /** For `m.login.token`; works once. */
  readonly loginToken?: string
}

export interface BridgeNotification {
  readonly title: string
  readonly body: string
  readonly roomId: string
  readonly eventId: string
  readonly silent: boolean
  /** Offer to answer, where the system can (macOS and Windows). */
  readonly canReply: boolean
}

export interface NotificationClick {
  readonly roomId: string
  readonly eventId: string
}

export interface NotificationReply extends NotificationClick {
  /** As typed. */
  readonly text: string
}

declare global {
  interface Window {
    readonly hearth?: HearthBridge
  }
}
