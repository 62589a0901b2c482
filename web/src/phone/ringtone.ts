/** The ring an agent hears: made by the browser, so that the page needs no sound file. */

const FREQUENCY_HZ = 450
const ON_SECONDS = 1
const PERIOD_MS = 4000

let context: AudioContext | null = null
let timer: ReturnType<typeof setInterval> | undefined

export function startRinging(): void {
  stopRinging()
  context ??= new AudioContext()
  void context.resume()
  burst(context)
  timer = setInterval(() => context && burst(context), PERIOD_MS)
}

export function stopRinging(): void {
  clearInterval(timer)
  timer = undefined
  void context?.suspend()
}

function burst(audio: AudioContext): void {
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  const start = audio.currentTime
  tone.frequency.value = FREQUENCY_HZ
  volume.gain.setValueAtTime(0, start)
  volume.gain.linearRampToValueAtTime(0.15, start + 0.02)
  volume.gain.setValueAtTime(0.15, start + ON_SECONDS - 0.02)
  volume.gain.linearRampToValueAtTime(0, start + ON_SECONDS)
  tone.connect(volume).connect(audio.destination)
  tone.start(start)
  tone.stop(start + ON_SECONDS)
}
