/** Tells the server when this page's microphone is lost or back, so that nothing is offered to who cannot be heard. */

import { watch } from 'vue'
import { tellMicrophone } from '../api/desk'
import { ApiProblem } from '../api/http'
import { phoneState } from '../phone/usePhone'
import { toTell } from './microphoneRule'
import { lamps, stream } from './useStream'

let told: boolean | null = null

/** Watch until the returned function is called. What did not arrive is told again when anything changes. */
export function startMicrophoneReport(): () => void {
  told = null
  return watch(
    () => ({
      microphone: phoneState.microphone,
      registered: phoneState.line === 'registered',
      agent: stream.state.agent?.state,
      voice: lamps.voice,
    }),
    ({ voice, ...heard }) => {
      const ok = toTell({ ...heard, told })
      if (voice && ok !== null) void tell(ok)
    },
    { immediate: true },
  )
}

async function tell(ok: boolean): Promise<void> {
  try {
    await tellMicrophone(ok)
    told = ok
  } catch (error) {
    // The page itself says what is wrong with the microphone; the next change tells it again.
    if (!(error instanceof ApiProblem)) throw error
  }
}
