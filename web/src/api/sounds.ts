/** Sounds that menus play: uploaded, spoken from text, heard, approved. */

import type { Answer } from './answers'
import { request, requestBytes } from './http'

type SoundPage = Answer<'/api/sounds', 'get'>
export type Sound = SoundPage['items'][number]
/** A new sound, with what to listen for before it is approved. */
export type MadeSound = Answer<'/api/sounds', 'post'>

/** What the server takes at most, in bytes and characters. */
export const MAX_BYTES = 20_000_000
export const MAX_TEXT = 600
/** What the first part of a sound's name may be. */
export const SLUG = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

/** A sound is measured, converted or spoken before the answer comes. */
const PATIENT = { timeoutMs: 60_000 }
const PAGE = 200

// The slash of a name stands in the address as it is.
const soundPath = (name: string) =>
  `/api/sounds/${name.split('/').map(encodeURIComponent).join('/')}`

/** All sounds, page by page. */
export async function listSounds(): Promise<Sound[]> {
  const found: Sound[] = []
  for (;;) {
    const address = `/api/sounds?limit=${PAGE}&offset=${found.length}`
    const { items, total } = await request<SoundPage>('GET', address)
    found.push(...items)
    if (items.length === 0 || found.length >= total) return found
  }
}

export function uploadSound(file: Blob, slug: string, text: string): Promise<MadeSound> {
  const form = new FormData()
  form.append('slug', slug)
  form.append('text', text)
  form.append('file', file)
  return request<MadeSound>('POST', '/api/sounds', form, PATIENT)
}

export const speakSound = (slug: string, text: string) =>
  request<MadeSound>('POST', '/api/sounds', { slug, text }, PATIENT)

export const hearSound = (name: string) =>
  requestBytes(`${soundPath(name)}/audio`, { ...PATIENT, headers: { Accept: 'audio/wav' } })

export const decideSound = (name: string, decision: 'approval' | 'rejection', why: string) =>
  request<Sound>('POST', `${soundPath(name)}/${decision}`, { why })
