/** What changed from one menu to another, field by field, for the person who approves it; pure. */

import { fieldsOf, isKind, type Node, type Tree } from './tree'

export interface Change {
  /** The node; empty for the tree itself. */
  node: string
  /** The field, with the key where there is one: `choices`, `1`; `kind` for a node that is new or gone. */
  field: string
  key: string
  /** What stood there; null for nothing. */
  before: string | null
  after: string | null
}

/** The start first, then the nodes of the old tree and the new ones. */
export function differences(before: Tree, after: Tree): Change[] {
  const names = new Set([...Object.keys(before.nodes), ...Object.keys(after.nodes)])
  return [
    ...changed('', 'start', '', before.start, after.start),
    ...changed('', 'after_talk', '', before.after_talk, after.after_talk),
    ...[...names].flatMap((name) => ofNode(name, own(before, name), own(after, name))),
  ]
}

function own(tree: Tree, name: string): Node | undefined {
  return Object.hasOwn(tree.nodes, name) ? tree.nodes[name] : undefined
}

/** A node that stays of its kind is compared field by field, any other one is told as its kind, then its fields. */
function ofNode(name: string, before: Node | undefined, after: Node | undefined): Change[] {
  const sameKind = before?.kind === after?.kind
  const kinds = sameKind ? [] : changed(name, 'kind', '', before?.kind, after?.kind)
  const fields = new Set([...fieldNames(before), ...fieldNames(after)])
  return [
    ...kinds,
    ...[...fields].flatMap((field) =>
      ofField(name, field, value(before, field), value(after, field)),
    ),
  ]
}

/** The fields that mean something, in the order of the form. */
function fieldNames(node: Node | undefined): string[] {
  return node !== undefined && isKind(node.kind) ? fieldsOf(node.kind).map((f) => f.name) : []
}

/** What a field holds, or what holds where it is left out. */
function value(node: Node | undefined, field: string): unknown {
  if (node === undefined) return undefined
  return node[field] ?? fieldsOf(node.kind).find((each) => each.name === field)?.initial
}

function ofField(node: string, field: string, before: unknown, after: unknown): Change[] {
  if (!isGroup(before) && !isGroup(after)) return changed(node, field, '', before, after)
  const old = isGroup(before) ? before : {}
  const now = isGroup(after) ? after : {}
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  return keys.flatMap((key) => changed(node, field, key, old[key], now[key]))
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function changed(
  node: string,
  field: string,
  key: string,
  before: unknown,
  after: unknown,
): Change[] {
  const [old, now] = [shown(before), shown(after)]
  return old === now ? [] : [{ node, field, key, before: old, after: now }]
}

/** An empty list is nothing, too. */
function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const text = Array.isArray(value) ? value.join(', ') : String(value)
  return text === '' ? null : text
}
