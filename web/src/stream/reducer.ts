/** The state an agent's stream adds up to: pure, so that replay and duplicates can be proved harmless. */

import type {
  AgentState,
  AgentStateName,
  CaseFacts,
  Epoch,
  Offer,
  Phase,
  SequencedMessage,
  Supervised,
  Talk,
} from './messages'

/** The call on this agent's screen, with the pieces that have come so far. */
export interface CallView {
  callId: string
  phase: Phase
  offer: Offer | null
  facts: CaseFacts | null
  answeredAt: string | null
  endedAt: string | null
  endedBy: string | null
  /** Hold and the third party, as far as the server has told any. */
  talk: Talk | null
  /** A citizen is being called: the agent's phone is answered, theirs rings. */
  dialling: boolean
}

export interface StreamState {
  epoch: Epoch | null
  seq: number
  agent: AgentState | null
  call: CallView | null
  /** The newest offers that have popped, so that none pops twice; the oldest are forgotten. */
  popped: { callId: string; offerNo: number }[]
  /** Facts that came before their offer. */
  early: CaseFacts[]
  /** The newest act of a supervisor, until the agent has read it. */
  supervised: Supervised | null
}

export interface Step {
  state: StreamState
  /** The call that has just popped, or null. */
  popped: string | null
}

const REMEMBERED = 50
const PHASE_ORDER: Record<Phase, number> = { offered: 0, talking: 1, wrap_up: 2 }
/** What the call on the screen is at while its agent is in a state; in the other states there is none. */
const PHASE_OF: Partial<Record<AgentStateName, Phase>> = {
  offered: 'offered',
  talking: 'talking',
  holding: 'talking',
  wrap_up: 'wrap_up',
}
/** Left by themselves for the state before: what was on the screen stays there. */
const INTERRUPTED = new Set<AgentStateName>(['link_lost', 'microphone_lost'])

export function initialState(): StreamState {
  return { epoch: null, seq: 0, agent: null, call: null, popped: [], early: [], supervised: null }
}

/** Take one message. A message that was taken before changes nothing. */
export function reduce(state: StreamState, message: SequencedMessage): Step {
  if (message.type === 'snapshot') return takeSnapshot(state, message)
  if (message.epoch === state.epoch && message.seq <= state.seq) return { state, popped: null }
  const step = apply(forEpoch(state, message.epoch), message)
  return { ...step, state: { ...step.state, epoch: message.epoch, seq: message.seq } }
}

/** Offer numbers belong to one epoch: another voice process counts anew. */
function forEpoch(state: StreamState, epoch: Epoch): StreamState {
  return state.epoch === epoch ? state : { ...state, popped: [] }
}

function apply(state: StreamState, message: SequencedMessage): Step {
  switch (message.type) {
    case 'offer':
      return takeOffer(state, message)
    case 'case':
      return still(takeCase(state, message))
    case 'answered':
      return still(takeAnswered(state, message.call_id, message.at))
    case 'withdrawn':
      return still(takeWithdrawn(state, message.call_id))
    case 'ended':
      return still(takeEnded(state, message.call_id, message.at, message.by ?? null))
    case 'state':
      return still(takeAgent(state, message))
    case 'talk':
      return still(takeTalk(state, message))
    case 'supervised':
      return still({ ...state, supervised: supervisedOf(message) })
    case 'dialling':
      return still(takeDialling(state, message.call_id))
    default:
      return still(state)
  }
}

function still(state: StreamState): Step {
  return { state, popped: null }
}

function takeSnapshot(
  state: StreamState,
  message: Extract<SequencedMessage, { type: 'snapshot' }>,
): Step {
  const base = forEpoch(state, message.epoch)
  const before = state.call
  const next: StreamState = {
    ...base,
    epoch: message.epoch,
    seq: message.seq,
    agent: message.agent === null ? null : agentOf(message.agent),
    call: null,
    early: message.case === null ? [] : [message.case],
  }
  const phase = message.call === null ? undefined : PHASE_OF[message.call.phase as AgentStateName]
  if (message.call === null || phase === undefined) return still(next)
  const offer = offerOf(message.call)
  const same = before !== null && before.callId === offer.call_id
  const call: CallView = {
    ...newCall(offer.call_id),
    phase,
    offer,
    facts: message.case?.call_id === offer.call_id ? message.case : same ? before.facts : null,
    answeredAt: same ? before.answeredAt : null,
    endedAt: same ? before.endedAt : null,
    endedBy: same ? before.endedBy : null,
    talk: message.talk?.call_id === offer.call_id ? talkOf(message.talk) : null,
  }
  const shown = { ...next, call, popped: remember(base.popped, offer) }
  // A call that is past its offer is restored, not popped: another page has shown it.
  const pops = phase === 'offered' && !same && !hasPopped(base, offer)
  return { state: shown, popped: pops ? offer.call_id : null }
}

function takeOffer(state: StreamState, message: Offer): Step {
  if (hasPopped(state, message)) return still(state)
  const offer = offerOf(message)
  const popped = remember(state.popped, offer)
  if (state.call?.callId === offer.call_id) {
    const call = { ...state.call, offer, phase: 'offered' as const, talk: null }
    return still({ ...state, call, popped })
  }
  const facts = state.early.find((each) => each.call_id === offer.call_id) ?? null
  const call: CallView = { ...newCall(offer.call_id), offer, facts }
  return { state: { ...state, call, popped }, popped: offer.call_id }
}

function takeCase(state: StreamState, message: CaseFacts): StreamState {
  const facts = factsOf(message)
  const early = [...state.early.filter((each) => each.call_id !== facts.call_id), facts]
  const kept = { ...state, early: early.slice(-REMEMBERED) }
  return state.call?.callId === facts.call_id ? { ...kept, call: { ...state.call, facts } } : kept
}

function takeAnswered(state: StreamState, callId: string, at: string): StreamState {
  const current = state.call?.callId === callId ? state.call : null
  const facts = state.early.find((each) => each.call_id === callId) ?? null
  const call = current ?? { ...newCall(callId), facts }
  const phase = forward(call.phase, 'talking')
  return { ...state, call: { ...call, phase, answeredAt: at, dialling: false } }
}

function takeWithdrawn(state: StreamState, callId: string): StreamState {
  return state.call?.callId === callId && state.call.phase === 'offered'
    ? { ...state, call: null }
    : state
}

function takeEnded(state: StreamState, callId: string, at: string, by: string | null): StreamState {
  const { call } = state
  if (call?.callId !== callId) return state
  if (call.phase === 'offered') return { ...state, call: null }
  const talk = call.talk === null ? null : { ...call.talk, held: false, third: null }
  return {
    ...state,
    call: { ...call, phase: 'wrap_up', endedAt: at, endedBy: by, talk, dialling: false },
  }
}

function takeDialling(state: StreamState, callId: string): StreamState {
  return state.call?.callId === callId
    ? { ...state, call: { ...state.call, dialling: true } }
    : state
}

function takeTalk(state: StreamState, message: Talk): StreamState {
  const { call } = state
  return call?.callId === message.call_id
    ? { ...state, call: { ...call, talk: talkOf(message) } }
    : state
}

function takeAgent(state: StreamState, message: AgentState): StreamState {
  const agent = agentOf(message)
  const { call } = state
  const mine = call !== null && call.callId === agent.call_id
  if (INTERRUPTED.has(agent.state)) return { ...state, agent, call: mine ? call : null }
  const phase = PHASE_OF[agent.state]
  if (phase === undefined) return { ...state, agent, call: null }
  return mine
    ? { ...state, agent, call: { ...call, phase: phaseAfter(call, phase) } }
    : { ...state, agent }
}

/** A citizen whose transfer failed comes back to talk after the end; a state of the offer says nothing new. */
function phaseAfter({ phase }: CallView, now: Phase): Phase {
  return phase === 'wrap_up' && now === 'talking' ? now : forward(phase, now)
}

function newCall(callId: string): CallView {
  return {
    callId,
    phase: 'offered',
    offer: null,
    facts: null,
    answeredAt: null,
    endedAt: null,
    endedBy: null,
    talk: null,
    dialling: false,
  }
}

function forward(from: Phase, to: Phase): Phase {
  return PHASE_ORDER[to] > PHASE_ORDER[from] ? to : from
}

function hasPopped(state: StreamState, offer: Offer): boolean {
  return state.popped.some(
    (each) => each.callId === offer.call_id && each.offerNo >= offer.offer_no,
  )
}

function remember(popped: StreamState['popped'], offer: Offer): StreamState['popped'] {
  const others = popped.filter((each) => each.callId !== offer.call_id)
  return [...others, { callId: offer.call_id, offerNo: offer.offer_no }].slice(-REMEMBERED)
}

function offerOf(message: Offer): Offer {
  return {
    call_id: message.call_id,
    offer_no: message.offer_no,
    caller: message.caller,
    dialled: message.dialled,
    line: message.line,
    queue: message.queue,
    queue_name: message.queue_name,
    menu: message.menu,
    menu_version: message.menu_version,
    menu_path: message.menu_path,
    waited_ms: message.waited_ms,
    decided_at: message.decided_at,
  }
}

function factsOf(message: CaseFacts): CaseFacts {
  return {
    call_id: message.call_id,
    case_no: message.case_no,
    case_state: message.case_state,
    query_code: message.query_code,
    caller: message.caller,
    caller_display: message.caller_display,
    earlier_calls: message.earlier_calls,
    open_cases: message.open_cases,
  }
}

function agentOf(message: AgentState): AgentState {
  return {
    agent_id: message.agent_id,
    state: message.state,
    since: message.since,
    call_id: message.call_id,
    reason: message.reason,
    phone: message.phone,
    next: message.next ?? null,
    until: message.until ?? null,
    overrun: message.overrun ?? false,
    pauses: message.pauses ?? { day: null, used: {} },
  }
}

function supervisedOf({ call_id, act, by, by_name, why }: Supervised): Supervised {
  return { call_id, act, by, by_name, why }
}

function talkOf({ call_id, held, third, note }: Talk): Talk {
  return { call_id, held: held === true, third: third ?? null, note: note ?? '' }
}
