/** The hall, pushed to this page as it changes, and its figures, read again and again while somebody looks. */

import { onScopeDispose } from 'vue'
import { getFigures } from '../../api/hall'
import { startHeartbeat } from '../../desk/heartbeat'
import { hall, startStream, streams, watchHall } from '../../desk/useStream'
import { useLoad } from '../act'

const FIGURES_MS = 2000

/** Read `load` every so often, one request at a time, and not while the page is in the background. */
function again(load: () => Promise<void>, everyMs: number): void {
  let under = false
  const timer = setInterval(() => {
    if (under || document.hidden) return
    under = true
    void load().finally(() => (under = false))
  }, everyMs)
  onScopeDispose(() => clearInterval(timer))
}

/** The stream goes on when another page of the administration is looked at, as the phone does. */
export function useHall(agentId: string) {
  if (!streams()) startStream(agentId)
  watchHall(true)
  onScopeDispose(() => watchHall(false))
  onScopeDispose(startHeartbeat())
  const figures = useLoad(getFigures)
  again(figures.load, FIGURES_MS)
  return { hall, figures }
}
