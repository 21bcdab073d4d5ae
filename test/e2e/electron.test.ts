import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright'
import { expect, test } from 'vitest'

const electronDir = join(import.meta.dirname, '..', '..', 'node_modules', 'electron')

/** The downloaded Electron, where it and a display exist. */
function electronBinary(): string | undefined {
  const pathFile = join(electronDir, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'])
    return undefined
  const path = join(electronDir, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(path) ? path : undefined
}

const executablePath = electronBinary()

test.skipIf(executablePath === undefined)(
  'the app opens its window on its own node',
  { timeout: 60_000 },
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hearth-electron-'))
    const root = join(import.meta.dirname, '..', '..')
    const app = await _electron.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        root,
        '--data-dir',
        dir,
        '--client-listen',
        '127.0.0.1:0',
        '--federation-listen',
        '127.0.0.1:0',
        '--no-mdns',
      ],
      cwd: root,
    })
    try {
      const window = await app.firstWindow()
      await window.getByRole('textbox').first().waitFor()
      expect(window.url()).toMatch(/^hearth-app:\/\/app\//)
      expect(await window.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe(
        'undefined',
      )
      expect(await window.evaluate(() => (globalThis as { hearth?: { mode: string } }).hearth?.mode)).toBe(
        'electron',
      )
    } finally {
      await app.close()
      rmSync(dir, { recursive: true, force: true })
    }
  },
)
