/** Gives the person a file: the browser saves it where it saves downloads, Electron asks where. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has begun by then; at once would be too early in some browsers.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
