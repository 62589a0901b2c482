/** By what calls find an agent, as the form has it, and back; pure. */

import type { Agent, RoutingWish } from '../../api/rules'
import { amountOf, amountOr, textOf } from '../amount'

export interface ServedRow {
  queue: string
  handicap: string
}

export interface SkillRow {
  skill: string
  level: string
}

export interface RoutingForm {
  queues: ServedRow[]
  skills: SkillRow[]
  county: string
  seat: 'phone' | 'line'
  number: string
  why: string
}

export function routingForm(agent: Agent): RoutingForm {
  return {
    queues: agent.queues.map((queue) => ({ queue, handicap: textOf(agent.handicaps[queue]) })),
    skills: Object.entries(agent.skills).map(([skill, level]) => ({ skill, level: textOf(level) })),
    county: agent.county,
    seat: agent.seat === 'line' ? 'line' : 'phone',
    number: agent.phone_number ?? '',
    why: '',
  }
}

export function routingWish(form: RoutingForm): RoutingWish {
  const behind = form.queues.filter(({ handicap }) => amountOr(handicap, 0) !== 0)
  return {
    queues: form.queues.map(({ queue }) => queue),
    skills: Object.fromEntries(form.skills.map((row) => [row.skill.trim(), levelOf(row)])),
    handicaps: Object.fromEntries(behind.map((row) => [row.queue, amountOr(row.handicap, 0)])),
    county: form.county,
    seat: form.seat,
    phone_number: form.seat === 'line' && form.number.trim() !== '' ? form.number.trim() : null,
    why: form.why,
  }
}

/** An empty level is refused at its field. */
const levelOf = ({ level }: SkillRow) => amountOf(level) as number

/** What is named twice: the server would be sent only the last of them. */
export function namedTwice(names: readonly string[]): string | null {
  const bare = names.map((name) => name.trim())
  return bare.find((name, at) => bare.indexOf(name) !== at) ?? null
}
