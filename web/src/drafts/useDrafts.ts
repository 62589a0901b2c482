/** Every unfinished outcome of the signed-in agent: kept here, saved on the server, submitted, retried. */

import { computed, reactive } from 'vue'
import { ApiProblem } from '../api/http'
import { saveDraft, submitOutcome, type Words } from '../api/hotline'
import { Autosave, type SaveState } from './autosave'
import { DraftKeeper, hasWords, type Draft } from './keeper'

const DONE_KEY = 'hotline.done'
const DONE_KEPT = 100
const RETRY_MS = 5000

interface Progress {
  saved: SaveState | null
  sending: boolean
  problem: ApiProblem | null
}

const keeper = new DraftKeeper(localStorage)
const drafts = reactive(new Map<string, Draft>())
const progress = reactive(new Map<string, Progress>())
const done = reactive(new Set<string>(loadDone()))
const storage = reactive({ full: false })

const autosave = new Autosave<Words>({
  send: async (callId, words) => {
    await saveDraft(callId, words)
  },
  transient: (error) => error instanceof ApiProblem && error.passes,
  changed: (callId, saved) => (progressOf(callId).saved = saved),
})

export const storageFull = computed(() => storage.full)
/** Calls whose words are not confirmed by the server, oldest first. */
export const unfinished = computed(() =>
  [...drafts.values()].filter(hasWords).sort((a, b) => a.updatedAt - b.updatedAt),
)

export function loadDrafts(agentId: string): void {
  drafts.clear()
  for (const draft of keeper.list(agentId)) {
    drafts.set(draft.callId, draft)
    // The page may have been closed before the last words reached the server.
    autosave.touch(draft.callId, { note: draft.note, outcome: draft.outcome })
  }
}

/** What the server holds of a call whose words are not in this browser: the agent sits elsewhere today. */
export function adopt(draft: Draft): void {
  if (drafts.has(draft.callId) || isDone(draft.callId) || !hasWords(draft)) return
  change(draft)
}

export function draftOf(callId: string): Draft | undefined {
  return drafts.get(callId)
}

export function progressOf(callId: string): Progress {
  if (!progress.has(callId)) progress.set(callId, { saved: null, sending: false, problem: null })
  return progress.get(callId) as Progress
}

/** The server has confirmed this call's outcome. */
export function isDone(callId: string): boolean {
  return done.has(callId)
}

/** The agent has typed or chosen: kept in this browser at once, on the server soon after. */
export function keep(draft: Draft): void {
  drafts.set(draft.callId, draft)
  write(draft)
  autosave.touch(draft.callId, { note: draft.note, outcome: draft.outcome })
}

/** Send the outcome. The words stay until the server has confirmed them. */
export async function submit(callId: string): Promise<boolean> {
  const draft = drafts.get(callId)
  const now = progressOf(callId)
  if (draft === undefined || draft.outcome === null || now.sending) return false
  now.sending = true
  change({ ...draft, submitted: true })
  try {
    await autosave.settle(callId)
    await submitOutcome(callId, draft.outcome, draft.note)
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    now.problem = error
    if (error.passes) setTimeout(() => retry(callId), RETRY_MS)
    return false
  } finally {
    now.sending = false
  }
  confirm(callId)
  return true
}

/** Again without a click, as long as the agent has not changed the words. */
function retry(callId: string): void {
  if (drafts.get(callId)?.submitted === true) void submit(callId)
}

/** Throw the words away: only the agent decides that. */
export async function discard(callId: string): Promise<void> {
  await autosave.settle(callId)
  drafts.delete(callId)
  progress.delete(callId)
  keeper.forget(callId)
}

/** The server is back: what could not be sent goes now. */
export function resume(): void {
  autosave.flush()
  for (const draft of unfinished.value) {
    const problem = progress.get(draft.callId)?.problem ?? null
    if (problem === null || problem.passes) retry(draft.callId)
  }
}

function confirm(callId: string): void {
  drafts.delete(callId)
  progress.delete(callId)
  keeper.forget(callId)
  done.add(callId)
  sessionStorage.setItem(DONE_KEY, JSON.stringify([...done].slice(-DONE_KEPT)))
}

function change(draft: Draft): void {
  drafts.set(draft.callId, draft)
  write(draft)
}

function write(draft: Draft): void {
  try {
    keeper.save(draft)
    storage.full = false
  } catch (error) {
    // Said on the page; the words are still in memory and go to the server.
    storage.full = true
    console.error('hotline: the browser refuses to store the draft', error)
  }
}

function loadDone(): string[] {
  const text = sessionStorage.getItem(DONE_KEY)
  if (text === null) return []
  const value: unknown = JSON.parse(text)
  return Array.isArray(value) ? value.map(String) : []
}
