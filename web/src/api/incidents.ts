/** Incidents: notices that lines speak while something has happened, and who was registered as affected. */

import { request } from './http'

export interface Incident {
  id: number
  title: string
  text: string
  sounds: string[]
  numbers: string[] | null
  areas: string[] | null
  starts_at: string
  ends_at: string
  switched_on_by: string
  switched_off_at: string | null
  switched_off_by: string | null
  case_no?: string | null
  heard?: boolean
}

export interface AffectedCaller {
  call_id: string
  caller: string | null
  caller_display?: string | null
  at: string
}

export interface IncidentWithCallers extends Incident {
  callers: AffectedCaller[]
}

export interface NewIncident {
  title: string
  text: string
  numbers: string[] | null
  areas: string[] | null
  ends_at: string
}

export const listIncidents = () => request<Incident[]>('GET', '/api/incidents')

export const getIncident = (id: number) =>
  request<IncidentWithCallers>('GET', `/api/incidents/${id}`)

/** Its text is spoken first, which takes a moment. */
export const beginIncident = (incident: NewIncident) =>
  request<Incident>('POST', '/api/incidents', incident, { timeoutMs: 30_000 })

export const endIncident = (id: number) =>
  request<Incident>('POST', `/api/incidents/${id}/end`, undefined, { timeoutMs: 30_000 })
