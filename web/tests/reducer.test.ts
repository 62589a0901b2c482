import { describe, expect, it } from 'vitest'
import type {
  AgentState,
  CaseFacts,
  Offer,
  Phase,
  SequencedMessage,
  Talk,
} from '../src/stream/messages'
import { initialState, reduce, type StreamState } from '../src/stream/reducer'

const EPOCH = 'e1'

function offer(callId: string, offerNo = 1): Offer {
  return {
    call_id: callId,
    offer_no: offerNo,
    caller: '13800000000',
    dialled: '12345',
    line: '市级',
    queue: 'city',
    queue_name: '市级',
    menu: 'default',
    menu_version: 1,
    menu_path: ['0'],
    waited_ms: 4200,
    decided_at: 1_700_000_000.5,
  }
}

function facts(callId: string): CaseFacts {
  return {
    call_id: callId,
    case_no: `case of ${callId}`,
    case_state: 'draft',
    query_code: '123456',
    caller: '+8613800000000',
    caller_display: '138 0000 0000',
    earlier_calls: [],
    open_cases: [],
  }
}

function agent(
  state: AgentState['state'],
  callId: string | null = null,
  changed: Partial<AgentState> = {},
): AgentState {
  return {
    agent_id: '1001',
    state,
    since: '2026-11-21T08:00:00+00:00',
    call_id: callId,
    reason: null,
    phone: '1001w',
    next: null,
    until: null,
    overrun: false,
    pauses: { day: null, used: {} },
    ...changed,
  }
}

function talk(callId: string, changed: Partial<Talk> = {}): Talk {
  return { call_id: callId, held: false, third: null, note: '', ...changed }
}

type Body = SequencedMessage extends infer M
  ? M extends SequencedMessage
    ? Omit<M, 'epoch' | 'seq'>
    : never
  : never

function numbered(bodies: Body[], { from = 1, epoch = EPOCH } = {}): SequencedMessage[] {
  return bodies.map((body, i) => ({ ...body, epoch, seq: from + i }) as SequencedMessage)
}

function play(messages: SequencedMessage[], start = initialState()) {
  let state: StreamState = start
  const pops: string[] = []
  for (const message of messages) {
    const step = reduce(state, message)
    state = step.state
    if (step.popped !== null) pops.push(step.popped)
  }
  return { state, pops }
}

const ONE_CALL = numbered([
  { type: 'state', ...agent('ready') },
  { type: 'offer', ...offer('c1') },
  { type: 'state', ...agent('offered', 'c1') },
  { type: 'case', ...facts('c1') },
  { type: 'state', ...agent('talking', 'c1') },
  { type: 'answered', call_id: 'c1', at: '2026-11-21T08:00:05+00:00' },
  { type: 'ended', call_id: 'c1', at: '2026-11-21T08:01:05+00:00', by: 'caller' },
  { type: 'state', ...agent('wrap_up', 'c1') },
])

describe('one call', () => {
  it('shows the offer first and the case when it comes', () => {
    const afterOffer = play(ONE_CALL.slice(0, 3)).state
    expect(afterOffer.call).toMatchObject({ callId: 'c1', phase: 'offered', facts: null })
    const afterCase = play(ONE_CALL.slice(0, 4)).state
    expect(afterCase.call?.facts?.case_no).toBe('case of c1')
    expect(afterCase.call?.offer?.dialled).toBe('12345')
  })

  it('goes from ringing over talking to wrap-up, and away with the outcome', () => {
    expect(play(ONE_CALL.slice(0, 6)).state.call?.phase).toBe('talking')
    const wrapUp = play(ONE_CALL)
    expect(wrapUp.state.call).toMatchObject({ phase: 'wrap_up', endedBy: 'caller' })
    expect(wrapUp.pops).toEqual(['c1'])
    const ready = numbered([{ type: 'state', ...agent('ready') }], { from: 9 })
    expect(play(ready, wrapUp.state).state.call).toBeNull()
  })

  it('does not go back to talking when "answered" comes after the end', () => {
    const late = numbered([{ type: 'answered', call_id: 'c1', at: 'x' }], { from: 9 })
    expect(play(late, play(ONE_CALL).state).state.call?.phase).toBe('wrap_up')
  })

  it('takes a case that comes before its offer', () => {
    const { state, pops } = play(
      numbered([
        { type: 'case', ...facts('c1') },
        { type: 'offer', ...offer('c1') },
      ]),
    )
    expect(pops).toEqual(['c1'])
    expect(state.call?.facts?.case_no).toBe('case of c1')
  })

  it('keeps a case of another call away from the screen', () => {
    const late = numbered([{ type: 'case', ...facts('c0') }], { from: 9 })
    expect(play(late, play(ONE_CALL).state).state.call?.facts?.call_id).toBe('c1')
  })
})

describe('replay', () => {
  it('changes nothing, message by message, for any prefix delivered again', () => {
    for (let seen = 1; seen <= ONE_CALL.length; seen += 1) {
      const first = play(ONE_CALL.slice(0, seen))
      for (let from = 0; from < seen; from += 1) {
        const again = play(ONE_CALL.slice(from), first.state)
        expect(again.state).toEqual(play(ONE_CALL).state)
        expect([...first.pops, ...again.pops]).toEqual(['c1'])
      }
    }
  })

  it('keeps the position of the newest message', () => {
    const { state } = play([...ONE_CALL, ...ONE_CALL.slice(0, 2)])
    expect(state).toMatchObject({ epoch: EPOCH, seq: ONE_CALL.length })
  })

  it('acknowledges what it does not know by moving on', () => {
    const { state } = play(numbered([{ type: 'unknown' }], { from: 7 }))
    expect(state.seq).toBe(7)
  })
})

describe('offers', () => {
  it('pops the same offer once, even under a new number', () => {
    const twice = numbered([
      { type: 'offer', ...offer('c1') },
      { type: 'offer', ...offer('c1') },
    ])
    expect(play(twice).pops).toEqual(['c1'])
  })

  it('pops again when the call was withdrawn and is offered anew', () => {
    const again = play(
      numbered([
        { type: 'offer', ...offer('c1', 1) },
        { type: 'withdrawn', call_id: 'c1', at: 'x', reason: 'no_answer' },
        { type: 'state', ...agent('missed') },
        { type: 'offer', ...offer('c1', 2) },
      ]),
    )
    expect(again.pops).toEqual(['c1', 'c1'])
    expect(again.state.call?.phase).toBe('offered')
  })

  it('takes a withdrawn offer off the screen, and only that one', () => {
    const other = numbered([
      { type: 'offer', ...offer('c2') },
      { type: 'withdrawn', call_id: 'c1', at: 'x' },
    ])
    expect(play(other).state.call?.callId).toBe('c2')
    const own = numbered([{ type: 'withdrawn', call_id: 'c2', at: 'x' }], { from: 3 })
    expect(play(own, play(other).state).state.call).toBeNull()
  })

  it('forgets old offers, so that eight hours do not grow the state', () => {
    const many = numbered(
      Array.from({ length: 500 }, (_, i) => ({ type: 'offer' as const, ...offer(`c${i}`) })),
    )
    const { state, pops } = play(many)
    expect(pops).toHaveLength(500)
    expect(state.popped.length).toBeLessThanOrEqual(50)
  })
})

describe('snapshot', () => {
  const snapshot = (
    call: string | null,
    phase: Phase = 'talking',
    epoch = 'e2',
  ): SequencedMessage => ({
    type: 'snapshot',
    epoch,
    seq: 0,
    agent: agent(call === null ? 'ready' : phase, call),
    call: call === null ? null : { ...offer(call), phase },
    case: call === null ? null : facts(call),
  })

  it('replaces everything', () => {
    const { state, pops } = play([...ONE_CALL, snapshot(null)])
    expect(state).toMatchObject({ epoch: 'e2', seq: 0, call: null })
    expect(state.agent?.state).toBe('ready')
    expect(pops).toEqual(['c1'])
  })

  it('does not pop a call that is on the screen already', () => {
    const { state, pops } = play([...ONE_CALL.slice(0, 6), snapshot('c1')])
    expect(pops).toEqual(['c1'])
    expect(state.call).toMatchObject({
      callId: 'c1',
      phase: 'talking',
      answeredAt: expect.any(String),
    })
  })

  it('pops a call that this page has not seen', () => {
    const { state, pops } = play([snapshot('c7', 'offered')])
    expect(pops).toEqual(['c7'])
    expect(state.call?.facts?.case_no).toBe('case of c7')
  })

  it('restores a call that is past its offer without popping it', () => {
    const { state, pops } = play([snapshot('c7', 'wrap_up')])
    expect(pops).toEqual([])
    expect(state.call).toMatchObject({ callId: 'c7', phase: 'wrap_up' })
  })

  it('keeps the case it knew when the new voice process has lost it', () => {
    const bare = { ...snapshot('c1'), case: null } as SequencedMessage
    expect(play([...ONE_CALL.slice(0, 6), bare]).state.call?.facts?.case_no).toBe('case of c1')
  })

  it('lets low numbers of a new epoch count', () => {
    const next = numbered([{ type: 'offer', ...offer('c1', 1) }], { epoch: 'e2' })
    const { state } = play([...ONE_CALL, snapshot(null), ...next])
    expect(state.call?.callId).toBe('c1')
  })
})

const POLICE = { kind: 'number', id: '110', name: '公安报警', state: 'ringing' } as const
const A_CONSULTED_CALL = numbered([
  { type: 'state', ...agent('ready') },
  { type: 'offer', ...offer('c1') },
  { type: 'state', ...agent('offered', 'c1') },
  { type: 'case', ...facts('c1') },
  { type: 'answered', call_id: 'c1', at: '2026-11-21T08:00:05+00:00' },
  { type: 'state', ...agent('talking', 'c1') },
  { type: 'talk', ...talk('c1', { held: true }) },
  { type: 'state', ...agent('holding', 'c1') },
  {
    type: 'state',
    ...agent('holding', 'c1', { next: { state: 'paused', reason: 'meal' } }),
  },
  { type: 'talk', ...talk('c1', { held: true, third: POLICE }) },
  { type: 'talk', ...talk('c1', { held: true, third: { ...POLICE, state: 'talking' } }) },
  { type: 'talk', ...talk('c1', { third: { ...POLICE, state: 'talking' } }) },
  { type: 'talk', ...talk('c1', { note: 'transfer_failed' }) },
  { type: 'state', ...agent('talking', 'c1') },
])

/** What the server tells a page that comes when `state` holds. */
function snapshotOf({ seq, agent: now, call }: StreamState): SequencedMessage {
  const shown = call?.offer ?? null
  return {
    type: 'snapshot',
    epoch: EPOCH,
    seq,
    agent: now,
    call: shown === null ? null : { ...shown, phase: call?.phase ?? 'offered' },
    case: call?.facts ?? null,
    talk: call?.talk ?? null,
  }
}

describe('hold, transfer and three-party talk', () => {
  const after = (count: number) => play(A_CONSULTED_CALL.slice(0, count)).state

  it('shows who is held and the third party, and keeps the call on the screen', () => {
    expect(after(8)).toMatchObject({
      agent: { state: 'holding' },
      call: { callId: 'c1', phase: 'talking', talk: { held: true, third: null } },
    })
    expect(after(10).call?.talk?.third).toMatchObject({ id: '110', state: 'ringing' })
    expect(after(12).call?.talk).toMatchObject({ held: false, third: { state: 'talking' } })
  })

  it('brings a failed transfer back with its note, also after the end', () => {
    expect(after(14).call?.talk).toEqual(talk('c1', { note: 'transfer_failed' }))
    const left = numbered(
      [
        { type: 'ended', call_id: 'c1', at: 'x', by: 'agent' },
        { type: 'state', ...agent('wrap_up', 'c1') },
        { type: 'talk', ...talk('c1', { note: 'transfer_failed' }) },
        { type: 'state', ...agent('talking', 'c1') },
      ],
      { from: 15 },
    )
    expect(play(left, after(14)).state.call).toMatchObject({
      phase: 'talking',
      talk: { note: 'transfer_failed' },
    })
  })

  it('leaves nothing of the talk in wrap-up, and nothing of another call on the screen', () => {
    const end = numbered(
      [
        { type: 'talk', ...talk('c0', { held: true }) },
        { type: 'ended', call_id: 'c1', at: 'x', by: 'caller' },
      ],
      { from: 13 },
    )
    expect(play(end, after(12)).state.call).toMatchObject({
      phase: 'wrap_up',
      talk: { call_id: 'c1', held: false, third: null },
    })
  })

  it('is the same after any prefix delivered twice', () => {
    const whole = play(A_CONSULTED_CALL)
    for (let seen = 1; seen <= A_CONSULTED_CALL.length; seen += 1) {
      for (let from = 0; from < seen; from += 1) {
        const again = play(A_CONSULTED_CALL.slice(from), after(seen))
        expect(again.state).toEqual(whole.state)
      }
    }
  })

  it('is the same in a second tab, whenever that one is opened', () => {
    const { agent: now, call: shown, seq } = play(A_CONSULTED_CALL).state
    for (let opened = 6; opened <= A_CONSULTED_CALL.length; opened += 1) {
      const fresh = play([snapshotOf(after(opened)), ...A_CONSULTED_CALL.slice(opened)])
      expect(fresh.pops).toEqual([])
      // When the citizen was answered is told once; the page that came later does not need it.
      const call = { ...fresh.state.call, answeredAt: shown?.answeredAt }
      expect({ ...fresh.state, call }).toMatchObject({ agent: now, call: shown, seq })
    }
  })
})

describe('a call of the hotline’s own', () => {
  const out = numbered([
    { type: 'offer', ...offer('out-1') },
    { type: 'state', ...agent('offered', 'out-1') },
    { type: 'state', ...agent('talking', 'out-1') },
    { type: 'dialling', call_id: 'out-1' },
  ])

  it('says that the citizen is being called, until they answer or nobody does', () => {
    const dialling = play(out).state
    expect(dialling.call).toMatchObject({ phase: 'talking', dialling: true })
    const answered = numbered([{ type: 'answered', call_id: 'out-1', at: 'x' }], { from: 5 })
    expect(play(answered, dialling).state.call?.dialling).toBe(false)
    const ended = numbered([{ type: 'ended', call_id: 'out-1', at: 'x', by: 'system' }], {
      from: 5,
    })
    expect(play(ended, dialling).state.call).toMatchObject({ phase: 'wrap_up', dialling: false })
  })

  it('says nothing of another call', () => {
    const other = numbered([{ type: 'dialling', call_id: 'out-2' }], { from: 5 })
    expect(play(other, play(out.slice(0, 3)).state).state.call?.dialling).toBe(false)
  })
})

describe('an agent', () => {
  it('keeps what a supervisor did on the screen until it was read, through snapshots too', () => {
    const act = { call_id: '', act: 'force', by: '9001', by_name: '周敏', why: '换班' }
    const told = play(numbered([{ type: 'supervised', ...act }])).state
    expect(told.supervised).toEqual(act)
    expect(play([snapshotOf(play(ONE_CALL).state)], told).state.supervised).toEqual(act)
  })

  it('is shown with what was asked for during the call and with the end of the state', () => {
    const next = { state: 'paused', reason: 'meal' }
    const told = numbered([
      { type: 'state', ...agent('talking', 'c1', { next }) },
      { type: 'state', ...agent('paused', null, { until: '2026-11-21T08:30:00+00:00' }) },
    ])
    expect(play(told.slice(0, 1)).state.agent?.next).toEqual(next)
    expect(play(told).state.agent).toMatchObject({
      next: null,
      until: '2026-11-21T08:30:00+00:00',
    })
  })

  it('is read from a telephone system that does not tell them', () => {
    const known = Object.entries(agent('ready')).filter(
      ([name]) => !/^(next|until|overrun|pauses)$/.test(name),
    )
    const told = numbered([{ type: 'state', ...Object.fromEntries(known) } as Body])
    expect(play(told).state.agent).toEqual(agent('ready'))
  })

  it.each(['link_lost', 'microphone_lost'] as const)(
    'who is %s keeps the call that is still theirs',
    (state) => {
      const lost = numbered([{ type: 'state', ...agent(state, 'c1') }], { from: 9 })
      const before = play(ONE_CALL).state
      expect(play(lost, before).state.call?.phase).toBe('wrap_up')
      const free = numbered([{ type: 'state', ...agent(state) }], { from: 9 })
      expect(play(free, before).state.call).toBeNull()
    },
  )
})
