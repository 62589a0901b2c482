/** The calls this page makes to the server, one function each; the shapes are the server's own (schema.ts). */

import type { Answer } from './answers'
import { request } from './http'
import type { Outcome } from './outcomes'
import type { components } from './schema'

type Schemas = components['schemas']

export type Session = Answer<'/api/sessions', 'post'>
export type Agent = Session['agent']
/** How the browser phone reaches the telephone system. */
export type PhoneAccount = Schemas['PhoneOut']
export type Me = Schemas['MeOut']
export type Words = Required<Schemas['DraftIn']>

/** The longest note the server takes, in characters. */
export const NOTE_LIMIT = 20_000

const callPath = (callId: string) => `/api/calls/${encodeURIComponent(callId)}`

export const signIn = (agentId: string, password: string) =>
  request<Session>('POST', '/api/sessions', { agent_id: agentId, password })

/** Who is signed in, and the call that still needs an outcome, with what was typed for it. */
export const me = () => request<Me>('GET', '/api/agents/me')

export const phoneAccount = () => request<PhoneAccount>('GET', '/api/agents/me/phone')

export const saveDraft = (callId: string, words: Words) =>
  request<unknown>('PUT', `${callPath(callId)}/draft`, words)

export const submitOutcome = (callId: string, outcome: Outcome, note: string) =>
  request<Schemas['OutcomeOut']>('PUT', `${callPath(callId)}/outcome`, { outcome, note })
