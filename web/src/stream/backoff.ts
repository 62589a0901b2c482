/** How long to wait before the next attempt: doubling, bounded, and spread so that 70 screens do not return at once. */

/** Milliseconds before attempt number `attempt` (0 is the first); `random` is in [0, 1). */
export function delayBefore(
  attempt: number,
  random: number,
  { first = 250, longest = 5000 } = {},
): number {
  const full = Math.min(longest, first * 2 ** Math.min(attempt, 16))
  return Math.round(full / 2 + (full / 2) * random)
}
