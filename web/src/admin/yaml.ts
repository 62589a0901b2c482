/** A menu as text for experts, in the format that export, import and `python -m ivr` share. */

import { CORE_SCHEMA, dump, load, YAMLException } from 'js-yaml'
import { fieldsOf, inOrder, readTree, type Node, type Tree } from './tree'

/** What the server reads at most. */
export const MAX_TEXT = 1_000_000

export type YamlWrong = { wrong: string; at: string }

/** The nodes in the order of a call, their fields in the order of the form. */
export function toYaml(tree: Tree): string {
  return dump(tidy(tree), { schema: CORE_SCHEMA, lineWidth: 110, noRefs: true, flowLevel: 3 })
}

function tidy({ start, after_talk: afterTalk, nodes, ...more }: Tree): object {
  const ordered = inOrder({ start, after_talk: afterTalk, nodes })
  return {
    start,
    ...(afterTalk ? { after_talk: afterTalk } : {}),
    ...more,
    nodes: Object.fromEntries(ordered.map((name) => [name, tidyNode(nodes[name] as Node)])),
  }
}

function tidyNode(node: Node): object {
  const order = ['kind', ...fieldsOf(node.kind).map(({ name }) => name)]
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return Object.fromEntries(Object.entries(node).sort(([a], [b]) => place(a) - place(b)))
}

/** Read a text; what keeps it from being a menu comes back with its place. */
export function fromYaml(text: string): Tree | YamlWrong {
  if (text.length > MAX_TEXT) return { wrong: 'tooLong', at: String(text.length) }
  try {
    const data: unknown = load(text, { schema: CORE_SCHEMA })
    return sharesParts(data) ? { wrong: 'aliases', at: '' } : readTree(data)
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    return { wrong: 'notYaml', at: place(error) }
  }
}

/** Whether something stands at two places (`*alias`): how a few lines become a million. */
function sharesParts(data: unknown): boolean {
  const seen = new Set<object>()
  const todo = [data]
  while (todo.length > 0) {
    const part = todo.pop()
    if (typeof part !== 'object' || part === null) continue
    if (seen.has(part)) return true
    seen.add(part)
    for (const each of Object.values(part)) todo.push(each)
  }
  return false
}

function place({ mark, reason }: YAMLException): string {
  return mark === undefined ? reason : `${mark.line + 1}:${mark.column + 1}`
}
