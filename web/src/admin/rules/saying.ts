/** The rules of a queue in plain words: which sentences, with what in them; pure. */

import type { Queue, Week } from '../../api/lines'
import type { Rules } from '../../api/rules'
import { DAYS, ROWS, rowsOf, type Row } from '../week'
import { RETURNING, RETURN_CALLS, rulesOf } from './queueForm'

export interface Sentence {
  /** Of `admin.rules.say`. */
  key: string
  words: Record<string, string | number>
}

/** Names for what rules name by id. */
export interface Names {
  queue(id: string): string
  county(id: string): string
  /** Opening hours in one line. */
  hours(week: Week): string
}

/** In the order in which a call feels them. */
export function sayings(queue: Queue, names: Names): Sentence[] {
  const rules = rulesOf(queue)
  return [
    { key: 'order', words: { priority: queue.priority, ring: queue.ring_seconds } },
    hoursOf(rules, names),
    ...ownerOf(rules),
    ...countyOf(rules, names),
    ...(rules.needs ?? []).map((need) => needOf('need', need)),
    ...(rules.asked ?? []).map((need) => needOf('asked', need)),
    ...(rules.overflow ?? []).flatMap((one) => overflowOf(one, names)),
    ...returningOf(rules),
    returnCallsOf(rules),
    ...when(rules.wrap_up_seconds, (seconds) => ({ key: 'wrapUp', words: { seconds } })),
  ]
}

const when = (seconds: number | undefined, say: (seconds: number) => Sentence): Sentence[] =>
  seconds !== undefined && seconds > 0 ? [say(seconds)] : []

const hoursOf = ({ hours }: Partial<Rules>, names: Names): Sentence =>
  hours === undefined || hours === null
    ? { key: 'always', words: {} }
    : { key: 'hours', words: { hours: names.hours(hours as Week) } }

const ownerOf = ({ owner_seconds }: Partial<Rules>) =>
  when(owner_seconds, (seconds) => ({ key: 'owner', words: { seconds } }))

function countyOf({ county = '', county_seconds }: Partial<Rules>, names: Names): Sentence[] {
  const whose: Sentence[] =
    county === '' ? [] : [{ key: 'county', words: { county: names.county(county) } }]
  const first = when(county_seconds, (seconds) => ({
    key: county === '' ? 'dialledFirst' : 'countyFirst',
    words: { seconds },
  }))
  return [...whose, ...first]
}

function needOf(key: string, { skill, level = 1, until }: Rules['needs'][number]): Sentence {
  return until === undefined || until === null
    ? { key, words: { skill, level } }
    : { key: `${key}Until`, words: { skill, level, until } }
}

function overflowOf(one: Rules['overflow'][number], names: Names): Sentence[] {
  const to = names.queue(one.to)
  const after = one.after ?? null
  const waiting = one.waiting ?? null
  const key =
    after === null
      ? waiting === null
        ? 'overflow'
        : 'overflowWaiting'
      : waiting === null
        ? 'overflowAfter'
        : 'overflowBoth'
  const words = { to, after: after ?? 0, waiting: waiting ?? 0 }
  const late = when(one.handicap, (seconds) => ({ key: 'overflowLate', words: { to, seconds } }))
  return [{ key, words }, ...late]
}

function returningOf({ returning }: Partial<Rules>): Sentence[] {
  const { minutes, cut_off, abandoned, called_back } = { ...RETURNING, ...returning }
  const nobody = cut_off === 0 && abandoned === 0 && called_back === 0
  const words = { minutes, cutOff: cut_off, abandoned, calledBack: called_back }
  return nobody ? [] : [{ key: 'returning', words }]
}

function returnCallsOf({ return_calls }: Partial<Rules>): Sentence {
  const { minutes, attempts, every } = { ...RETURN_CALLS, ...return_calls }
  return attempts === 0
    ? { key: 'returnByHand', words: {} }
    : { key: 'returnCalls', words: { minutes, attempts, every } }
}

/** Days with the same hours are said together: `周一—周五 08:30-12:00, 14:00-18:00；节假日 …`. */
export function saidWeek(week: Week, day: (row: Row) => string): string {
  const rows = rowsOf(week)
  const groups: { first: Row; last: Row; text: string }[] = []
  for (const row of ROWS) {
    const text = rows[row]
    const before = groups.at(-1)
    if (text === '') continue
    if (before?.text === text && follows(before.last, row)) before.last = row
    else groups.push({ first: row, last: row, text })
  }
  return groups
    .map(({ first, last, text }) =>
      first === last ? `${day(first)} ${text}` : `${day(first)}—${day(last)} ${text}`,
    )
    .join('；')
}

/** Only ordinary days follow each other. */
function follows(before: Row, row: Row): boolean {
  const [from, to] = [before, row].map((each) => DAYS.findIndex((day) => day === each))
  return from !== undefined && to !== undefined && from >= 0 && to === from + 1
}
