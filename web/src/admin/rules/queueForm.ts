/** A queue and its rules as its form has them, and back; pure. The server's form is that of `acd/rules/codec.py`. */

import type { Queue, Week } from '../../api/lines'
import type { QueueWish, Rules } from '../../api/rules'
import { amountOf, amountOr, textOf } from '../amount'

export interface NeedRow {
  skill: string
  level: string
  until: string
}

export interface OverflowRow {
  to: string
  after: string
  waiting: string
  handicap: string
}

export interface QueueForm {
  name: string
  priority: string
  ring: string
  needs: NeedRow[]
  asked: NeedRow[]
  overflow: OverflowRow[]
  owner: string
  county: string
  countyFirst: string
  byHours: boolean
  hours: Week
  wrapUp: string
  returnWithin: string
  cutOff: string
  abandoned: string
  calledBack: string
  keepMinutes: string
  attempts: string
  every: string
  why: string
}

/** What holds where a queue says nothing (`acd/rules/policy.py`). */
export const RETURNING = { minutes: 10, cut_off: 0, abandoned: 0, called_back: 0 }
export const RETURN_CALLS = { minutes: 120, attempts: 3, every: 300 }

/** The rules as the server tells them: those that are set. */
export const rulesOf = (queue: Queue): Partial<Rules> => queue.rules ?? {}

export function queueForm(queue: Queue): QueueForm {
  const rules = rulesOf(queue)
  const returning = { ...RETURNING, ...rules.returning }
  const returnCalls = { ...RETURN_CALLS, ...rules.return_calls }
  return {
    name: queue.name,
    priority: textOf(queue.priority),
    ring: textOf(queue.ring_seconds),
    needs: (rules.needs ?? []).map(needRow),
    asked: (rules.asked ?? []).map(needRow),
    overflow: (rules.overflow ?? []).map(overflowRow),
    owner: textOf(rules.owner_seconds ?? 0),
    county: rules.county ?? '',
    countyFirst: textOf(rules.county_seconds ?? 0),
    byHours: rules.hours !== undefined && rules.hours !== null,
    hours: { ...(rules.hours as Week | undefined) },
    wrapUp: textOf(rules.wrap_up_seconds ?? 0),
    returnWithin: textOf(returning.minutes),
    cutOff: textOf(returning.cut_off),
    abandoned: textOf(returning.abandoned),
    calledBack: textOf(returning.called_back),
    keepMinutes: textOf(returnCalls.minutes),
    attempts: textOf(returnCalls.attempts),
    every: textOf(returnCalls.every),
    why: '',
  }
}

const needRow = (need: Rules['needs'][number]): NeedRow => ({
  skill: need.skill,
  level: textOf(need.level ?? 1),
  until: textOf(need.until),
})

const overflowRow = (one: Rules['overflow'][number]): OverflowRow => ({
  to: one.to,
  after: textOf(one.after),
  waiting: textOf(one.waiting),
  handicap: textOf(one.handicap),
})

export function queueWish(form: QueueForm): QueueWish {
  const rules: Rules = {
    needs: form.needs.map(needOf),
    asked: form.asked.map(needOf),
    overflow: form.overflow.map(overflowOf),
    owner_seconds: amountOr(form.owner, 0),
    county: form.county,
    county_seconds: amountOr(form.countyFirst, 0),
    hours: form.byHours ? form.hours : null,
    wrap_up_seconds: amountOr(form.wrapUp, 0),
    returning: returningOf(form),
    return_calls: returnCallsOf(form),
  }
  // An empty number is refused at its field, as everything that must be there.
  const { name, priority, ring, why } = form
  return {
    name,
    priority: amountOf(priority) as number,
    ring_seconds: amountOf(ring) as number,
    rules,
    why,
  }
}

const needOf = (row: NeedRow): Rules['needs'][number] => ({
  skill: row.skill.trim(),
  level: amountOr(row.level, 1),
  until: amountOf(row.until),
})

const overflowOf = (row: OverflowRow): Rules['overflow'][number] => ({
  to: row.to,
  after: amountOf(row.after),
  waiting: amountOf(row.waiting),
  handicap: amountOr(row.handicap, 0),
})

/** Null where nobody who rings again gets more priority, in whatever time. */
function returningOf(form: QueueForm): Rules['returning'] {
  const returning = {
    minutes: amountOr(form.returnWithin, RETURNING.minutes),
    cut_off: amountOr(form.cutOff, 0),
    abandoned: amountOr(form.abandoned, 0),
    called_back: amountOr(form.calledBack, 0),
  }
  return same({ ...returning, minutes: RETURNING.minutes }, RETURNING) ? null : returning
}

/** Null where it is as everywhere. */
function returnCallsOf(form: QueueForm): Rules['return_calls'] {
  const calls = {
    minutes: amountOr(form.keepMinutes, RETURN_CALLS.minutes),
    attempts: amountOr(form.attempts, RETURN_CALLS.attempts),
    every: amountOr(form.every, RETURN_CALLS.every),
  }
  return same(calls, RETURN_CALLS) ? null : calls
}

const same = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)
