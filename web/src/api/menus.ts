/** Menus, their versions and publications: the calls that the administration makes about them. */

import type { Tree } from '../admin/tree'
import type { Answer } from './answers'
import { request } from './http'

type WithTree<Shape> = Omit<Shape, 'tree'> & { tree: Tree }

export type MenuRow = Answer<'/api/menus', 'get'>[number]
export type VersionRow = Answer<'/api/menus/{name}/versions', 'get'>[number]
export type Version = WithTree<Answer<'/api/menus/{name}/versions/{version}', 'get'>>
/** A version with what a check of it finds now. */
export type Checked = WithTree<Answer<'/api/menus/{name}/versions', 'post'>>
export type Finding = Checked['findings'][number]
export type Publication = Answer<'/api/menus/{name}/publications', 'get'>[number]
export type Published = Answer<'/api/menus/{name}/publications', 'post'>
/** One line of the audit trail. */
export type Act = Answer<'/api/menus/{name}/history', 'get'>[number]
export type Trial = Answer<'/api/menus/trial', 'post'>
export type TrialCode = Answer<'/api/menus/{name}/versions/{version}/trial-code', 'post'>
export type Figures = Answer<'/api/menus/{name}/versions/{version}/figures', 'get'>

export interface TrialWish {
  tree: Tree
  keys: string[]
  at: string | null
  number: string | null
  after_talk: boolean
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
  request<Checked>('POST', `${menuPath(name)}/versions`, { tree, why })

/** Refused with 412 when somebody else has changed the draft since `revision`. */
export const saveVersion = (
  name: string,
  version: number,
  revision: number,
  tree: Tree,
  why: string,
) =>
  request<Checked>('PUT', versionPath(name, version), { tree, why }, { headers: ifMatch(revision) })

const ifMatch = (revision: number) => ({ 'If-Match': `"${revision}"` })

export const findingsOf = (name: string, version: number) =>
  request<Finding[]>('GET', `${versionPath(name, version)}/findings`)

export type Decision = 'submission' | 'approval' | 'return'

/** The approver approves the revision that was read, and no other. */
export const decide = (row: VersionRow, decision: Decision, why: string) =>
  request<Checked>(
    'POST',
    `${versionPath(row.menu, row.version)}/${decision}`,
    { why },
    { headers: decision === 'approval' ? ifMatch(row.revision) : {} },
  )

export const publish = (name: string, version: number, at: string | null, why: string) =>
  request<Published>('POST', `${menuPath(name)}/publications`, { version, at, why })

export const listPublications = (name: string) =>
  request<Publication[]>('GET', `${menuPath(name)}/publications`)

export const cancelPublication = (name: string, id: number) =>
  request<unknown>('DELETE', `${menuPath(name)}/publications/${id}`)

export const rollBack = (name: string, why: string) =>
  request<Published>('POST', `${menuPath(name)}/rollback`, { why })

export const historyOf = (name: string) => request<Act[]>('GET', `${menuPath(name)}/history`)

export const tryOut = (wish: TrialWish) => request<Trial>('POST', '/api/menus/trial', wish)

export const trialCode = (name: string, version: number) =>
  request<TrialCode>('POST', `${versionPath(name, version)}/trial-code`)

/** A year of calls takes a moment to count. */
export const figuresOf = (name: string, version: number, since: string, until: string) =>
  request<Figures>(
    'GET',
    `${versionPath(name, version)}/figures?${new URLSearchParams({ since, until })}`,
    undefined,
    { timeoutMs: 60_000 },
  )
