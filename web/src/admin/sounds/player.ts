/** Plays a sound of the hotline in the browser, one at a time. */

import { reactive } from 'vue'
import { ApiProblem } from '../../api/http'
import { hearSound } from '../../api/sounds'

export type PlayerState = 'idle' | 'loading' | 'playing' | 'ended' | 'failed'

export const player = reactive({ name: '', state: 'idle' as PlayerState, why: '' })

const audio = new Audio()
let address = ''
let asked = 0

audio.addEventListener('playing', () => (player.state = 'playing'))
audio.addEventListener('ended', () => (player.state = 'ended'))
audio.addEventListener('error', () => {
  if (address !== '') fail(audio.error?.message ?? '')
})

/** Play from the beginning; a second press stops. */
export async function play(name: string): Promise<void> {
  const again = player.name === name && (player.state === 'playing' || player.state === 'loading')
  stop()
  if (again) return
  const mine = (asked += 1)
  Object.assign(player, { name, state: 'loading', why: '' })
  try {
    const sound = await hearSound(name)
    if (mine !== asked) return
    address = URL.createObjectURL(sound)
    audio.src = address
    await audio.play()
  } catch (error) {
    if (mine !== asked) return
    if (!(error instanceof ApiProblem) && !(error instanceof DOMException)) throw error
    fail(error.message)
  }
}

export function stop(): void {
  asked += 1
  audio.pause()
  if (address !== '') URL.revokeObjectURL(address)
  address = ''
  player.state = 'idle'
}

function fail(why: string): void {
  player.state = 'failed'
  player.why = why
}
