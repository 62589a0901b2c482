/** Brings the newest words of a call to the server: debounced, one request at a time, again until it went through. */

export type SaveState = 'saving' | 'saved' | 'local' | 'refused'

interface Pending<T> {
  newest: T | null
  timer: ReturnType<typeof setTimeout> | undefined
  running: Promise<void> | null
  failures: number
}

export interface AutosaveOptions<T> {
  send(callId: string, words: T): Promise<void>
  /** Whether the same request may succeed later. */
  transient(error: unknown): boolean
  changed(callId: string, state: SaveState): void
  delayMs?: number
  retryMs?: number
  longestRetryMs?: number
}

export class Autosave<T> {
  private readonly calls = new Map<string, Pending<T>>()
  private readonly delayMs: number
  private readonly retryMs: number
  private readonly longestRetryMs: number

  constructor(private readonly options: AutosaveOptions<T>) {
    this.delayMs = options.delayMs ?? 800
    this.retryMs = options.retryMs ?? 3000
    this.longestRetryMs = options.longestRetryMs ?? 60_000
  }

  /** The agent has typed: send `words` once the typing pauses. */
  touch(callId: string, words: T): void {
    const pending = this.pending(callId)
    pending.newest = words
    this.schedule(callId, pending, this.delayMs)
  }

  /** Send nothing more for this call; resolves when nothing is under way, so that nothing arrives late. */
  async settle(callId: string): Promise<void> {
    const pending = this.calls.get(callId)
    if (pending === undefined) return
    clearTimeout(pending.timer)
    pending.newest = null
    await pending.running
    // A request that failed meanwhile has scheduled itself again.
    clearTimeout(pending.timer)
    this.calls.delete(callId)
  }

  /** The link is back: do not wait for the next retry. */
  flush(): void {
    for (const [callId, pending] of this.calls) {
      if (pending.newest !== null) this.schedule(callId, pending, 0)
    }
  }

  private pending(callId: string): Pending<T> {
    let pending = this.calls.get(callId)
    if (pending === undefined) {
      pending = { newest: null, timer: undefined, running: null, failures: 0 }
      this.calls.set(callId, pending)
    }
    return pending
  }

  private schedule(callId: string, pending: Pending<T>, delay: number): void {
    clearTimeout(pending.timer)
    pending.timer = setTimeout(() => this.run(callId, pending), delay)
  }

  private run(callId: string, pending: Pending<T>): void {
    // While a request is under way the newest words wait; its end schedules them.
    if (pending.running !== null || pending.newest === null) return
    const words = pending.newest
    pending.newest = null
    pending.running = this.sendOnce(callId, pending, words).then((sent) => {
      pending.running = null
      if (pending.newest === null) return
      this.schedule(callId, pending, sent ? this.delayMs : this.pause(pending))
    })
  }

  private pause({ failures }: Pending<T>): number {
    return Math.min(this.longestRetryMs, this.retryMs * 2 ** Math.min(failures - 1, 16))
  }

  private async sendOnce(callId: string, pending: Pending<T>, words: T): Promise<boolean> {
    this.options.changed(callId, 'saving')
    try {
      await this.options.send(callId, words)
      pending.failures = 0
      if (pending.newest === null) this.options.changed(callId, 'saved')
      return true
    } catch (error) {
      pending.failures += 1
      const again = this.options.transient(error)
      if (again) pending.newest ??= words
      this.options.changed(callId, again ? 'local' : 'refused')
      return false
    }
  }
}
