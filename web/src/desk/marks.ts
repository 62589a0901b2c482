/** Moments that a test or a measurement wants to see: `window.__hotlineMarks`. */

import { preciseNow } from '../clock/useClock'

export interface Mark {
  name: 'popShown' | 'phoneRinging' | 'answered'
  call_id: string | null
  /** Epoch milliseconds, with fractions. */
  at: number
}

declare global {
  interface Window {
    __hotlineMarks: Mark[]
  }
}

const KEPT = 1000

window.__hotlineMarks = []

export function mark(name: Mark['name'], callId: string | null): void {
  window.__hotlineMarks.push({ name, call_id: callId, at: preciseNow() })
  if (window.__hotlineMarks.length > KEPT) window.__hotlineMarks.shift()
}
