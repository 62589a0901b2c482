/** Finds out that the network is gone when the browser's WebSocket does not notice. */

import { lamps, reconnectStream } from './useStream'

const EVERY_MS = 15_000
const PATIENCE_MS = 5000
/** A small file of the page itself: asks nothing of the database. */
const ASKED_FOR = '/favicon.svg'

/** Watch until the returned function is called. */
export function startHeartbeat(): () => void {
  const timer = setInterval(() => void beat(), EVERY_MS)
  window.addEventListener('online', reconnectStream)
  return () => {
    clearInterval(timer)
    window.removeEventListener('online', reconnectStream)
  }
}

async function beat(): Promise<void> {
  if (!lamps.server) return
  try {
    await fetch(ASKED_FOR, {
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
  } catch {
    reconnectStream()
  }
}
