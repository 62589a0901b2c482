/** The page's two clocks: monotonic epoch milliseconds here, and the server's time for timers. */

import { computed, ref, type ComputedRef } from 'vue'
import { observeDate, observePast, offsetOf, UNKNOWN } from './serverClock'

const TICK_MS = 250

const bounds = ref(UNKNOWN)
const here = ref(preciseNow())
setInterval(() => (here.value = preciseNow()), TICK_MS)

/** Epoch milliseconds with the precision of `performance`; never steps while the page is open. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}

export function learnFromDate(header: string | null, sentAt: number, receivedAt: number): void {
  const date = header === null ? NaN : Date.parse(header)
  if (!Number.isNaN(date)) bounds.value = observeDate(bounds.value, { date, sentAt, receivedAt })
}

export function learnFromStamp(stamp: string | number): void {
  const value = typeof stamp === 'number' ? stamp : Date.parse(stamp)
  if (Number.isNaN(value)) return
  bounds.value = observePast(bounds.value, { stamp: value, receivedAt: preciseNow() })
}

/** The server's time now, epoch milliseconds, ticking. */
export const serverNow: ComputedRef<number> = computed(() => here.value + offsetOf(bounds.value))
