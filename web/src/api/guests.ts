/** Guest sessions (市长接听日, 代表委员接听): opened by supervisors, with seats that expire. */

import type { Answer } from './answers'
import { request } from './http'
import type { components } from './schema'

type Schemas = components['schemas']

export type GuestKind = Schemas['Kind']
export type GuestSession = Answer<'/api/guest-sessions', 'get'>[number]
/** With the guests' passwords, which the server tells once. */
export type OpenedSession = Answer<'/api/guest-sessions', 'post'>
export type GuestReport = Answer<'/api/guest-sessions/{session_id}/report', 'get'>

export const listGuestSessions = () => request<GuestSession[]>('GET', '/api/guest-sessions')

export const openGuestSession = (session: Schemas['SessionIn']) =>
  request<OpenedSession>('POST', '/api/guest-sessions', session, { timeoutMs: 30_000 })

export const endGuestSession = (id: number, why: string) =>
  request<GuestSession>('POST', `/api/guest-sessions/${id}/end`, { why })

/** Its cases, for a spreadsheet. */
export const guestTable = (id: number) => `/api/guest-sessions/${id}/report/table.csv`

export const guestReport = (id: number) =>
  request<GuestReport>('GET', `/api/guest-sessions/${id}/report`)
