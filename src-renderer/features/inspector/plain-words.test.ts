import { expect, test } from 'vitest'
import { plainWords } from './plain-words.ts'

const key = 'ld26lm3lyjna5pyybpgedccfde2mnxmxmwmyiobtnmkclslk3qdzviyb.local'
const names = { user: (id: string) => `<${id}>`, server: (name: string) => `[${name}]` }

test('ids of people and servers made of keys get names, and the sentence stays as it is', () => {
  expect(plainWords(`There was no m.room.member of @a.b:${key}.`, names)).toBe(
    `There was no m.room.member of <@a.b:${key}>.`,
  )
  expect(plainWords(`it is not signed by ${key}; of “@x:example.org:8448”, not more`, names)).toBe(
    `it is not signed by [${key}]; of “<@x:example.org:8448>”, not more`,
  )
  expect(plainWords('m.room.name needs power level 50: mail@home', names)).toBe(
    'm.room.name needs power level 50: mail@home',
  )
})
