/** Sounds that menus play: uploaded, spoken from text, heard, approved. */

import { request, requestBytes } from './http'

export interface Sound {
  name: string
  text: string
  language: string
  source: 'built_in' | 'upload' | 'speech'
  state: 'new' | 'approved' | 'rejected'
  seconds: number
  loudness_db: number | null
  original_name: string | null
  original_format: string | null
  made_by: string | null
  made_at: string
  decided_by: string | null
  decided_at: string | null
  why: string
}

/** A sound is measured, converted or spoken before the answer comes. */
const PATIENT = { timeoutMs: 60_000 }

// The slashes of a name stand in the address as they are.
const soundPath = (name: string) =>
  `/api/sounds/${name.split('/').map(encodeURIComponent).join('/')}`

export const listSounds = () => request<Sound[]>('GET', '/api/sounds')

export function uploadSound(file: Blob, slug: string, text: string): Promise<Sound> {
  const form = new FormData()
  form.append('slug', slug)
  form.append('text', text)
  form.append('file', file)
  return request<Sound>('POST', '/api/sounds', form, PATIENT)
}

export const speakSound = (slug: string, text: string) =>
  request<Sound>('POST', '/api/sounds', { slug, text }, PATIENT)

export const hearSound = (name: string) =>
  requestBytes(`${soundPath(name)}/audio`, { ...PATIENT, headers: { Accept: 'audio/wav' } })

export const decideSound = (name: string, decision: 'approval' | 'rejection', why: string) =>
  request<Sound>('POST', `${soundPath(name)}/${decision}`, { why })
