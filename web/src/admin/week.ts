/** Opening hours as the form has them: one text a day; pure. The server's form is that of `ivr/hours_codec.py`. */

import type { Week } from '../api/lines'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const ROWS = [...DAYS, 'holiday', 'makeup'] as const
export type Row = (typeof ROWS)[number]
export type Rows = Record<Row, string>

export function rowsOf(week: unknown): Rows {
  const rows = Object.fromEntries(ROWS.map((row) => [row, ''])) as Rows
  if (typeof week !== 'object' || week === null) return rows
  for (const [key, value] of Object.entries(week)) {
    const text = Array.isArray(value) ? value.join(', ') : String(value)
    for (const row of rowsNamed(key)) rows[row] = text
  }
  return rows
}

function rowsNamed(key: string): Row[] {
  const [first = '', last] = key.split('-')
  const from = DAYS.findIndex((day) => day === first)
  const to = last === undefined ? from : DAYS.findIndex((day) => day === last)
  if (from >= 0 && to >= from) return DAYS.slice(from, to + 1)
  return ROWS.filter((row) => row === key)
}

/** A day without a text is closed; without one for make-up days they are as Monday. */
export function weekOf(rows: Rows): Week {
  const filled = ROWS.filter((row) => rows[row].trim() !== '')
  return Object.fromEntries(filled.map((row) => [row, periodsOf(rows[row])]))
}

function periodsOf(text: string): string[] {
  return text
    .replaceAll('：', ':')
    .replaceAll(/[—–~～至]/g, '-')
    .split(/[,，、;；\s]+/)
    .filter((part) => part !== '')
    .map((part) => part.split('-').map(padded).join('-'))
}

function padded(time: string): string {
  return /^\d:\d\d$/.test(time) ? `0${time}` : time
}
