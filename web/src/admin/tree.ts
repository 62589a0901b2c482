/** A menu as the editor sees it: its nodes, what fields a kind has, where nodes lead; pure. */

export interface Node {
  kind: string
  [field: string]: unknown
}

export interface Tree {
  start: string
  after_talk?: string | null
  nodes: Record<string, Node>
}

/** What stands for the dialled line's own greeting, or queue. */
export const LINE = '@line'
export const MAX_NODES = 500
export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

export type FieldKind =
  | 'sounds'
  | 'node'
  | 'keys'
  | 'scores'
  | 'week'
  | 'flag'
  | 'number'
  | 'queue'
  | 'transfer'
  | 'collects'
  | 'language'
  | 'word'

export interface Field {
  name: string
  is: FieldKind
  /** May be left out; `initial` is what holds then. */
  optional?: boolean
  initial?: unknown
  min?: number
  max?: number
  step?: number
}

const sounds: Field = { name: 'sounds', is: 'sounds', optional: true, initial: [] }
const way = (name: string): Field => ({ name, is: 'node' })
const maybe = (name: string): Field => ({ name, is: 'node', optional: true })
const number = (name: string, initial: number, min: number, max: number, step = 1): Field => ({
  name,
  is: 'number',
  optional: true,
  initial,
  min,
  max,
  step,
})
const wait = (initial: number) => number('wait_seconds', initial, 0, 30, 0.5)
const attempts = number('attempts', 2, 1, 5)

/** The fields of each kind, as `ivr/codec.py` reads them. */
export const KINDS = {
  greeting: [
    sounds,
    { name: 'early', is: 'flag', optional: true, initial: true },
    way('next'),
    maybe('on_failure'),
  ],
  announcement: [sounds, way('next'), maybe('on_failure')],
  menu: [
    sounds,
    { name: 'choices', is: 'keys' },
    wait(3),
    attempts,
    way('on_failure'),
    maybe('on_silence'),
    maybe('on_wrong_key'),
  ],
  hours: [
    { name: 'weekly', is: 'week', optional: true, initial: null },
    way('on_open'),
    way('on_closed'),
  ],
  caller_look_up: [way('on_unknown'), way('on_known'), maybe('on_open_case'), way('on_failure')],
  collect: [
    sounds,
    { name: 'collects', is: 'collects' },
    number('min_digits', 4, 2, 16),
    number('max_digits', 16, 2, 16),
    wait(5),
    attempts,
    way('next'),
    way('on_failure'),
    maybe('on_silence'),
    maybe('on_wrong_key'),
  ],
  progress: [way('next'), way('on_not_found'), way('on_failure')],
  set: [
    { name: 'language', is: 'language', optional: true },
    number('priority', 0, -1000, 1000),
    { name: 'skill', is: 'word', optional: true },
    way('next'),
    maybe('on_failure'),
  ],
  queue: [{ name: 'queue', is: 'queue' }, number('priority', 0, -1000, 1000)],
  return_call: [
    sounds,
    { name: 'queue', is: 'queue' },
    wait(3),
    way('next'),
    way('on_declined'),
    way('on_failure'),
  ],
  message: [
    sounds,
    number('seconds', 120, 1, 600),
    attempts,
    way('next'),
    way('on_failure'),
    maybe('on_silence'),
  ],
  transfer: [sounds, { name: 'target', is: 'transfer' }, way('on_failure')],
  incident: [wait(3), way('next'), way('on_registered'), way('on_failure')],
  rating: [sounds, { name: 'scores', is: 'scores' }, wait(5), attempts, way('next')],
  hang_up: [sounds],
} satisfies Record<string, Field[]>

export type Kind = keyof typeof KINDS
export const KIND_NAMES = Object.keys(KINDS) as Kind[]

export function isKind(word: unknown): word is Kind {
  return typeof word === 'string' && Object.hasOwn(KINDS, word)
}

export function fieldsOf(kind: string): Field[] {
  return isKind(kind) ? KINDS[kind] : []
}

export interface Way {
  /** The field that leads on; for a key its field and the key. */
  field: string
  key?: string
  target: string
}

/** Where a node leads, by the fields that name nodes. */
export function waysOf(node: Node): Way[] {
  const found: Way[] = []
  for (const { name, is } of fieldsOf(node.kind)) {
    const value = node[name]
    if (is === 'node' && typeof value === 'string') found.push({ field: name, target: value })
    if (is !== 'keys') continue
    for (const [key, target] of entriesOf(value)) {
      if (typeof target === 'string') found.push({ field: name, key, target })
    }
  }
  return found
}

export function entriesOf(value: unknown): [string, unknown][] {
  return isFields(value) ? Object.entries(value) : []
}

/** Read what JSON or YAML parsed to, as far as the editor needs it; a text says what is wrong, its key what to do. */
export function readTree(data: unknown): Tree | { wrong: string; at: string } {
  if (!isFields(data)) return { wrong: 'noFields', at: '' }
  if (typeof data.start !== 'string') return { wrong: 'noStart', at: 'start' }
  if (!isFields(data.nodes)) return { wrong: 'noNodes', at: 'nodes' }
  const names = Object.keys(data.nodes)
  if (names.length > MAX_NODES) return { wrong: 'tooMany', at: String(names.length) }
  for (const [name, node] of Object.entries(data.nodes)) {
    if (nameProblem(name) !== null) return { wrong: 'badName', at: name.slice(0, 64) }
    if (!isFields(node) || !isKind(node.kind)) return { wrong: 'noKind', at: name }
  }
  return data as unknown as Tree
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Why a text cannot name a node; null when it can. */
export function nameProblem(name: string, taken: Record<string, unknown> = {}): string | null {
  // A name that every object of the page knows would be lost on the way.
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || name === '__proto__') return 'badName'
  return Object.hasOwn(taken, name) ? 'takenName' : null
}

/** A node of a kind with every field that must be there, leading to a person where one is. */
export function newNode(kind: Kind, tree: Tree): Node {
  const names = Object.keys(tree.nodes)
  const person = names.find((name) => tree.nodes[name]?.kind === 'queue') ?? names[0] ?? ''
  const node: Node = { kind }
  for (const field of KINDS[kind] as Field[]) {
    if (field.optional === true && field.is !== 'sounds') continue
    node[field.name] = beginning(field, person)
  }
  return node
}

function beginning({ is }: Field, person: string): unknown {
  switch (is) {
    case 'sounds':
      return []
    case 'node':
      return person
    case 'keys':
      return { '0': person }
    case 'scores':
      return { '1': 3, '2': 2, '3': 1 }
    case 'queue':
      return LINE
    case 'collects':
      return 'case_number'
    default:
      return ''
  }
}

/** The shortest menu there can be: a greeting, then a person. */
export function shortestTree(greeting: string): Tree {
  return {
    start: 'greeting',
    nodes: {
      greeting: { kind: 'greeting', sounds: [greeting], next: 'person' },
      person: { kind: 'queue', queue: LINE },
    },
  }
}

/** A free name like `menu-2`. */
export function freeName(kind: string, tree: Tree): string {
  const base = kind.replaceAll('_', '-')
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? base : `${base}-${n}`
    if (!Object.hasOwn(tree.nodes, name)) return name
  }
}

/** The same tree with a node called otherwise, and every way to it. */
export function renamed(tree: Tree, from: string, to: string): Tree {
  const follow = (name: string) => (name === from ? to : name)
  const nodes = Object.entries(tree.nodes).map(([name, node]): [string, Node] => [
    follow(name),
    redirected(node, follow),
  ])
  const after = tree.after_talk ? { after_talk: follow(tree.after_talk) } : {}
  return { start: follow(tree.start), ...after, nodes: Object.fromEntries(nodes) }
}

function redirected(node: Node, follow: (name: string) => string): Node {
  const changed: Node = { ...node }
  for (const { name, is } of fieldsOf(node.kind)) {
    const value = node[name]
    if (is === 'node' && typeof value === 'string') changed[name] = follow(value)
    if (is !== 'keys') continue
    changed[name] = Object.fromEntries(
      entriesOf(value).map(([key, to]) => [key, typeof to === 'string' ? follow(to) : to]),
    )
  }
  return changed
}

export function without(tree: Tree, name: string): Tree {
  const nodes = Object.entries(tree.nodes).filter(([each]) => each !== name)
  return { ...tree, nodes: Object.fromEntries(nodes) }
}

/** The nodes in the order in which a call comes to them; those that nothing leads to at the end. */
export function inOrder(tree: Tree): string[] {
  const seen = new Set<string>()
  const todo = [tree.start, ...(tree.after_talk ? [tree.after_talk] : [])]
  for (const name of todo) {
    const node = Object.hasOwn(tree.nodes, name) ? tree.nodes[name] : undefined
    if (node === undefined || seen.has(name)) continue
    seen.add(name)
    todo.push(...waysOf(node).map((each) => each.target))
  }
  return [...seen, ...Object.keys(tree.nodes).filter((name) => !seen.has(name))]
}
