/** Incidents: notices that lines speak while something has happened, and who was registered as affected. */

import type { Answer } from './answers'
import { request } from './http'

type IncidentPage = Answer<'/api/incidents', 'get'>
export type Incident = IncidentPage['items'][number]
export type IncidentStored = Answer<'/api/incidents', 'post'>
export type IncidentWithCallers = Answer<'/api/incidents/{incident_id}', 'get'>

export interface NewIncident {
  title: string
  text: string
  numbers: string[] | null
  areas: string[] | null
  ends_at: string
  /** Added to that of calls to its lines while it is on. */
  priority: number
}

/** What the server takes at most, in characters. */
export const MAX_TEXT = 300

/** Its text is spoken first, which takes a moment. */
const PATIENT = { timeoutMs: 30_000 }

/** The newest, those that are on among them. */
export const listIncidents = async () =>
  (await request<IncidentPage>('GET', '/api/incidents?limit=100')).items

/** With as many of its callers as a page shows. */
export const getIncident = (id: number) =>
  request<IncidentWithCallers>('GET', `/api/incidents/${id}?limit=200`)

export const beginIncident = (incident: NewIncident) =>
  request<IncidentStored>('POST', '/api/incidents', incident, PATIENT)

export const endIncident = (id: number, why: string) =>
  request<IncidentStored>('POST', `/api/incidents/${id}/end`, { why }, PATIENT)
