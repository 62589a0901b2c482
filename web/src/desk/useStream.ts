/** The agent's stream as reactive state: kept in this tab, so that a refresh shows the pop at once. */

import { computed, nextTick, reactive, readonly, shallowReactive, shallowRef } from 'vue'
import type { Hall } from '../api/hall'
import { learnFromStamp } from '../clock/useClock'
import * as session from '../session/session'
import { StreamConnection } from '../stream/connection'
import type { SequencedMessage } from '../stream/messages'
import { initialState, reduce, type StreamState } from '../stream/reducer'
import { mark } from './marks'

/** Named anew whenever the state's shape changes, so that no page goes on from an older one. */
const KEY = 'hotline.stream.3.'

interface Live {
  /** The web process is there. */
  server: boolean
  /** The voice process is there, as the web process says. */
  voice: boolean
}

const live = reactive<Live>({ server: false, voice: false })
const held = shallowReactive<{ state: StreamState }>({ state: initialState() })
/** The hall as it was told last; null while nobody looks at it. */
const hallNow = shallowRef<Hall | null>(null)
let looksAtHall = false
let agentId: string | null = null
let connection: StreamConnection | null = null

export const lamps = readonly(live)
export const stream = held as { readonly state: StreamState }
export const hall = computed(() => hallNow.value)

export function startStream(forAgent: string): void {
  if (agentId !== forAgent) held.state = restore(forAgent)
  agentId = forAgent
  connection?.stop()
  connection = new StreamConnection(streamUrl(), {
    token: () => session.token.value,
    cursor: () => ({ epoch: held.state.epoch, after: held.state.seq }),
    show,
    connected: (up) => {
      live.server = up
      if (!up) live.voice = false
    },
    link: (up) => (live.voice = up),
    refused: session.expire,
    // Nothing an agent can act on: the stream goes on, or starts again by itself.
    problem: (code, detail) => console.warn('hotline: stream', code, detail),
    wantsHall: () => looksAtHall,
    hall: (now) => {
      learnFromStamp(now.at)
      if (looksAtHall) hallNow.value = now
    },
  })
  connection.start()
}

/** Look at the hall as it changes; to be called again with `false`. */
export function watchHall(on: boolean): void {
  looksAtHall = on
  if (!on) hallNow.value = null
  connection?.askForHall()
}

/** Whether the stream is kept up, be it connected at this moment or not. */
export const streams = () => connection !== null

export function stopStream(): void {
  connection?.stop()
  connection = null
}

export function forgetStream(): void {
  stopStream()
  if (agentId !== null) sessionStorage.removeItem(KEY + agentId)
  agentId = null
  held.state = initialState()
}

export function reconnectStream(): void {
  connection?.reconnect()
}

/** The agent has read what a supervisor did. */
export function readSupervised(): void {
  held.state = { ...held.state, supervised: null }
  keep(held.state)
}

/** Take a message; resolved when the page shows it. */
async function show(message: SequencedMessage): Promise<void> {
  learnTheTime(message)
  const step = reduce(held.state, message)
  held.state = step.state
  keep(step.state)
  await nextTick()
  if (step.popped !== null) mark('popShown', step.popped)
}

function learnTheTime(message: SequencedMessage): void {
  if (message.type === 'state') learnFromStamp(message.since)
  if (message.type === 'offer') learnFromStamp(message.decided_at * 1000)
}

function keep(state: StreamState): void {
  if (agentId !== null) sessionStorage.setItem(KEY + agentId, JSON.stringify(state))
}

function restore(forAgent: string): StreamState {
  const text = sessionStorage.getItem(KEY + forAgent)
  if (text === null) return initialState()
  try {
    return { ...initialState(), ...(JSON.parse(text) as Partial<StreamState>) }
  } catch {
    return initialState()
  }
}

function streamUrl(): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.host}/api/stream`
}
