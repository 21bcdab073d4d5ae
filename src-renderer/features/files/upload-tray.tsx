/** Files on their way to the own node. */
export function UploadTray() {
  return null
}
