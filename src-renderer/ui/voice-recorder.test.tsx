// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Tooltip } from 'radix-ui'
import { afterEach, expect, test, vi } from 'vitest'
import { VoiceRecorder } from './voice-recorder.tsx'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

/** A recorder whose microphone is refused with this error. */
function draw(name: string): string[] {
  const done: string[] = []
  vi.stubGlobal('isSecureContext', name !== 'SecurityError')
  vi.stubGlobal('navigator', {
    mediaDevices: { getUserMedia: () => Promise.reject(new DOMException('', name)) },
  })
  render(
    <Tooltip.Provider>
      <VoiceRecorder onDone={() => done.push('done')} onCancel={() => done.push('cancel')} />
    </Tooltip.Provider>,
  )
  return done
}

test.each([
  ['NotAllowedError', /may not use the microphone. Allow it/],
  ['NotFoundError', /There is no microphone here/],
  ['NotReadableError', /in use by another program/],
  ['SecurityError', /opened on its own computer, or over https/],
])('%s is told in words, and the way back is open', async (name, words) => {
  const done = draw(name)
  await screen.findByText(words)
  fireEvent.click(screen.getByRole('button', { name: 'Close' }))
  expect(done).toEqual(['cancel'])
})

test('while it waits for the microphone nothing can be sent, and Escape gives up', () => {
  const done = draw('AbortError')
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send voice message' }).disabled).toBe(true)
  fireEvent.keyDown(screen.getByRole('region', { name: 'Voice message' }), { key: 'Escape' })
  expect(done).toEqual(['cancel'])
})
