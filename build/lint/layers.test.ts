import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
// @ts-expect-error a plain script without types
import { violations } from './layers.mjs'

test('no import goes against the arrows of the layout', () => {
  expect(violations()).toEqual([])
})

test('an import against the arrows is found', () => {
  const base = mkdtempSync(join(tmpdir(), 'hearth-layers-'))
  const write = (path: string, text: string): void => {
    mkdirSync(join(base, path, '..'), { recursive: true })
    writeFileSync(join(base, path), text)
  }
  write('src-main/client-api/a.ts', "import { x } from '../federation/out/remote.ts'\n")
  write('src-main/core/b.ts', "import { z } from 'zod'\n")
  write('src-renderer/features/rooms/c.ts', "import { t } from '../timeline/t.ts'\n")
  write('src-preload/index.ts', '')
  expect(violations(base)).toHaveLength(3)
})
