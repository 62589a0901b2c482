/** What an agent does with the present talk: hold it, give it to somebody else, bring a third in. */

import { request } from './http'

export type TalkAct = 'hold' | 'resume' | 'transfer' | 'consult' | 'join' | 'complete' | 'drop'
export type TargetKind = 'queue' | 'agent' | 'number'

export interface To {
  kind: TargetKind
  id: string
}

/** Whom a talk can be given to; an agent's `state` is the live one, null while nobody knows. */
export interface Choice extends To {
  name: string
  state: string | null
}

/** Everybody may be asked for these, published or not. */
export const EMERGENCY = ['110', '119', '120', '122'] as const

export const act = (name: TalkAct, to: To | null = null) =>
  request<unknown>('POST', '/api/agents/me/talk', to === null ? { act: name } : { act: name, to })

export const choices = () => request<Choice[]>('GET', '/api/agents/me/talk/targets')
