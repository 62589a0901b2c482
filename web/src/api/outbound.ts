/** Calls that the hotline makes: the citizen's number stays with the server. */

import type { Answer } from './answers'
import { request } from './http'

export type CaseRow = Answer<'/api/cases', 'get'>['items'][number]

/** A call that is owed to a citizen; the number without its middle. */
export type ReturnCall = Answer<'/api/return-calls', 'get'>['items'][number]

/** Whom to call, by what the hotline knows of them. */
export type Aim = { case_no: string } | { return_call_id: number } | { call_id: string }

/** The agent's phone rings first; what comes of it comes by the stream. */
export const callOut = (aim: Aim) =>
  request<Answer<'/api/outbound/calls', 'post'>>('POST', '/api/outbound/calls', aim)

export const returnCalls = async () =>
  (await request<Answer<'/api/return-calls', 'get'>>('GET', '/api/return-calls?limit=50')).items

export const myCases = async () =>
  (await request<Answer<'/api/cases', 'get'>>('GET', '/api/cases?limit=30')).items
