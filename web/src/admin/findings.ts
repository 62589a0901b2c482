/** Findings of a check, sorted to where they belong on the page; pure. */

import type { Finding } from '../api/menus'
import type { ApiProblem } from '../api/http'

export interface Placed extends Finding {
  /** The field within the node, where the finding names one. */
  field: string
}

export interface SortedFindings {
  /** What belongs to no node that is there. */
  whole: Placed[]
  ofNode: Map<string, Placed[]>
}

/** A finding names a node, `start`, or a place such as `menu.nodes.ask.choices.1`. */
export function sortFindings(findings: Finding[], nodes: Record<string, unknown>): SortedFindings {
  const sorted: SortedFindings = { whole: [], ofNode: new Map() }
  for (const finding of findings) {
    const [node, field] = placeOf(finding.where)
    if (!Object.hasOwn(nodes, node)) {
      sorted.whole.push({ ...finding, field: '' })
      continue
    }
    const found = sorted.ofNode.get(node) ?? []
    sorted.ofNode.set(node, [...found, { ...finding, field }])
  }
  return sorted
}

function placeOf(where: string): [string, string] {
  const [node = '', ...field] = where.replace(/^menu\.nodes\./, '').split('.')
  return [node, field.join('.')]
}

/** The findings that a refusal brings along. */
export function findingsIn(problem: ApiProblem | null): Finding[] {
  const { findings } = problem?.document ?? {}
  return Array.isArray(findings) ? findings.filter(isFinding) : []
}

function isFinding(value: unknown): value is Finding {
  const finding = value as Partial<Finding> | null
  return typeof finding?.where === 'string' && typeof finding.what === 'string'
}

export const hasErrors = (findings: Finding[]) => findings.some((f) => f.severity === 'error')
