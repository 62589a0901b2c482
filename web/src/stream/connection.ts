/** The WebSocket of an agent's stream: hello, one acknowledgement a message, reconnects for ever. */

import { delayBefore } from './backoff'
import type { Hall } from '../api/hall'
import { parseMessage, type Epoch, type SequencedMessage, type StreamMessage } from './messages'

export interface Cursor {
  epoch: Epoch | null
  after: number
}

export interface StreamHandlers {
  token(): string | null
  cursor(): Cursor
  /** Resolves when the message is in the page's state and rendered; only then it is acknowledged. */
  show(message: SequencedMessage): Promise<void>
  connected(up: boolean): void
  link(up: boolean): void
  /** The server will not have this token any more. */
  refused(detail: string): void
  problem(code: string, detail: string): void
  /** Whether the page shows the hall; asked at each connection. */
  wantsHall(): boolean
  hall(now: Hall): void
}

/** How the server says "sign in again": a close code, and the error that comes before it. */
const SIGN_IN_AGAIN = 4401
const TOKEN_ERRORS = new Set(['token_refused', 'token_expired'])
/** A connection that lived this long was a good one: the next delay starts short again. */
const STEADY_MS = 5000
const OPEN_TIMEOUT_MS = 8000

export class StreamConnection {
  private socket: WebSocket | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private overdue: ReturnType<typeof setTimeout> | undefined
  private attempt = 0
  private openedAt = 0
  private running = false
  private order: Promise<void> = Promise.resolve()

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {}

  start(): void {
    if (this.running) return
    this.running = true
    this.attempt = 0
    this.connect()
  }

  stop(): void {
    this.running = false
    clearTimeout(this.retry)
    this.drop()
  }

  /** Give up a connection that looks alive but is not, and try again at once. */
  reconnect(): void {
    if (!this.running) return
    clearTimeout(this.retry)
    this.attempt = 0
    this.drop()
    this.connect()
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    clearTimeout(this.overdue)
    if (socket === null) return
    socket.close()
    this.handlers.connected(false)
  }

  private connect(): void {
    const token = this.handlers.token()
    if (token === null) return
    const socket = new WebSocket(this.url)
    this.socket = socket
    // A network that swallows packets would keep the browser waiting for minutes.
    this.overdue = setTimeout(() => this.giveUp(socket), OPEN_TIMEOUT_MS)
    socket.onopen = () => this.opened(socket, token)
    socket.onmessage = (event) => this.received(socket, event.data)
    socket.onclose = (event) => this.closed(socket, event)
  }

  private opened(socket: WebSocket, token: string): void {
    if (socket !== this.socket) return
    clearTimeout(this.overdue)
    this.openedAt = performance.now()
    socket.send(JSON.stringify({ type: 'hello', token, ...this.handlers.cursor() }))
    if (this.handlers.wantsHall()) this.askForHall()
    this.handlers.connected(true)
  }

  /** The page has begun or ceased to show the hall. */
  askForHall(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return
    this.socket.send(JSON.stringify({ type: 'hall', on: this.handlers.wantsHall() }))
  }

  private received(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket || typeof data !== 'string') return
    const message = parseMessage(data)
    if (message === null) {
      this.handlers.problem('malformed', data.slice(0, 200))
      return
    }
    this.order = this.order
      .then(() => this.take(socket, message))
      .catch((error: unknown) => this.handlers.problem('page', String(error)))
  }

  private async take(socket: WebSocket, message: StreamMessage): Promise<void> {
    if (socket !== this.socket) return
    if (message.type === 'link') return this.handlers.link(message.up)
    if (message.type === 'hall') return this.handlers.hall(message.hall)
    if (message.type === 'error') return this.takeError(message.code, message.detail)
    await this.handlers.show(message)
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ type: 'ack', epoch: message.epoch, seq: message.seq }))
    }
  }

  private takeError(code: string, detail: string): void {
    if (TOKEN_ERRORS.has(code)) return this.refuse(detail)
    this.handlers.problem(code, detail)
  }

  private refuse(detail: string): void {
    this.stop()
    this.handlers.refused(detail)
  }

  private closed(socket: WebSocket, event: CloseEvent): void {
    if (socket !== this.socket) return
    this.socket = null
    this.handlers.connected(false)
    clearTimeout(this.overdue)
    if (!this.running) return
    if (performance.now() - this.openedAt > STEADY_MS) this.attempt = 0
    if (event.code === SIGN_IN_AGAIN) return this.refuse(event.reason)
    this.later()
  }

  private giveUp(socket: WebSocket): void {
    if (socket !== this.socket) return
    this.drop()
    this.later()
  }

  private later(): void {
    const delay = delayBefore(this.attempt, Math.random())
    this.attempt += 1
    this.retry = setTimeout(() => this.connect(), delay)
  }
}
