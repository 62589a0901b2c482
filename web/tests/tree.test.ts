import { describe, expect, it } from 'vitest'
import shapes from '../../ivr/tree.py?raw'
import {
  fieldsOf,
  freeName,
  inOrder,
  isKind,
  KIND_NAMES,
  nameProblem,
  newNode,
  readTree,
  renamed,
  shortestTree,
  waysOf,
  without,
  type Tree,
} from '../src/admin/tree'
import { differences } from '../src/admin/difference'
import { fromYaml, toYaml } from '../src/admin/yaml'

const tree: Tree = {
  start: 'hello',
  nodes: {
    alone: { kind: 'hang_up', sounds: [] },
    person: { kind: 'queue', queue: 'city' },
    hello: { kind: 'announcement', sounds: ['hotline/greeting'], next: 'ask' },
    ask: {
      kind: 'menu',
      sounds: [],
      choices: { '0': 'person', '1': 'hello' },
      on_failure: 'person',
    },
  },
}

describe('the kinds of nodes', () => {
  /** The classes of `ivr/tree.py`, in the order of the kinds. */
  const classes = {
    greeting: 'Greeting',
    announcement: 'Announcement',
    menu: 'Menu',
    hours: 'OpeningHours',
    caller_look_up: 'CallerLookUp',
    collect: 'Collect',
    progress: 'CaseProgress',
    set: 'Setting',
    queue: 'ToQueue',
    return_call: 'ReturnCall',
    message: 'Message',
    transfer: 'Transfer',
    incident: 'IncidentNotice',
    rating: 'Rating',
    hang_up: 'HangUp',
  } as const

  it.each(Object.entries(classes))('%s has the fields that the server knows', (kind, name) => {
    const body = shapes.split(`class ${name}:`)[1]?.split('@dataclass')[0] ?? ''
    const fields = [...body.matchAll(/^ {4}(\w+): /gm)].map((found) => found[1])
    expect(fields.length).toBeGreaterThan(0)
    expect(
      fieldsOf(kind)
        .map((field) => field.name)
        .sort(),
    ).toEqual(fields.sort())
  })

  it('are all there', () => {
    expect(KIND_NAMES).toEqual(Object.keys(classes))
    expect(isKind('toString')).toBe(false)
  })

  it('begin with what must be there, leading to a person', () => {
    expect(newNode('menu', tree)).toEqual({
      kind: 'menu',
      sounds: [],
      choices: { '0': 'person' },
      on_failure: 'person',
    })
  })
})

describe('a tree', () => {
  it('keeps every way when a node is called otherwise', () => {
    const after = renamed({ ...tree, after_talk: 'hello' }, 'hello', 'hi')
    expect(after.start).toBe('hi')
    expect(after.after_talk).toBe('hi')
    expect(after.nodes.ask?.choices).toEqual({ '0': 'person', '1': 'hi' })
    expect(Object.keys(after.nodes)).toEqual(['alone', 'person', 'hi', 'ask'])
  })

  it('tells where a node leads', () => {
    expect(waysOf(tree.nodes.ask ?? { kind: '' })).toEqual([
      { field: 'choices', key: '0', target: 'person' },
      { field: 'choices', key: '1', target: 'hello' },
      { field: 'on_failure', target: 'person' },
    ])
  })

  it('is shown in the order of a call, what nothing leads to last', () => {
    expect(inOrder(tree)).toEqual(['hello', 'ask', 'person', 'alone'])
  })

  it('loses only the node that is taken out', () => {
    expect(Object.keys(without(tree, 'ask').nodes)).toEqual(['alone', 'person', 'hello'])
  })

  it('gives free names and refuses bad ones', () => {
    expect(freeName('queue', { ...tree, nodes: { ...tree.nodes, queue: { kind: 'queue' } } })).toBe(
      'queue-2',
    )
    expect(nameProblem('menu-2', tree.nodes)).toBeNull()
    expect(nameProblem('ask', tree.nodes)).toBe('takenName')
    for (const bad of ['', '两', 'a b', '__proto__', 'x'.repeat(65)]) {
      expect(nameProblem(bad)).toBe('badName')
    }
  })

  it.each([
    [null, 'noFields'],
    [[], 'noFields'],
    [{ nodes: {} }, 'noStart'],
    [{ start: 'a', nodes: [] }, 'noNodes'],
    [{ start: 'a', nodes: { a: { kind: 'bomb' } } }, 'noKind'],
    [{ start: 'a', nodes: { 'a b': { kind: 'queue' } } }, 'badName'],
    [{ start: 'a', nodes: Object.fromEntries(Array(501).entries()) }, 'tooMany'],
  ])('is not read from %j', (data, wrong) => {
    expect(readTree(data)).toMatchObject({ wrong })
  })
})

describe('the text for experts', () => {
  it('comes back as the same tree', () => {
    expect(fromYaml(toYaml(tree))).toEqual(tree)
    expect(fromYaml(toYaml(shortestTree('@line')))).toEqual(shortestTree('@line'))
  })

  it('begins where a call begins', () => {
    expect(toYaml({ nodes: tree.nodes, start: 'hello' }).split('\n').slice(0, 3)).toEqual([
      'start: hello',
      'nodes:',
      '  hello:',
    ])
  })

  it('reads bare keys as keys and words as words', () => {
    const text = 'start: a\nnodes:\n  a: {kind: menu, choices: {1: a, 0: no}, on_failure: yes}\n'
    expect(fromYaml(text)).toEqual({
      start: 'a',
      nodes: { a: { kind: 'menu', choices: { '0': 'no', '1': 'a' }, on_failure: 'yes' } },
    })
  })

  it('says where it cannot be read', () => {
    expect(fromYaml('start: a\nnodes: }')).toMatchObject({ wrong: 'notYaml', at: '2:8' })
    expect(fromYaml('')).toMatchObject({ wrong: 'noFields' })
  })

  it('refuses what grows, runs or is endless', () => {
    const laughs = ['a: &a [x, x]', 'b: &b [*a, *a]', 'start: s', 'nodes: *b'].join('\n')
    expect(fromYaml(laughs)).toMatchObject({ wrong: 'aliases' })
    expect(fromYaml('start: !!js/function "function () {}"\nnodes: {}')).toMatchObject({
      wrong: 'notYaml',
    })
    expect(fromYaml(' '.repeat(1_000_001))).toMatchObject({ wrong: 'tooLong' })
    expect(fromYaml('__proto__: {start: a}\nnodes: {}')).toMatchObject({ wrong: 'noStart' })
  })
})

describe('the difference', () => {
  const edited = (change: (tree: Tree) => void) => {
    const copy = structuredClone(tree)
    change(copy)
    return differences(tree, copy)
  }

  it('is none between equal trees, and a default that is written out is none either', () => {
    expect(edited(() => undefined)).toEqual([])
    expect(edited((now) => Object.assign(now.nodes.ask ?? {}, { attempts: 2 }))).toEqual([])
    expect(differences({ ...tree, after_talk: null }, tree)).toEqual([])
  })

  it('tells keys one by one, and what is new or gone whole', () => {
    const found = edited((now) => {
      now.after_talk = 'rate'
      now.nodes.rate = { kind: 'hang_up', sounds: ['hotline/goodbye'] }
      Object.assign(now.nodes.ask ?? {}, { choices: { '0': 'person', '2': 'hello' } })
      delete now.nodes.alone
    })
    const where = found.map(({ node, field, key }) => `${node}.${field}.${key}`)
    expect(where).toEqual([
      '.after_talk.',
      'alone.kind.',
      'ask.choices.1',
      'ask.choices.2',
      'rate.kind.',
      'rate.sounds.',
    ])
    expect(found[2]).toMatchObject({ before: 'hello', after: null })
    expect(found[5]).toMatchObject({ before: null, after: 'hotline/goodbye' })
  })
})
