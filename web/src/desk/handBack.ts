/** A page that goes away while the phone rings gives the call back at once; if it was only refreshed, it takes it again. */

import { watch } from 'vue'
import { wantState } from '../api/desk'
import { ApiProblem } from '../api/http'
import { giveBack, phoneState } from '../phone/usePhone'
import { stream } from './useStream'

/** Kept for this tab only: a closed tab does not come back for the call. */
const KEY = 'hotline.gaveBack'
/** Who takes longer has left rather than refreshed, and says "ready" when there again. */
const REFRESH_MS = 15_000

/**
 * Without this a refreshed page would show an offer that no phone rings for: the new page's phone cannot answer what
 * rang at the old one, and the citizen would wait until the ringing times out.
 */
export function startHandBack(): () => void {
  window.addEventListener('pagehide', handBack)
  const stop = watch(
    () => phoneState.line === 'registered' && stream.state.agent?.state === 'missed',
    (missed) => {
      if (missed && hasJustGivenBack()) void beReady()
    },
    { immediate: true },
  )
  return () => {
    stop()
    window.removeEventListener('pagehide', handBack)
  }
}

function handBack(): void {
  if (giveBack()) sessionStorage.setItem(KEY, String(Date.now()))
}

function hasJustGivenBack(): boolean {
  const at = Number(sessionStorage.getItem(KEY))
  sessionStorage.removeItem(KEY)
  return Math.abs(Date.now() - at) < REFRESH_MS
}

async function beReady(): Promise<void> {
  try {
    await wantState('ready')
  } catch (error) {
    // The page shows "missed" and the button; the agent decides.
    if (!(error instanceof ApiProblem)) throw error
  }
}
