/** What a supervisor may do about an agent or a call, as the hall shows them; pure. The server has the last word. */

import type { ActName, ActWish, ForcedState, HallAgent, WaitingCall } from '../../api/hall'

/** One line of the dialog: an act, or a state to force. */
export type Choice = Exclude<ActName, 'stop' | 'force'> | `force_${ForcedState}`

const TALKS = new Set(['talking', 'holding'])
const FORCIBLE: readonly ForcedState[] = ['ready', 'paused', 'logged_out']

export interface Subject {
  agent: HallAgent | null
  call: WaitingCall | null
}

export function choicesFor({ agent, call }: Subject, me: string): Choice[] {
  if (call !== null) return ['front', 'move', 'take_over']
  if (agent === null) return []
  const own = agent.agent_id === me
  const talk: Choice[] =
    TALKS.has(agent.state) && !own ? ['listen', 'whisper', 'join', 'take_over'] : []
  const end: Choice[] = agent.state === 'wrap_up' ? ['finish'] : []
  const force = FORCIBLE.filter((state) => state !== agent.state).map(
    (state) => `force_${state}` as const,
  )
  return [...talk, ...end, ...force]
}

/** What is sent; null while something of it is missing. */
export function wishOf(
  { agent, call }: Subject,
  choice: Choice | '',
  given: { to: string; reason: string; why: string },
): ActWish | null {
  const why = given.why.trim()
  if (choice === '' || why === '' || (choice === 'move' && given.to === '')) return null
  if (call !== null) {
    const wish = { act: choice as ActName, call_id: call.call_id, why }
    return choice === 'move' ? { ...wish, to: given.to } : wish
  }
  if (agent === null) return null
  if (!choice.startsWith('force_')) return { act: choice as ActName, agent_id: agent.agent_id, why }
  const state = choice.slice('force_'.length) as ForcedState
  const reason = state === 'paused' && given.reason !== '' ? { reason: given.reason } : {}
  return { act: 'force', agent_id: agent.agent_id, state, ...reason, why }
}

const FIRST = [
  'missed',
  'link_lost',
  'microphone_lost',
  'talking',
  'holding',
  'offered',
  'wrap_up',
  'ready',
  'paused',
]

/** Those who need an eye first; who is signed out comes last. */
export function inOrder(agents: readonly HallAgent[]): HallAgent[] {
  const rank = ({ state, overrun }: HallAgent) => {
    const place = FIRST.indexOf(state)
    return overrun === true ? -1 : place < 0 ? FIRST.length : place
  }
  return [...agents].sort((a, b) => rank(a) - rank(b) || a.agent_id.localeCompare(b.agent_id))
}
