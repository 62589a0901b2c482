/** Numbers and their lines, the calendar, transfer targets, queues: what menus refer to. */

import { request } from './http'

export type Week = Record<string, string[]>

export interface Line {
  number: string
  line: string
  menu: string
  queue: string
  area: string
  greeting: string[] | null
  hours: Week | null
}

export interface LineFigures {
  number: string
  line: string
  calls: number
  answered: number
  abandoned: number
  [figure: string]: unknown
}

export interface Statistics {
  rows: LineFigures[]
  total: Omit<LineFigures, 'number' | 'line'>
}

export interface Target {
  number: string
  name: string
  kind: 'emergency' | 'sub_centre' | 'unit'
  tested_at: string | null
  test_result: string | null
  tested_by: string | null
}

export interface Holiday {
  day: string
  kind: 'holiday' | 'workday'
  name: string
}

export interface Queue {
  id: string
  name: string
}

const numberPath = (number: string) => `/api/numbers/${encodeURIComponent(number)}`
const targetPath = (number: string) => `/api/transfer-targets/${encodeURIComponent(number)}`
const holidayPath = (day: string) => `/api/holidays/${encodeURIComponent(day)}`

export const listLines = () => request<Line[]>('GET', '/api/numbers')

export const saveLine = ({ number, ...line }: Line) =>
  request<Line & { heard?: boolean }>('PUT', numberPath(number), line)

export const removeLine = (number: string) => request<unknown>('DELETE', numberPath(number))

export const lineStatistics = (since: string, until: string) =>
  request<Statistics>('GET', `/api/lines/statistics?${new URLSearchParams({ since, until })}`)

export const listTargets = () => request<Target[]>('GET', '/api/transfer-targets')

export const saveTarget = (number: string, name: string, kind: Target['kind']) =>
  request<Target>('PUT', targetPath(number), { name, kind })

export const removeTarget = (number: string) => request<unknown>('DELETE', targetPath(number))

/** Places a call to the target: it takes as long as the target rings. */
export const testTarget = (number: string) =>
  request<Target>('POST', `${targetPath(number)}/test`, undefined, { timeoutMs: 60_000 })

export const listHolidays = () => request<Holiday[]>('GET', '/api/holidays')

export const saveHoliday = (day: string, kind: Holiday['kind'], name: string) =>
  request<Holiday>('PUT', holidayPath(day), { kind, name })

export const removeHoliday = (day: string) => request<unknown>('DELETE', holidayPath(day))

export const listQueues = () => request<Queue[]>('GET', '/api/queues')
