/** Moments as the hotline's staff read and type them: China's time, wherever the browser stands. */

const CHINA = 'Asia/Shanghai'
const OFFSET = '+08:00'
const DAY_MS = 86_400_000

/** 2026-11-21 08:30, or an empty text for what is no moment. */
export function shownMoment(stamp: string | null | undefined, seconds = false): string {
  const at = Date.parse(stamp ?? '')
  return Number.isNaN(at)
    ? ''
    : local(at)
        .slice(0, seconds ? 19 : 16)
        .replace('T', ' ')
}

/** What an `<input type="datetime-local">` shows, epoch milliseconds given. */
export function typedMoment(at: number): string {
  return local(at).slice(0, 16)
}

/** What such an input holds as ISO 8601 with offset, null for an empty or half one. */
export function momentOf(typed: string): string | null {
  const found = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.exec(typed)
  if (found === null) return null
  const whole = found[1] === undefined ? `${typed}:00` : typed
  return Number.isNaN(Date.parse(whole + OFFSET)) ? null : whole + OFFSET
}

/** The first moment of a day, such as `2026-11-21`, `days` later. */
export function startOfDay(day: string, days = 0): string | null {
  const at = Date.parse(`${day}T00:00:00${OFFSET}`)
  return Number.isNaN(at) ? null : `${local(at + days * DAY_MS).slice(0, 19)}${OFFSET}`
}

/** The day of a moment, as `<input type="date">` has it. */
export function dayOf(at: number): string {
  return local(at).slice(0, 10)
}

function local(at: number): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: CHINA,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  return parts.format(at).replace(' ', 'T')
}
