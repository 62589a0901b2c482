/** The outcomes an agent may choose, as the server names them; pure. */

import type { components } from './schema'

export type Outcome = components['schemas']['Outcome']

/** In the order of the buttons. A key that the server adds is missed by the type checker. */
const ORDER: Record<Outcome, number> = { answered: 0, to_dispatch: 1, rejected: 2, invalid: 3 }

export const OUTCOMES = Object.keys(ORDER) as Outcome[]

/** Whether a stored word is an outcome of this server. */
export function isOutcome(word: unknown): word is Outcome {
  return typeof word === 'string' && Object.hasOwn(ORDER, word)
}
