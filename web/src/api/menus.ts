/** Menus, their versions and publications: the calls that the administration makes about them. */

import type { Tree } from '../admin/tree'
import { request } from './http'

export interface Finding {
  severity: 'error' | 'warning'
  where: string
  what: string
  do: string
}

export interface Publication {
  id: number
  menu: string
  version: number
  standing: 'cancelled' | 'scheduled' | 'in_force' | 'past'
  effective_at: string
  decided_at: string
  decided_by: string | null
  why: string
  cancelled_at: string | null
  cancelled_by: string | null
}

export interface MenuRow {
  name: string
  in_force: Publication | null
  scheduled: Publication[]
  newest: VersionRow | null
  numbers: string[]
}

export interface VersionRow {
  menu: string
  version: number
  state: 'draft' | 'submitted' | 'approved'
  revision: number
  created_by: string | null
  created_at: string
  changed_by: string | null
  changed_at: string
  submitted_by: string | null
  submitted_at: string | null
  approved_by: string | null
  approved_at: string | null
}

export interface Version extends VersionRow {
  tree: Tree
  findings?: Finding[]
}

/** One line of the audit trail. */
export interface Act {
  at: string
  by: string
  action: string
  subject: string
  why: string
  detail: Record<string, unknown> | null
}

export interface Heard {
  sound: string
  text: string | null
}

export interface TrialStep {
  at: number
  node: string
  kind: string
  does: string
  heard: Heard[]
  answer: string
}

export interface Trial {
  steps: TrialStep[]
  end: string
  queue: string | null
  priority: number
  skill: string | null
  path: string[]
  failures: string[]
  unused: string[]
  seconds: number
}

export interface TrialWish {
  tree: Tree
  keys: string[]
  at: string | null
  number: string | null
  after_talk: boolean
}

export interface TrialCode {
  code: string
  dial: string
  expires_at: string
}

/** Milliseconds. */
export interface Spent {
  mean: number
  p50: number
  p90: number
}

export interface NodeFigures {
  calls: number
  share: number
  visits: number
  spent: Spent | null
  gave_up: number
  to_person: Spent | null
}

export interface FigureNode {
  name: string
  kind: string
  layer: number
  position: number
  figures: NodeFigures | null
}

export interface FigureEdge {
  source: string
  target: string
  /** `key 1`, `on_failure`, `next`. */
  ways: string[]
  passes: number
  share: number
  backwards: boolean
}

export interface Figures {
  calls: number
  ends: Record<string, number>
  spent: Spent | null
  to_person: Spent | null
  nodes: FigureNode[]
  edges: FigureEdge[]
}

/** One change; null stands for what is not there. */
export interface Change {
  where: string
  before: string | null
  after: string | null
}

/** What is told after a change that calls hear: whether the telephone system has it already. */
export interface Told {
  heard?: boolean
}

/** What a menu may be called, as numbers name it. */
export const MENU_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/

const menuPath = (name: string) => `/api/menus/${encodeURIComponent(name)}`
const versionPath = (name: string, version: number) => `${menuPath(name)}/versions/${version}`

export const listMenus = () => request<MenuRow[]>('GET', '/api/menus')

export const listVersions = (name: string) =>
  request<VersionRow[]>('GET', `${menuPath(name)}/versions`)

export const getVersion = (name: string, version: number) =>
  request<Version>('GET', versionPath(name, version))

export const makeVersion = (name: string, tree: Tree, why: string) =>
  request<Version>('POST', `${menuPath(name)}/versions`, { tree, why })

/** Refused with 412 when somebody else has changed the draft since `revision`. */
export const saveVersion = (
  name: string,
  version: number,
  revision: number,
  tree: Tree,
  why: string,
) =>
  request<Version>(
    'PUT',
    versionPath(name, version),
    { tree, why },
    { headers: { 'If-Match': `"${revision}"` } },
  )

export const findingsOf = (name: string, version: number) =>
  request<Finding[]>('GET', `${versionPath(name, version)}/findings`)

export const differenceOf = (name: string, version: number, from: number) =>
  request<{ changes: Change[] }>('GET', `${versionPath(name, version)}/difference?from=${from}`)

export type Decision = 'submission' | 'approval' | 'return'

export const decide = (name: string, version: number, decision: Decision, why: string) =>
  request<VersionRow>('POST', `${versionPath(name, version)}/${decision}`, { why })

export const publish = (name: string, version: number, at: string | null, why: string) =>
  request<Publication & Told>('POST', `${menuPath(name)}/publications`, { version, at, why })

export const listPublications = (name: string) =>
  request<Publication[]>('GET', `${menuPath(name)}/publications`)

export const cancelPublication = (name: string, id: number) =>
  request<unknown>('DELETE', `${menuPath(name)}/publications/${id}`)

export const rollBack = (name: string, why: string) =>
  request<Publication & Told>('POST', `${menuPath(name)}/rollback`, { why })

export const historyOf = (name: string) => request<Act[]>('GET', `${menuPath(name)}/history`)

export const tryOut = (wish: TrialWish) => request<Trial>('POST', '/api/menus/trial', wish)

export const trialCode = (name: string, version: number) =>
  request<TrialCode>('POST', `${versionPath(name, version)}/trial-code`)

export const figuresOf = (name: string, version: number, since: string, until: string) =>
  request<Figures>(
    'GET',
    `${versionPath(name, version)}/figures?${new URLSearchParams({ since, until })}`,
  )
