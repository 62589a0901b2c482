/** A week's pattern as its form has it: the same hours on several days in one row; pure. */

import type { Turn } from '../../api/rota'
import { DAYS } from '../week'

export type Day = (typeof DAYS)[number]

export interface PatternRow {
  days: Day[]
  /** As `<input type="time">` has them, in China; an end that is not after the start is on the next day. */
  starts: string
  ends: string
}

export const newRow = (): PatternRow => ({
  days: DAYS.slice(0, 5),
  starts: '08:00',
  ends: '16:00',
})

/** In the order of the week within each row; null while one is not complete. */
export function turnsOf(rows: readonly PatternRow[]): Turn[] | null {
  const complete = rows.every(
    ({ days, starts, ends }) => days.length > 0 && starts !== '' && ends !== '',
  )
  if (rows.length === 0 || !complete) return null
  return rows.flatMap(({ days, starts, ends }) =>
    DAYS.filter((day) => days.includes(day)).map((day) => ({ day, starts, ends })),
  )
}
