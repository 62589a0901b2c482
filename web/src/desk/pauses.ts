/** The reasons a pause may have, with what the day still leaves of each. */

import { computed, shallowRef, watch } from 'vue'
import { pauseReasons, type PauseReason } from '../api/desk'
import { ApiProblem } from '../api/http'
import { dayOf } from '../admin/moments'
import { serverNow } from '../clock/useClock'
import { minutesLeft } from './pauseQuota'
import { lamps, stream } from './useStream'

export function usePauses() {
  const reasons = shallowRef<PauseReason[]>([])

  async function read(): Promise<void> {
    try {
      reasons.value = (await pauseReasons()).filter((each) => each.active)
    } catch (error) {
      // The list of before stays; the next connection asks again.
      if (!(error instanceof ApiProblem)) throw error
    }
  }

  watch(
    () => lamps.server,
    (up) => {
      if (up) void read()
    },
    { immediate: true },
  )
  const today = computed(() => dayOf(serverNow.value))
  return computed(() =>
    reasons.value.map((each) => ({
      id: each.id,
      name: each.name,
      left: minutesLeft(each, stream.state.agent?.pauses, today.value),
    })),
  )
}
