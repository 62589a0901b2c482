import { describe, expect, it } from 'vitest'
import { formatDuration } from '../src/clock/duration'
import { observeDate, observePast, offsetOf, UNKNOWN } from '../src/clock/serverClock'

const HOUR = 3_600_000

describe('server clock', () => {
  it('is this machine’s clock while nothing is known', () => {
    expect(offsetOf(UNKNOWN)).toBe(0)
  })

  it('finds an offset of an hour to within two seconds from one Date header', () => {
    // The truth: the server is one hour ahead; its header is cut to the second.
    const bounds = observeDate(UNKNOWN, { date: HOUR + 10_000, sentAt: 10_400, receivedAt: 10_450 })
    expect(Math.abs(offsetOf(bounds) - HOUR)).toBeLessThan(2000)
  })

  it('is exact to the delay of a live message', () => {
    let bounds = observeDate(UNKNOWN, { date: HOUR, sentAt: 700, receivedAt: 720 })
    bounds = observePast(bounds, { stamp: HOUR + 5000, receivedAt: 5003 })
    expect(offsetOf(bounds)).toBe(HOUR - 3)
  })

  it('is not misled by old stamps of a replay', () => {
    let bounds = observePast(UNKNOWN, { stamp: 5000, receivedAt: 5003 })
    bounds = observePast(bounds, { stamp: 1000, receivedAt: 5004 })
    expect(offsetOf(bounds)).toBe(-3)
  })

  it('starts again when a clock was set', () => {
    let bounds = observeDate(UNKNOWN, { date: HOUR, sentAt: 0, receivedAt: 10 })
    bounds = observeDate(bounds, { date: 20_000, sentAt: 20_000, receivedAt: 20_010 })
    expect(Math.abs(offsetOf(bounds))).toBeLessThan(2000)
  })
})

describe('formatDuration', () => {
  it.each([
    [-5, '00:00'],
    [999, '00:00'],
    [75_000, '01:15'],
    [3_599_999, '59:59'],
    [3_723_000, '1:02:03'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})
