/** The calls this page makes to the server, one function each. */

import { request } from './http'

export interface Agent {
  id: string
  name: string
}

export interface Session {
  token: string
  expires_at: string
  agent: Agent
}

/** How the browser phone reaches the telephone system. */
export interface PhoneAccount {
  ws_url: string
  uri: string
  username: string
  password: string
}

export const OUTCOMES = ['answered', 'to_dispatch', 'rejected', 'invalid'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** The longest note the server takes, in characters. */
export const NOTE_LIMIT = 20_000

export type WantedState = 'ready' | 'paused' | 'logged_out'

export interface Words {
  note: string
  outcome: string | null
}

const callPath = (callId: string) => `/api/calls/${encodeURIComponent(callId)}`

export const signIn = (agentId: string, password: string) =>
  request<Session>('POST', '/api/sessions', { agent_id: agentId, password })

/** The call that still needs an outcome, with what was typed for it. */
export interface CurrentCall {
  call_id: string
  case_no: string | null
  caller_display: string
  draft: { note: string; outcome: string | null; updated_at: string } | null
}

export const me = () => request<{ call: CurrentCall | null }>('GET', '/api/agents/me')

export const phoneAccount = () => request<PhoneAccount>('GET', '/api/agents/me/phone')

export const wantState = (state: WantedState, reason: string | null = null) =>
  request<unknown>('PUT', '/api/agents/me/state', { state, reason })

export const saveDraft = (callId: string, words: Words) =>
  request<unknown>('PUT', `${callPath(callId)}/draft`, words)

export const submitOutcome = (callId: string, outcome: string, note: string) =>
  request<unknown>('PUT', `${callPath(callId)}/outcome`, { outcome, note })
