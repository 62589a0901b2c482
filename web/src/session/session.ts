/** Who sits here: the signed-in agent and the token, kept for this tab only. */

import { computed, reactive } from 'vue'
import { useCredentials } from '../api/http'
import type { Agent, Session } from '../api/hotline'

const KEY = 'hotline.session'

interface SessionState {
  session: Session | null
  /** Signed in once, but the token is not valid any more: the desk stays, the agent signs in again. */
  expired: boolean
}

const state = reactive<SessionState>({ session: stored(), expired: false })

export const agent = computed<Agent | null>(() => state.session?.agent ?? null)
export const expired = computed(() => state.expired)
export const token = computed(() => (state.expired ? null : (state.session?.token ?? null)))

export function begin(session: Session): void {
  state.session = session
  state.expired = false
  sessionStorage.setItem(KEY, JSON.stringify(session))
}

/** The server says when: its clock counts, on the stream and in every answer. */
export function expire(): void {
  if (state.session !== null) state.expired = true
}

export function end(): void {
  state.session = null
  state.expired = false
  sessionStorage.removeItem(KEY)
}

function stored(): Session | null {
  const text = sessionStorage.getItem(KEY)
  if (text === null) return null
  try {
    return JSON.parse(text) as Session
  } catch {
    sessionStorage.removeItem(KEY)
    return null
  }
}

useCredentials({
  token: () => token.value,
  refused: (refusedToken) => {
    if (refusedToken === state.session?.token) expire()
  },
})
