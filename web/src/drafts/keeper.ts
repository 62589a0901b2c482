/** The words of an outcome, kept in this browser from the first keystroke until the server has confirmed them. */

import { isOutcome, type Outcome } from '../api/outcomes'

/** One call's unfinished outcome; `updatedAt` is epoch milliseconds. */
export interface Draft {
  callId: string
  agentId: string
  caseNo: string
  caller: string
  note: string
  outcome: Outcome | null
  updatedAt: number
  /** The agent has pressed "submit" and the server has not confirmed yet. */
  submitted: boolean
}

const PREFIX = 'hotline.draft.'

/** Keeps drafts in a `Storage`, one entry a call. Raises what the storage raises when it is full. */
export class DraftKeeper {
  constructor(private readonly storage: Storage) {}

  load(callId: string): Draft | null {
    return parseDraft(this.storage.getItem(PREFIX + callId))
  }

  save(draft: Draft): void {
    this.storage.setItem(PREFIX + draft.callId, JSON.stringify(draft))
  }

  /** Only after the server has confirmed the outcome, or the agent threw the words away. */
  forget(callId: string): void {
    this.storage.removeItem(PREFIX + callId)
  }

  /** The drafts of one agent, oldest first. */
  list(agentId: string): Draft[] {
    const found: Draft[] = []
    for (let i = 0; i < this.storage.length; i += 1) {
      const key = this.storage.key(i)
      if (key === null || !key.startsWith(PREFIX)) continue
      const draft = parseDraft(this.storage.getItem(key))
      if (draft !== null && draft.agentId === agentId) found.push(draft)
    }
    return found.sort((a, b) => a.updatedAt - b.updatedAt)
  }
}

export function hasWords(draft: Draft): boolean {
  return draft.note.trim() !== '' || draft.outcome !== null
}

function parseDraft(text: string | null): Draft | null {
  if (text === null) return null
  try {
    const value = JSON.parse(text) as Partial<Draft> | null
    if (typeof value?.callId !== 'string' || typeof value.note !== 'string') return null
    return {
      callId: value.callId,
      agentId: value.agentId ?? '',
      caseNo: value.caseNo ?? '',
      caller: value.caller ?? '',
      note: value.note,
      outcome: isOutcome(value.outcome) ? value.outcome : null,
      updatedAt: value.updatedAt ?? 0,
      submitted: value.submitted === true,
    }
  } catch {
    return null
  }
}
