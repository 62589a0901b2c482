/** Whom a talk can be given to, as an agent looks for them; pure. */

import type { Choice } from '../api/talk'

/** Those that a search finds by name or number; whoever can take a call now comes first. */
export function found(all: readonly Choice[], search: string): Choice[] {
  const words = search.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const hit = ({ id, name }: Choice) => {
    const text = `${id} ${name}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  return all.filter(hit).sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id))
}

function rank({ kind, state }: Choice): number {
  return kind === 'agent' && state !== 'ready' ? 1 : 0
}
