/** The hall: who does what now, and what a supervisor does about it; figures of now and of the day. */

import type { Answer } from './answers'
import { request } from './http'
import type { components } from './schema'

type Schemas = components['schemas']

type Asked = Answer<'/api/hall', 'get'>
/** The hall as the stream brings it: moments, no durations. */
export type Hall = Omit<Asked, 'waiting'> & {
  waiting: Omit<Asked['waiting'][number], 'waited_ms'>[]
}
/** One agent; the shape lets through what the telephone system tells besides, as everywhere. */
export type HallAgent = Hall['agents'][number] & {
  next?: { state: string; reason: string | null } | null
  until?: string | null
  overrun?: boolean
}
export type WaitingCall = Hall['waiting'][number]
export type HallTalk = Hall['talks'][number]
export type Listening = Hall['listening'][number]

export type ActName = Schemas['ActIn']['act']
export type ForcedState = Schemas['ForcedState']
export type ActWish = Schemas['ActIn']
export type ActEntry = Answer<'/api/hall/acts', 'get'>['entries'][number]

export type Figures = Answer<'/api/figures', 'get'>
export type Scope = Figures['queues'][number]

export const actInHall = (wish: ActWish) => request<unknown>('POST', '/api/hall/acts', wish)

export const listActs = async () =>
  (await request<Answer<'/api/hall/acts', 'get'>>('GET', '/api/hall/acts')).entries

export const getFigures = () => request<Figures>('GET', '/api/figures')
