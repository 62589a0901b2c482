/** The reasons a pause may have, with what the day still leaves of each; read again whenever one may have changed. */

import { shallowRef, watch } from 'vue'
import { pauseReasons, type PauseReason } from '../api/desk'
import { ApiProblem } from '../api/http'
import { lamps, stream } from './useStream'

const USUAL: PauseReason[] = ['rest', 'meal', 'meeting', 'training'].map((reason) => ({
  reason,
  name: reason,
  quota_minutes: null,
  left_s: null,
}))

/** In whole minutes, as an agent plans: what is left of the last one counts as one. */
export const minutesLeft = (seconds: number) => Math.ceil(Math.max(0, seconds) / 60)

export function usePauses() {
  const pauses = shallowRef<PauseReason[]>(USUAL)

  async function read(): Promise<void> {
    try {
      pauses.value = await pauseReasons()
    } catch (error) {
      // The list of before stays; the next change of state or connection asks again.
      if (!(error instanceof ApiProblem)) throw error
    }
  }

  watch(
    () => [stream.state.agent?.state, lamps.server],
    () => {
      if (lamps.server) void read()
    },
    { immediate: true },
  )
  return pauses
}
