import { expect, test } from 'vitest'
import type { ServerName } from '../core/types.ts'
import { compileAcl } from './server-acl.ts'

const allows = (content: Parameters<typeof compileAcl>[0], server: string): boolean =>
  compileAcl(content)(server as ServerName)

test('deny goes over allow, and nothing is allowed by default', () => {
  expect(allows({}, 'a.test')).toBe(false)
  expect(allows({ allow: ['*'] }, 'a.test')).toBe(true)
  expect(allows({ allow: ['*'], deny: ['*.evil.test', 'evil.test'] }, 'x.evil.test')).toBe(false)
  expect(allows({ allow: ['*'], deny: ['evil.test'] }, 'EVIL.test:8448')).toBe(false)
  expect(allows({ allow: ['?.test'] }, 'a.test')).toBe(true)
  expect(allows({ allow: ['?.test'] }, 'ab.test')).toBe(false)
  expect(allows({ allow: 'x', deny: 7 }, 'a.test')).toBe(false)
})

test('IP literals', () => {
  expect(allows({ allow: ['*'] }, '1.2.3.4')).toBe(true)
  expect(allows({ allow: ['*'], allow_ip_literals: false }, '1.2.3.4:80')).toBe(false)
  expect(allows({ allow: ['*'], allow_ip_literals: false }, '[::1]:80')).toBe(false)
})
