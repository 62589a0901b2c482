/** What an agent asks the server for at the desk beyond calls and cases: states, pauses, the microphone. */

import { request } from './http'
import type { components } from './schema'

type Schemas = components['schemas']

export type WantedState = Schemas['WantedState']

/** A reason for a pause; `left_s` is what the day's quota still has, null when there is none. */
export interface PauseReason {
  reason: string
  name: string
  quota_minutes: number | null
  left_s: number | null
}

/** During a call the wish is kept and comes after it. */
export const wantState = (state: WantedState, reason: string | null = null) =>
  request<Schemas['StateOut']>('PUT', '/api/agents/me/state', { state, reason })

export const pauseReasons = () => request<PauseReason[]>('GET', '/api/agents/me/pauses')

export const tellMicrophone = (ok: boolean) =>
  request<unknown>('PUT', '/api/agents/me/microphone', { ok })
