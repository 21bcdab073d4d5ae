import type { JsonObject } from '../core/types.ts'

/** What link previews need of the rest of the node. */
export interface PreviewCache {
  /** Undefined where there is none, or it has expired. */
  get(url: string, now: number): JsonObject | undefined
  /**
   * Keeps the newest, bounded in number and in bytes of their pictures. Times in ms since the epoch.
   * Returns the `mxc://` URIs of pictures that no preview shows any more.
   */
  put(url: string, preview: JsonObject, times: { now: number; expires: number }): string[]
}

/** Where requests may go. */
export interface Guard {
  /** IPv4 and IPv6 addresses of a name; empty where it does not exist. */
  resolve(host: string): Promise<string[]>
  allowAddress(address: string): boolean
  allowPort(port: number): boolean
}

/** Keeps a picture as media of this node; resolves with its `mxc://` URI. */
export type SavePicture = (bytes: Uint8Array, contentType: string) => Promise<string>

export type DropPicture = (uri: string) => Promise<void>
