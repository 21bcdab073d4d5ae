import { spawn } from 'node:child_process'

/** Asks the system to open `url`; false where there is nobody to ask. */
export function openBrowser(url) {
  if (process.env.CI || process.env.HEARTH_NO_OPEN) return false
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return false
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]]
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => console.error('No browser could be opened; open the address above yourself.'))
  child.unref()
  return true
}
