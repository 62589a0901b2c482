/** One place that speaks HTTP: the token goes out, problem details (RFC 9457) come back as `ApiProblem`. */

import { learnFromDate, preciseNow } from '../clock/useClock'

const TIMEOUT_MS = 10_000

/** What went wrong, in the server's words; `status` 0 means that the server was not reached. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** The server's short word for programs, such as `voice_away`; empty when it gave none. */
    readonly code = '',
    /** The whole problem document, for what only one kind of problem has. */
    readonly document: Record<string, unknown> = {},
  ) {
    super(detail === '' ? title : `${title}: ${detail}`)
  }

  /** The same request may succeed later without anybody changing it. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }

  /** Nobody has to change anything: the server is away, or has not heard of the call yet. */
  get passes(): boolean {
    return this.transient || this.needsSignIn || this.status === 404
  }

  /** Signing in again is enough for the same request to succeed. */
  get needsSignIn(): boolean {
    return this.status === 401
  }
}

interface Credentials {
  token(): string | null
  /** The server does not know this token (any more). */
  refused(token: string): void
}

let credentials: Credentials = { token: () => null, refused: () => undefined }

export function useCredentials(given: Credentials): void {
  credentials = given
}

/** What is unusual about a request. */
export interface Unusual {
  headers?: Record<string, string>
  /** How long the answer may take; sounds need longer than words. */
  timeoutMs?: number
}

/** Send a request and read JSON. Raises `ApiProblem` for anything but success. */
export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  unusual: Unusual = {},
): Promise<T> {
  const text = await readText(await ask(method, path, body, unusual))
  return (text === '' ? null : JSON.parse(text)) as T
}

/** Read an answer that is no JSON, such as a sound. Raises `ApiProblem` for anything but success. */
export async function requestBytes(path: string, unusual: Unusual = {}): Promise<Blob> {
  const answer = await ask('GET', path, undefined, unusual)
  try {
    return await answer.blob()
  } catch (error) {
    throw unreachable(error)
  }
}

async function ask(
  method: string,
  path: string,
  body: unknown,
  unusual: Unusual,
): Promise<Response> {
  const token = credentials.token()
  const answer = await send(method, path, body, token, unusual)
  if (answer.status === 401 && token !== null) credentials.refused(token)
  if (!answer.ok) throw toProblem(answer, await readText(answer))
  return answer
}

async function send(
  method: string,
  path: string,
  body: unknown,
  token: string | null,
  unusual: Unusual,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (token !== null) headers.Authorization = `Bearer ${token}`
  // The browser itself names the type of a form with a file, boundary and all.
  const isForm = body instanceof FormData
  if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json'
  const sentAt = preciseNow()
  try {
    const answer = await fetch(path, {
      method,
      headers: { ...headers, ...unusual.headers },
      body: body === undefined || isForm ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(unusual.timeoutMs ?? TIMEOUT_MS),
      cache: 'no-store',
    })
    learnFromDate(answer.headers.get('Date'), sentAt, preciseNow())
    return answer
  } catch (error) {
    throw unreachable(error)
  }
}

async function readText(answer: Response): Promise<string> {
  try {
    return await answer.text()
  } catch (error) {
    throw unreachable(error)
  }
}

function unreachable(error: unknown): ApiProblem {
  return new ApiProblem(0, 'unreachable', error instanceof Error ? error.message : String(error))
}

function toProblem(answer: Response, text: string): ApiProblem {
  const details = parseDetails(text)
  const title = typeof details.title === 'string' ? details.title : `HTTP ${answer.status}`
  const detail = typeof details.detail === 'string' ? details.detail : ''
  const code = typeof details.code === 'string' ? details.code : ''
  return new ApiProblem(answer.status, title, detail, code, details)
}

function parseDetails(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return { detail: text.slice(0, 300) }
  }
}
