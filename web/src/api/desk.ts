/** What an agent asks the server for at the desk beyond calls and cases: states, pauses, the microphone. */

import type { Answer } from './answers'
import { request } from './http'
import type { components } from './schema'

type Schemas = components['schemas']

export type WantedState = Schemas['WantedState']

/** Why an agent may pause, and for how many minutes of a day in China; null: as long as it takes. */
export type PauseReason = Answer<'/api/pause-reasons', 'get'>[number]

/** During a call the wish is kept and comes after it. */
export const wantState = (state: WantedState, reason: string | null = null) =>
  request<Schemas['StateOut']>('PUT', '/api/agents/me/state', { state, reason })

export const pauseReasons = () => request<PauseReason[]>('GET', '/api/pause-reasons')

export const tellMicrophone = (ok: boolean) =>
  request<unknown>('PUT', '/api/agents/me/microphone', { ok })
