/** What the server says on an agent's stream (ARCHITECTURE.md, Wire 3 and 4), and its parser; no I/O. */

import type { Hall } from '../api/hall'

export type Epoch = string | number
export type Phase = 'offered' | 'talking' | 'wrap_up'
export type AgentStateName =
  | 'logged_out'
  | 'ready'
  | 'offered'
  | 'talking'
  | 'holding'
  | 'wrap_up'
  | 'paused'
  | 'missed'
  | 'link_lost'
  | 'microphone_lost'

/** What an agent asked for during a call; the server applies it afterwards. */
export interface NextState {
  state: string
  reason: string | null
}

/** The live state of one agent; stamps are ISO 8601 with offset, by the server's clock. */
export interface AgentState {
  agent_id: string
  state: AgentStateName
  since: string
  call_id: string | null
  reason: string | null
  phone: string | null
  next: NextState | null
  /** When the server's own timer ends this state, or when a pause has used its day's quota. */
  until: string | null
  /** The day's quota of this pause is used up, and the pause goes on. */
  overrun: boolean
  /** Seconds of the pauses that are over, by reason, on one day in China. */
  pauses: { day: string | null; used: Record<string, number> }
}

/** Somebody else in the talk: an agent, a queue's agent, or a number outside. */
export interface Third {
  kind: 'queue' | 'agent' | 'number'
  id: string
  name: string
  state: 'ringing' | 'talking'
}

/** Who is in the talk besides agent and citizen, and what became of the last transfer. */
export interface Talk {
  call_id: string
  held: boolean
  third: Third | null
  /** Empty, or what the agent has to know, such as `transfer_failed`. */
  note: string
}

/** What a supervisor has openly done about this agent or this call. */
export interface Supervised {
  call_id: string
  act: string
  by: string
  by_name: string
  why: string
}

/** The first message of a pop; `decided_at` is epoch seconds, `waited_ms` milliseconds. */
export interface Offer {
  call_id: string
  offer_no: number
  caller: string
  dialled: string
  line: string
  queue: string
  queue_name: string
  menu: string
  menu_version: number
  menu_path: string[]
  waited_ms: number
  decided_at: number
}

/** One of the caller's earlier calls; stamps are ISO 8601 with offset. */
export interface EarlierCall {
  call_id: string
  started_at: string | null
  dialled: string | null
  line: string | null
  disposition: string | null
  answered_by: string | null
  agent_name: string | null
  case_no: string | null
  case_state: string | null
}

/** One of the caller's cases that somebody still works on. */
export interface OpenCase {
  call_id: string
  case_no: string
  state: string
  opened_at: string | null
  note: string | null
}

/** The second message of a pop: what the database knows about the call. */
export interface CaseFacts {
  call_id: string
  case_no: string
  case_state: string
  /** With it and the case number a citizen hears the progress; a telephone system of yesterday does not tell it. */
  query_code?: string
  caller: string | null
  caller_display: string
  earlier_calls: EarlierCall[]
  open_cases: OpenCase[]
}

interface Sequenced {
  epoch: Epoch
  seq: number
}

export type SequencedMessage = Sequenced &
  (
    | {
        type: 'snapshot'
        agent: AgentState | null
        call: (Offer & { phase: Phase }) | null
        case: CaseFacts | null
        talk?: Talk | null
      }
    | ({ type: 'offer' } & Offer)
    | ({ type: 'case' } & CaseFacts)
    | { type: 'answered'; call_id: string; at: string }
    | { type: 'withdrawn'; call_id: string; at: string; reason?: string }
    | { type: 'ended'; call_id: string; at: string; by?: string }
    | ({ type: 'state' } & AgentState)
    | ({ type: 'talk' } & Talk)
    | ({ type: 'supervised' } & Supervised)
    | { type: 'dialling'; call_id: string }
    | { type: 'unknown' }
  )

export type StreamMessage =
  | SequencedMessage
  | { type: 'link'; up: boolean }
  | { type: 'error'; code: string; detail: string }
  | { type: 'hall'; hall: Hall }

const SEQUENCED_TYPES = new Set([
  'snapshot',
  'offer',
  'case',
  'answered',
  'withdrawn',
  'ended',
  'state',
  'talk',
  'supervised',
  'dialling',
])

/**
 * Read one text frame. `null` when it is not a message at all.
 *
 * A sequenced message of a type this page does not know becomes `unknown`, so that it is still
 * acknowledged and an older page does not hold up a newer server.
 */
export function parseMessage(text: string): StreamMessage | null {
  const value = parseObject(text)
  if (value === null || typeof value.type !== 'string') return null
  if (value.type === 'link') return { type: 'link', up: value.up === true }
  if (value.type === 'error') {
    return { type: 'error', code: String(value.code ?? ''), detail: String(value.detail ?? '') }
  }
  if (value.type === 'hall') {
    return Array.isArray(value.agents) ? { type: 'hall', hall: value as unknown as Hall } : null
  }
  if (typeof value.seq !== 'number' || !isEpoch(value.epoch)) return null
  if (SEQUENCED_TYPES.has(value.type) && hasCallWhereNeeded(value)) {
    return value as unknown as SequencedMessage
  }
  return { type: 'unknown', epoch: value.epoch, seq: value.seq }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function isEpoch(value: unknown): value is Epoch {
  return typeof value === 'string' || typeof value === 'number'
}

function hasCallWhereNeeded(value: Record<string, unknown>): boolean {
  if (value.type === 'snapshot') return true
  if (value.type === 'state') return typeof value.state === 'string'
  return typeof value.call_id === 'string'
}
