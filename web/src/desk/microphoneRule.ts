/** When the server has to hear about this page's microphone; pure. */

import type { MicrophoneState } from '../phone/microphone'
import type { AgentStateName } from '../stream/messages'

/** Who is signed out gets a microphone that counts as there with the next sign-in. */
const NOT_TOLD = new Set<AgentStateName>(['logged_out', 'microphone_lost'])

export interface Heard {
  microphone: MicrophoneState
  registered: boolean
  agent: AgentStateName | undefined
  /** What this page has told last. */
  told: boolean | null
}

/**
 * What to tell: true for back, false for lost, null for nothing.
 *
 * Only a page whose phone is registered knows: who works with a telephone on the desk needs no microphone here.
 */
export function toTell({ microphone, registered, agent, told }: Heard): boolean | null {
  if (microphone === 'ready') return agent === 'microphone_lost' || told === false ? true : null
  if (microphone === 'unknown' || !registered) return null
  if (agent === undefined || NOT_TOLD.has(agent)) return null
  return told === false && agent !== 'ready' ? null : false
}
