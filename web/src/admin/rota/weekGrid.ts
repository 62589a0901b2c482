/** A week of the rota as a table: a row an agent, a column a day in China; pure. */

import type { Gap, Shift } from '../../api/rota'
import { dayOf, shownMoment } from '../moments'

const DAY_MS = 86_400_000

export interface Cell {
  shift: Shift
  /** Of this day only: `22:00—24:00` and on the next day `00:00—06:00`. */
  hours: string
}

export interface Row {
  agentId: string
  name: string
  /** Seven lists, Monday first. */
  days: Cell[][]
  /** Minutes of duty in this week. */
  minutes: number
}

/** The Monday of the week that a day is in; both such as `2026-11-23`. */
export function mondayOf(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`)
  const back = (new Date(at).getUTCDay() + 6) % 7
  return plusDays(day, -back)
}

export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

export function weekOf(monday: string): string[] {
  return Array.from({ length: 7 }, (_, at) => plusDays(monday, at))
}

/** The part of a stretch that lies in a day, as `08:00—16:30`; null when none does. */
export function hoursIn(day: string, starts: string, ends: string): string | null {
  const begin = startOf(day)
  const from = Math.max(Date.parse(starts), begin)
  const to = Math.min(Date.parse(ends), begin + DAY_MS)
  if (from >= to) return null
  return `${clock(from)}—${to === begin + DAY_MS ? '24:00' : clock(to)}`
}

export function weekGrid(shifts: readonly Shift[], monday: string): Row[] {
  const days = weekOf(monday)
  const rows = new Map<string, Row>()
  for (const shift of shifts) {
    const row = rows.get(shift.agent_id) ?? emptyRow(shift)
    rows.set(shift.agent_id, row)
    days.forEach((day, at) => {
      const hours = hoursIn(day, shift.starts, shift.ends)
      if (hours !== null) row.days[at]?.push({ shift, hours })
    })
    if (shift.kind === 'duty') row.minutes += minutesIn(monday, shift)
  }
  return [...rows.values()].sort((a, b) => a.agentId.localeCompare(b.agentId))
}

function emptyRow({ agent_id, name }: Shift): Row {
  return { agentId: agent_id, name, days: Array.from({ length: 7 }, () => []), minutes: 0 }
}

function minutesIn(monday: string, { starts, ends }: Shift): number {
  const begin = startOf(monday)
  const from = Math.max(Date.parse(starts), begin)
  const to = Math.min(Date.parse(ends), begin + 7 * DAY_MS)
  return Math.max(0, (to - from) / 60_000)
}

/** When a gap begins and ends, the day said once when it is the same. */
export function shownGap({ starts, ends }: Pick<Gap, 'starts' | 'ends'>): string {
  const from = shownMoment(starts)
  const to = shownMoment(ends)
  return dayOf(Date.parse(starts)) === dayOf(Date.parse(ends))
    ? `${from}—${to.slice(11)}`
    : `${from} — ${to}`
}

function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00+08:00`)
}

function clock(at: number): string {
  return shownMoment(new Date(at).toISOString()).slice(11)
}
