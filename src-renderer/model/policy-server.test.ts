import { expect, test } from 'vitest'
import { policyIn, readKey, serverProblem } from './policy-server.ts'

test('a policy server needs a name and a key, whatever strangers write there', () => {
  expect(policyIn({ via: 'policy.example', public_keys: { ed25519: 'abc' } })).toEqual({
    server: 'policy.example',
    key: 'abc',
  })
  for (const content of [
    undefined,
    {},
    { via: 'x' },
    { via: 5, public_keys: [] },
    { public_keys: { ed25519: 'k' } },
  ])
    expect(policyIn(content)).toBeUndefined()
})

test('a key is read as people copy it', () => {
  const key = '6yhHGKhCiXTSEN2ksjV7kX/N6rBQZ3Xb+M7LlC6NS+s'
  expect(readKey(` ${key}= `)).toBe(key)
  expect(readKey('6yhHGKhCiXTSEN2ksjV7kX_N6rBQZ3Xb-M7LlC6NS-s')).toBe(key)
  for (const text of ['', 'key', `${key}a`, key.replace('6', '!')]) expect(readKey(text)).toBeUndefined()
})

test('one’s own server and what is no server cannot be it', () => {
  expect(serverProblem('policy.example', 'me.example')).toBeUndefined()
  expect(serverProblem('me.example', 'me.example')).toMatch(/^Your own Hearth/)
  expect(serverProblem('https://policy.example', 'me.example')).toMatch(/^This is not/)
})
