/** The server's clock seen from here: bounds on its offset, narrowed by every answer; pure. */

/** Milliseconds to add to this machine's clock: somewhere between `low` and `high`. */
export interface OffsetBounds {
  low: number
  high: number
}

/** A `Date` header is cut to whole seconds, and servers refresh it about once a second. */
const DATE_HEADER_SLACK_MS = 2000

export const UNKNOWN: OffsetBounds = { low: -Infinity, high: Infinity }

/** A `Date` header `date` came at `receivedAt` for a request sent at `sentAt` (all epoch ms). */
export function observeDate(
  bounds: OffsetBounds,
  { date, sentAt, receivedAt }: { date: number; sentAt: number; receivedAt: number },
): OffsetBounds {
  return narrow(bounds, { low: date - receivedAt, high: date + DATE_HEADER_SLACK_MS - sentAt })
}

/** Something the server says happened at `stamp` was known here at `receivedAt` (epoch ms). */
export function observePast(
  bounds: OffsetBounds,
  { stamp, receivedAt }: { stamp: number; receivedAt: number },
): OffsetBounds {
  return narrow(bounds, { low: stamp - receivedAt, high: Infinity })
}

/** The offset to use: live messages push the lower bound to within milliseconds of the truth. */
export function offsetOf({ low, high }: OffsetBounds): number {
  if (Number.isFinite(low)) return low
  return Number.isFinite(high) ? Math.min(0, high) : 0
}

/** Contradicting bounds mean that a clock was set: the old ones are worth nothing. */
function narrow(bounds: OffsetBounds, seen: OffsetBounds): OffsetBounds {
  const low = Math.max(bounds.low, seen.low)
  const high = Math.min(bounds.high, seen.high)
  return low <= high ? { low, high } : seen
}
