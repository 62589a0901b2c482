/** Who is on duty when, and every minute without cover. */

import type { Answer } from './answers'
import { request } from './http'
import type { components } from './schema'

export type ShiftKind = 'duty' | 'leave'

export type Shift = Answer<'/api/rota', 'get'>['shifts'][number]
export type Cover = Answer<'/api/rota/cover', 'get'>
/** A week's pattern for some agents, and one duty of it. */
export type Weeks = components['schemas']['WeeksIn']
export type Turn = components['schemas']['TurnIn']
export type Gap = Cover['gaps'][number]

export interface NewShift {
  agent_id: string
  starts: string
  ends: string
  kind: ShiftKind
  note: string
  why: string
}

const period = (from: string, to: string) => `?${new URLSearchParams({ from, to })}`

/** Days in China, the last one not included. */
export const listShifts = async (from: string, to: string) =>
  (await request<Answer<'/api/rota', 'get'>>('GET', `/api/rota${period(from, to)}`)).shifts

export const getCover = (from: string, to: string) =>
  request<Cover>('GET', `/api/rota/cover${period(from, to)}`)

/** Planned against actual, for the duties that start in the period. */
export const getAttendance = (from: string, to: string) =>
  request<Answer<'/api/attendance', 'get'>>('GET', `/api/attendance${period(from, to)}`)

export const addShift = (shift: NewShift) => request<Shift>('POST', '/api/rota/shifts', shift)

export const removeShift = (id: number, why: string) =>
  request<null>('DELETE', `/api/rota/shifts/${id}?${new URLSearchParams({ why })}`)

export const copyWeek = (monday: string, to: string, why: string) =>
  request<Answer<'/api/rota/copies', 'post'>>('POST', '/api/rota/copies', { monday, to, why })

export const writeWeeks = (weeks: Weeks) =>
  request<Answer<'/api/rota/weeks', 'post'>>('POST', '/api/rota/weeks', weeks)

/** Tables for a spreadsheet. */
export const rotaTable = (from: string, to: string) => `/api/rota/table.csv${period(from, to)}`
export const attendanceTable = (from: string, to: string) =>
  `/api/attendance/table.csv${period(from, to)}`

export const setMinimums = (minimums: Record<string, number>, why: string) =>
  request<Record<string, number>>('PUT', '/api/rota/minimums', { minimums, why })

/** Those who may be on duty. */
export const listAgents = () => request<Answer<'/api/agents', 'get'>>('GET', '/api/agents')
