// @vitest-environment happy-dom
import { render, screen } from '@testing-library/react'
import decodeQR from 'qr/decode.js'
import { expect, test } from 'vitest'
import { QrCode } from './qr-code.tsx'

const SCALE = 4

/** The drawn path, as a camera would see it. */
function pixels(svg: Element): { width: number; height: number; data: Uint8Array } {
  const side = Number(svg.getAttribute('viewBox')?.split(' ')[2]) * SCALE
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y] of (svg.querySelector('path')?.getAttribute('d') ?? '').matchAll(/M(\d+) (\d+)h/g)) {
    for (let row = 0; row < SCALE; row++) {
      const start = ((Number(y) * SCALE + row) * side + Number(x) * SCALE) * 4
      for (let pixel = 0; pixel < SCALE; pixel++) data.set([0, 0, 0], start + pixel * 4)
    }
  }
  return { width: side, height: side, data }
}

test.each([
  'hearth://mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpjqxg5dfon2aqaabaeaqcaib.local?at=192.168.1.7:8448',
  `https://matrix.to/#/!${'x'.repeat(43)}?via=${'a'.repeat(56)}.local&via=example.org`,
])('a camera reads what was meant: %s', (text) => {
  render(<QrCode text={text} label={text} />)
  expect(decodeQR(pixels(screen.getByRole('img', { name: text })))).toBe(text)
})
