/** By what rules calls find their agent, changed: queues, agents' skills, counties, reasons for a pause. */

import type { Answer } from './answers'
import { request, type Unusual } from './http'
import type { Told } from './lines'
import type { components } from './schema'

type Schemas = components['schemas']

export type Rules = Schemas['RulesIn']
export type QueueWish = Schemas['QueueIn']
export type Agent = Answer<'/api/agents', 'get'>[number]
export type RoutingWish = Schemas['RoutingIn']
export type County = Answer<'/api/counties', 'get'>[number]
export type CountyWish = Schemas['CountyIn']
export type PauseWish = Schemas['PauseIn']

const path = (noun: string, id: string) => `/api/${noun}/${encodeURIComponent(id)}`

export const saveQueue = (id: string, wish: QueueWish, unusual: Unusual) =>
  request<Answer<'/api/queues/{queue_id}', 'put'>>('PUT', path('queues', id), wish, unusual)

export const saveRouting = (id: string, wish: RoutingWish, unusual: Unusual) =>
  request<Answer<'/api/agents/{agent_id}/routing', 'put'>>(
    'PUT',
    `${path('agents', id)}/routing`,
    wish,
    unusual,
  )

export const listCounties = () => request<County[]>('GET', '/api/counties')

export const saveCounty = (id: string, wish: CountyWish, unusual: Unusual) =>
  request<Answer<'/api/counties/{county}', 'put'>>('PUT', path('counties', id), wish, unusual)

export const savePause = (id: string, wish: PauseWish, unusual: Unusual) =>
  request<Answer<'/api/pause-reasons/{reason}', 'put'>>(
    'PUT',
    path('pause-reasons', id),
    wish,
    unusual,
  )

export const removePause = (id: string, why: string) =>
  request<Told>('DELETE', `${path('pause-reasons', id)}?${new URLSearchParams({ why })}`)
