/** What several parts of the desk ask of the agent's live state. */

import { computed } from 'vue'
import type { AgentStateName } from '../stream/messages'
import { stream } from './useStream'

const ON_CALL = new Set<AgentStateName>(['offered', 'talking', 'holding', 'wrap_up'])

/** A state that is asked for now comes after the call. */
export const onCall = computed(() => ON_CALL.has(stream.state.agent?.state ?? 'logged_out'))
export const nextOf = computed(() => (onCall.value ? (stream.state.agent?.next ?? null) : null))
/** The talk with the citizen runs; it may be held. */
export const inTalk = computed(() => {
  const state = stream.state.agent?.state
  return state === 'talking' || state === 'holding'
})
