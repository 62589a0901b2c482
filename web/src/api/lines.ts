/** Numbers and their lines, the calendar, transfer targets, queues: what menus refer to. */

import type { Answer } from './answers'
import { request, type Unusual } from './http'
import type { components } from './schema'

export type Week = Record<string, string[]>
export type Line = Answer<'/api/numbers', 'get'>[number]
export type Statistics = Answer<'/api/lines/statistics', 'get'>
export type Target = Answer<'/api/transfer-targets', 'get'>[number]
export type Holiday = Answer<'/api/holidays', 'get'>[number]
/** With its rules as the server takes them: those that are set. */
export type Queue = Omit<Answer<'/api/queues', 'get'>[number], 'rules'> & {
  rules: Partial<components['schemas']['RulesIn']> | null
}
/** Whether calls that arrive now go by the change already. */
export interface Told {
  heard: boolean
}

/** What a public number looks like. */
export const NUMBER = /^[0-9]{3,12}$/
/** What a county is called. */
export const AREA = /^[a-z0-9-]{0,32}$/

const numberPath = (number: string) => `/api/numbers/${encodeURIComponent(number)}`
const targetPath = (number: string) => `/api/transfer-targets/${encodeURIComponent(number)}`
const holidayPath = (day: string) => `/api/holidays/${encodeURIComponent(day)}`
const reason = (why: string) => `?${new URLSearchParams({ why })}`

export const listLines = () => request<Line[]>('GET', '/api/numbers')

export const saveLine = (
  { number, ...line }: Omit<Line, 'menu_in_force' | 'revision'>,
  why: string,
  unusual: Unusual,
) => request<Line & Told>('PUT', numberPath(number), { ...line, why }, unusual)

export const removeLine = (number: string, why: string) =>
  request<Told>('DELETE', numberPath(number) + reason(why))

export const lineStatistics = (since: string, until: string) =>
  request<Statistics>('GET', `/api/lines/statistics?${new URLSearchParams({ since, until })}`)

export const listTargets = () => request<Target[]>('GET', '/api/transfer-targets')

export const saveTarget = (number: string, name: string, kind: string, why: string) =>
  request<Target & Told>('PUT', targetPath(number), { name, kind, why })

export const removeTarget = (number: string, why: string) =>
  request<Told>('DELETE', targetPath(number) + reason(why))

/** Places a call to the target: it takes as long as the target rings. */
export const testTarget = (number: string, why: string) =>
  request<Target>('POST', `${targetPath(number)}/test`, { why }, { timeoutMs: 60_000 })

export const listHolidays = () => request<Holiday[]>('GET', '/api/holidays')

export const saveHoliday = (day: string, kind: string, name: string, why: string) =>
  request<Holiday & Told>('PUT', holidayPath(day), { kind, name, why })

export const removeHoliday = (day: string, why: string) =>
  request<Told>('DELETE', holidayPath(day) + reason(why))

export const listQueues = () => request<Queue[]>('GET', '/api/queues')
