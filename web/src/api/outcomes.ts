/** The outcomes an agent may choose, as the server names them; pure. */

import type { components } from './schema'

type CaseOutcome = components['schemas']['Outcome']
type Reached = components['schemas']['Reached']
/** Of a citizen's call what becomes of the case, of a call of the hotline's own whether the citizen was reached. */
export type Outcome = CaseOutcome | Reached

/** In the order of the buttons. A key that the server adds is missed by the type checker. */
const OF_CASES: Record<CaseOutcome, number> = {
  answered: 0,
  to_dispatch: 1,
  rejected: 2,
  invalid: 3,
}
const OF_CALLS_OUT: Record<Reached, number> = { reached: 0, not_reached: 1 }
/** How the server begins the ids of calls that the hotline makes. */
const OUT_PREFIX = 'out-'

export const isCallOut = (callId: string) => callId.startsWith(OUT_PREFIX)

/** What fits a call; one of the hotline's own decides about its case only while that is new (`draft`). */
export function outcomesOf(callId: string, caseState: string): Outcome[] {
  const ofCases = Object.keys(OF_CASES) as Outcome[]
  if (!isCallOut(callId)) return ofCases
  return caseState === 'draft'
    ? [...ofCases, 'not_reached']
    : (Object.keys(OF_CALLS_OUT) as Outcome[])
}

/** Whether a stored word is an outcome of this server. */
export function isOutcome(word: unknown): word is Outcome {
  return (
    typeof word === 'string' && (Object.hasOwn(OF_CASES, word) || Object.hasOwn(OF_CALLS_OUT, word))
  )
}
