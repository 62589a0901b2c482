// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { ringingKey } from '../src/phone/keys'
import { delayBefore } from '../src/stream/backoff'

function pressed(key: string, target: string, repeat = false): boolean {
  const keys = { key, repeat, ctrlKey: false, altKey: false, metaKey: false }
  return ringingKey(keys, document.createElement(target))
}

describe('keys that answer', () => {
  it('are F2 anywhere and Enter where nothing else takes it', () => {
    expect(pressed('F2', 'textarea')).toBe(true)
    expect(pressed('Enter', 'body')).toBe(true)
  })

  it('are not Enter in a text or on a button, nor a key held down', () => {
    expect(pressed('Enter', 'textarea')).toBe(false)
    expect(pressed('Enter', 'button')).toBe(false)
    expect(pressed('F2', 'body', true)).toBe(false)
    expect(pressed('a', 'body')).toBe(false)
  })
})

describe('delays before reconnecting', () => {
  it('double up to the longest and are never zero', () => {
    const delays = Array.from({ length: 40 }, (_, attempt) => delayBefore(attempt, 0.5))
    expect(delays.slice(0, 3)).toEqual([188, 375, 750])
    expect(Math.max(...delays)).toBeLessThanOrEqual(5000)
    expect(Math.min(...delays)).toBeGreaterThan(0)
  })
})
