/** The agent's microphone: asked for early, so that a refusal is seen before a citizen is waiting. */

/** `silent`: it was there, and gives no sound any more. */
export type MicrophoneState =
  'unknown' | 'ready' | 'silent' | 'refused' | 'missing' | 'busy' | 'insecure'

export class MicrophoneError extends Error {
  constructor(readonly state: Exclude<MicrophoneState, 'unknown' | 'ready'>) {
    super(`microphone ${state}`)
  }
}

const CONSTRAINTS: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: false,
}

/** Open the microphone; the caller closes it. Raises `MicrophoneError`. */
export async function openMicrophone(): Promise<MediaStream> {
  // Browsers hide media devices from pages that came over plain http from another machine.
  if (!('mediaDevices' in navigator)) throw new MicrophoneError('insecure')
  try {
    return await navigator.mediaDevices.getUserMedia(CONSTRAINTS)
  } catch (error) {
    throw new MicrophoneError(reasonOf(error))
  }
}

export function closeMicrophone(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop())
}

/** Tell whenever the microphone of a talk falls silent (unplugged, taken by the system) or is heard again. */
export function watchSound(stream: MediaStream, heard: (sound: boolean) => void): void {
  for (const track of stream.getAudioTracks()) {
    track.addEventListener('ended', () => heard(false))
    track.addEventListener('mute', () => heard(false))
    track.addEventListener('unmute', () => heard(true))
  }
}

/** Call `changed` when a device was plugged in or out, with whether any microphone is left. */
export function watchDevices(changed: (any: boolean) => void): () => void {
  if (!('mediaDevices' in navigator)) return () => undefined
  const look = async () => {
    const devices = await navigator.mediaDevices.enumerateDevices()
    changed(devices.some((each) => each.kind === 'audioinput'))
  }
  const listener = () => void look()
  navigator.mediaDevices.addEventListener('devicechange', listener)
  return () => navigator.mediaDevices.removeEventListener('devicechange', listener)
}

/** Call `changed` when the agent changes the permission in the browser's settings. */
export async function watchPermission(changed: () => void): Promise<void> {
  try {
    const status = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    status.onchange = changed
  } catch {
    // Browsers without this query (Firefox before 131) leave it to the page's "try again" button.
  }
}

function reasonOf(error: unknown): MicrophoneError['state'] {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  return 'busy'
}
