/** What the desk shows of an agent's state: how long it lasts and when the server ends it; pure. */

import { formatDuration } from './duration'

export interface Stretch {
  since: string
  until: string | null
}

/** How long a state has lasted at `now` (epoch ms, the server's clock), such as `03:12`. */
export function lasted({ since }: Pick<Stretch, 'since'>, now: number): string {
  const at = Date.parse(since)
  return Number.isNaN(at) ? '--:--' : formatDuration(now - at)
}

/** How long it still has, or since when it is over; null when nobody ends it. */
export function left(
  { until }: Pick<Stretch, 'until'>,
  now: number,
): { over: boolean; text: string } | null {
  const at = Date.parse(until ?? '')
  if (Number.isNaN(at)) return null
  // Whole seconds of both clocks that stand side by side change together.
  return at > now
    ? { over: false, text: formatDuration(Math.ceil((at - now) / 1000) * 1000) }
    : { over: true, text: formatDuration(now - at) }
}
