/** The browser phone: the only file that knows JsSIP. */

import { UA, WebSocketInterface } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import type { IncomingRTCSessionEvent, RTCSessionEvent } from 'jssip/lib/UA'
import type { PhoneAccount } from '../api/hotline'
import { closeMicrophone, MicrophoneError, openMicrophone, watchSound } from './microphone'

export type CallState = 'idle' | 'ringing' | 'answering' | 'talking'

export interface PhoneHandlers {
  registered(up: boolean, reason: string): void
  /** `callId` is what the telephone system says the call is, or null when it says nothing. */
  call(state: CallState, callId: string | null): void
  microphone(error: MicrophoneError): void
  /** The microphone of the talk fell silent, or is heard again. */
  sound(heard: boolean): void
  /** The browser will not play sound before the agent has touched the page. */
  soundBlocked(): void
}

/** Header of the INVITE that names the citizen's call. */
const CALL_ID_HEADER = 'X-Call-Id'
/** Short, because another computer of this agent may have taken the seat and left it again. */
const REGISTER_EXPIRES_SECONDS = 30
const REGISTER_RETRY_MS = 3000
/** On one network the first candidates are enough; waiting for all of them delays the answer. */
const ICE_PATIENCE_MS = 150
const BUSY_HERE = 486
const TEMPORARILY_UNAVAILABLE = 480

export class SipPhone {
  private readonly ua: UA
  private readonly sound = new Audio()
  private session: RTCSession | null = null
  private microphone: Promise<MediaStream> | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private stopped = false

  constructor(
    account: PhoneAccount,
    private readonly handlers: PhoneHandlers,
  ) {
    this.sound.autoplay = true
    this.ua = new UA({
      sockets: new WebSocketInterface(account.ws_url),
      uri: account.uri,
      authorization_user: account.username,
      password: account.password,
      register: true,
      register_expires: REGISTER_EXPIRES_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
    })
    this.ua.on('registered', () => this.handlers.registered(true, ''))
    this.ua.on('unregistered', (event) => this.lost(event.cause ?? ''))
    this.ua.on('registrationFailed', (event) => this.lost(event.cause ?? ''))
    this.ua.on('disconnected', (event) => {
      if (!this.stopped) handlers.registered(false, event.reason ?? '')
    })
    this.ua.on('newRTCSession', (event: RTCSessionEvent) => {
      if (event.originator === 'remote') this.incoming(event as IncomingRTCSessionEvent)
    })
  }

  start(): void {
    this.ua.start()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.retry)
    this.ua.stop()
  }

  /** Answer what rings. Without a microphone it goes on ringing, so that the agent can allow it and try again. */
  async answer(): Promise<void> {
    const session = this.session
    if (session === null || !session.isInProgress()) return
    this.handlers.call('answering', this.callIdOf(session))
    this.microphone ??= this.open()
    try {
      const mediaStream = await this.microphone
      if (session === this.session && session.isInProgress()) {
        session.answer({ mediaStream, pcConfig: { iceServers: [] } })
      }
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error
      this.microphone = null
      this.handlers.microphone(error)
      if (session === this.session) this.handlers.call('ringing', this.callIdOf(session))
    }
  }

  hangUp(): void {
    const session = this.session
    if (session === null || session.isEnded()) return
    session.terminate(session.isEstablished() ? {} : { status_code: BUSY_HERE })
  }

  /** Stop ringing here, so that the call goes on elsewhere; whether anything rang. */
  giveBack(): boolean {
    const session = this.session
    if (session === null || !session.isInProgress()) return false
    session.terminate({ status_code: TEMPORARILY_UNAVAILABLE })
    return true
  }

  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true })
    else this.session?.unmute({ audio: true })
  }

  /** Speak through the microphone that is there now; the one the talk began with was lost. Raises `MicrophoneError`. */
  async renewMicrophone(): Promise<void> {
    const session = this.session
    if (session === null || !session.isEstablished()) return
    const before = this.microphone
    const stream = await this.open()
    this.microphone = Promise.resolve(stream)
    const [track] = stream.getAudioTracks()
    const sender = session.connection.getSenders().find((each) => each.track?.kind !== 'video')
    if (track === undefined || sender === undefined || session !== this.session) {
      closeMicrophone(stream)
      return
    }
    await sender.replaceTrack(track)
    if (session.isMuted().audio === true) track.enabled = false
    before?.then(closeMicrophone, () => undefined)
    this.handlers.sound(true)
  }

  private async open(): Promise<MediaStream> {
    const stream = await openMicrophone()
    watchSound(stream, (heard) => {
      // A stream that was closed or replaced has nothing to say any more.
      void this.microphone?.then((now) => now === stream && this.handlers.sound(heard))
    })
    return stream
  }

  /** Packets and sound energy of the running call, for tests and for the eye of a technician. */
  async media(): Promise<{ sent: number; received: number; energy: number } | null> {
    const session = this.session
    if (session === null || !session.isEstablished()) return null
    const sums = { sent: 0, received: 0, energy: 0 }
    const report = await session.connection.getStats()
    report.forEach((entry: Record<string, unknown>) => {
      if (entry.type === 'outbound-rtp') sums.sent += Number(entry.packetsSent ?? 0)
      if (entry.type === 'inbound-rtp') {
        sums.received += Number(entry.packetsReceived ?? 0)
        sums.energy += Number(entry.totalAudioEnergy ?? 0)
      }
    })
    return sums
  }

  /** A registration that was refused is tried again for ever: the seat must not stay dead after a fault. */
  private lost(reason: string): void {
    // The page may have a new phone by now, of which this one's end says nothing.
    if (this.stopped) return
    this.handlers.registered(false, reason)
    clearTimeout(this.retry)
    this.retry = setTimeout(() => {
      if (!this.stopped && this.ua.isConnected()) this.ua.register()
    }, REGISTER_RETRY_MS)
  }

  private incoming({ session, request }: IncomingRTCSessionEvent): void {
    if (this.session !== null) {
      session.terminate({ status_code: BUSY_HERE })
      return
    }
    this.session = session
    session.data = { callId: request.getHeader(CALL_ID_HEADER) ?? null }
    this.warmUpMicrophone()
    this.listen(session)
    this.handlers.call('ringing', this.callIdOf(session))
  }

  /** Opened while it rings, so that the citizen is heard and answered at once. */
  private warmUpMicrophone(): void {
    this.microphone = this.open()
    this.microphone.catch((error: unknown) => {
      if (error instanceof MicrophoneError) this.handlers.microphone(error)
    })
  }

  private listen(session: RTCSession): void {
    let patience: ReturnType<typeof setTimeout> | undefined
    session.on('peerconnection', ({ peerconnection }) => {
      peerconnection.addEventListener('track', (event) => this.play(event))
    })
    session.on('icecandidate', ({ ready }) => {
      clearTimeout(patience)
      patience = setTimeout(ready, ICE_PATIENCE_MS)
    })
    session.on('confirmed', () => this.handlers.call('talking', this.callIdOf(session)))
    session.on('ended', () => this.over(session))
    session.on('failed', () => this.over(session))
  }

  private play(event: RTCTrackEvent): void {
    this.sound.srcObject = event.streams[0] ?? new MediaStream([event.track])
    this.sound.play().catch(() => this.handlers.soundBlocked())
  }

  /** Play again, from a click of the agent. */
  unblockSound(): void {
    this.sound.play().catch(() => this.handlers.soundBlocked())
  }

  private over(session: RTCSession): void {
    if (session !== this.session) return
    const callId = this.callIdOf(session)
    this.session = null
    this.sound.srcObject = null
    this.microphone?.then(closeMicrophone, () => undefined)
    this.microphone = null
    this.handlers.call('idle', callId)
  }

  private callIdOf(session: RTCSession): string | null {
    return (session.data as { callId: string | null }).callId
  }
}
