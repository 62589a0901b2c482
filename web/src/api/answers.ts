/** The shapes of the server's answers, by address and method (schema.ts). */

import type { paths } from './schema'

type Json<Response> = Response extends { content: { 'application/json': infer Body } }
  ? Body
  : never

/** What an address answers when all went well. */
export type Answer<
  Path extends keyof paths,
  Method extends keyof paths[Path],
> = paths[Path][Method] extends { responses: infer Responses }
  ? Json<Responses[keyof Responses & (200 | 201)]>
  : never
