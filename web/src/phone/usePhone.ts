/** The browser phone as reactive state; one phone a seat, whatever the page shows. */

import { reactive, readonly } from 'vue'
import { ApiProblem } from '../api/http'
import { phoneAccount } from '../api/hotline'
import { mark } from '../desk/marks'
import { stream } from '../desk/useStream'
import { delayBefore } from '../stream/backoff'
import {
  closeMicrophone,
  MicrophoneError,
  openMicrophone,
  watchDevices,
  watchPermission,
  type MicrophoneState,
} from './microphone'
import { startRinging, stopRinging } from './ringtone'
import type { CallState, SipPhone } from './sipPhone'

type Line = 'off' | 'waiting' | 'elsewhere' | 'connecting' | 'registered' | 'lost'

interface PhoneState {
  line: Line
  call: CallState
  callId: string | null
  muted: boolean
  microphone: MicrophoneState
  soundBlocked: boolean
  /** Why the phone is not registered, in the telephone system's or the server's words. */
  reason: string
}

declare global {
  interface Window {
    __hotlinePhoneMedia: () => ReturnType<SipPhone['media']>
  }
}

const state = reactive<PhoneState>({
  line: 'off',
  call: 'idle',
  callId: null,
  muted: false,
  microphone: 'unknown',
  soundBlocked: false,
  reason: '',
})

let phone: SipPhone | null = null
/** Which start is the current one; an older one that is still waiting gives up. */
let generation = 0
let releaseSeat: () => void = () => undefined
let stopWatching: () => void = () => undefined

export const phoneState = readonly(state)
window.__hotlinePhoneMedia = async () => (await phone?.media()) ?? null

/** Take the seat, ask for the microphone, register. Keeps trying until `stopPhone`. */
export async function startPhone(agentId: string): Promise<void> {
  if (state.line !== 'off') return
  const mine = ++generation
  state.line = 'waiting'
  await takeSeat(agentId, mine)
  if (mine !== generation) return
  void watchPermission(() => void retryMicrophone())
  stopWatching = watchDevices(devicesChanged)
  if (await microphoneReady()) await connect(mine)
}

export function stopPhone(): void {
  generation += 1
  phone?.stop()
  phone = null
  stopRinging()
  stopWatching()
  releaseSeat()
  Object.assign(state, { line: 'off', call: 'idle', callId: null, muted: false, reason: '' })
}

/** The agent has allowed the microphone, or plugged one in; a talk that runs goes on with it. */
export async function retryMicrophone(): Promise<void> {
  const mine = generation
  if (!(await microphoneReady()) || mine !== generation) return
  if (phone === null) return connect(mine)
  try {
    await phone.renewMicrophone()
  } catch (error) {
    if (!(error instanceof MicrophoneError)) throw error
    state.microphone = error.state
  }
}

function devicesChanged(any: boolean): void {
  if (!any) state.microphone = 'missing'
  else if (state.microphone !== 'ready' && state.microphone !== 'unknown') void retryMicrophone()
}

export async function answer(): Promise<void> {
  if (state.call === 'ringing') await phone?.answer()
}

export function hangUp(): void {
  phone?.hangUp()
}

/** The page goes away: whether a call rang here, which is now offered to somebody again. */
export function giveBack(): boolean {
  return phone?.giveBack() ?? false
}

export function toggleMute(): void {
  if (state.call !== 'talking') return
  state.muted = !state.muted
  phone?.mute(state.muted)
}

export function unblockSound(): void {
  state.soundBlocked = false
  phone?.unblockSound()
}

/** Two pages of one agent must not both ring: the second waits until the first is closed. */
function takeSeat(agentId: string, mine: number): Promise<void> {
  if (!('locks' in navigator)) return Promise.resolve()
  const elsewhere = setTimeout(() => {
    if (mine === generation) state.line = 'elsewhere'
  }, 1000)
  return new Promise((taken, failed) => {
    navigator.locks
      .request(`hotline-phone-${agentId}`, () => {
        clearTimeout(elsewhere)
        if (mine !== generation) return undefined
        taken()
        return new Promise<void>((release) => (releaseSeat = release))
      })
      .catch(failed)
  })
}

async function microphoneReady(): Promise<boolean> {
  try {
    closeMicrophone(await openMicrophone())
    state.microphone = 'ready'
    return true
  } catch (error) {
    if (!(error instanceof MicrophoneError)) throw error
    state.microphone = error.state
    return false
  }
}

async function connect(mine: number): Promise<void> {
  state.line = 'connecting'
  for (let attempt = 0; mine === generation; attempt += 1) {
    try {
      const [account, { SipPhone }] = await Promise.all([phoneAccount(), import('./sipPhone')])
      if (mine !== generation || phone !== null) return
      phone = new SipPhone(account, handlers)
      phone.start()
      return
    } catch (error) {
      if (mine === generation) failed(error)
      await new Promise((resolve) => setTimeout(resolve, delayBefore(attempt, Math.random())))
    }
  }
}

function failed(error: unknown): void {
  state.line = 'lost'
  state.reason = error instanceof ApiProblem ? error.message : String(error)
}

const handlers = {
  registered(up: boolean, reason: string): void {
    state.line = up ? 'registered' : 'lost'
    state.reason = reason
  },
  call(call: CallState, callId: string | null): void {
    const before = state.call
    state.call = call
    state.callId = callId ?? stream.state.call?.callId ?? null
    if (call === 'ringing' && before === 'idle') mark('phoneRinging', state.callId)
    if (call === 'ringing') startRinging()
    if (call !== 'ringing' && before === 'ringing') stopRinging()
    if (call === 'talking') mark('answered', state.callId)
    if (call === 'idle') Object.assign(state, { callId: null, muted: false, soundBlocked: false })
    if (call === 'idle' && state.microphone === 'silent') void retryMicrophone()
  },
  sound(heard: boolean): void {
    state.microphone = heard ? 'ready' : 'silent'
  },
  microphone(error: MicrophoneError): void {
    state.microphone = error.state
  },
  soundBlocked(): void {
    state.soundBlocked = true
  },
}
