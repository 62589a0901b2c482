/** What a day's quota still has for an agent, by the reason of the pause; pure. */

import type { PauseReason } from '../api/desk'
import type { AgentState } from '../stream/messages'

/** Whole minutes, the last begun one counted; null for a reason without a quota. `today` is China's day. */
export function minutesLeft(
  { id, minutes }: Pick<PauseReason, 'id' | 'minutes'>,
  pauses: AgentState['pauses'] | undefined,
  today: string,
): number | null {
  if (minutes === null) return null
  const used = pauses?.day === today ? (pauses.used[id] ?? 0) : 0
  return Math.max(0, Math.ceil(minutes - used / 60))
}
