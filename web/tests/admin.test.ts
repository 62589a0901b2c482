import { describe, expect, it } from 'vitest'
import { BOX, draw } from '../src/admin/drawing'
import { findingsIn, hasErrors, sortFindings } from '../src/admin/findings'
import { dayOf, momentOf, shownMoment, startOfDay, typedMoment } from '../src/admin/moments'
import { hashOf, parseRoute } from '../src/admin/route'
import { PATTERNS, RULE_SENTENCES } from '../src/admin/ruleWords'
import { REFUSALS, refusalInChinese } from '../src/admin/refusals'
import { inChinese, named, SENTENCES } from '../src/admin/serverWords'
import { rowsOf, weekOf } from '../src/admin/week'
import { ApiProblem } from '../src/api/http'
import { adminEn } from '../src/i18n/adminEn'
import { adminZh } from '../src/i18n/adminZh'
import { KIND_NAMES, KINDS } from '../src/admin/tree'

describe('the address', () => {
  it('names page and parts, and comes back', () => {
    expect(hashOf('menus', 'a/b 线', 3)).toBe('#/menus/a%2Fb%20%E7%BA%BF/3')
    expect(parseRoute('#/menus/a%2Fb%20%E7%BA%BF/3')).toEqual({
      page: 'menus',
      parts: ['a/b 线', '3'],
    })
  })

  it('survives whatever was typed into it', () => {
    expect(parseRoute('')).toEqual({ page: null, parts: [] })
    expect(parseRoute('#/nonsense/x')).toEqual({ page: null, parts: ['x'] })
    expect(parseRoute('#/menus/%E0%A4%A')).toEqual({ page: 'menus', parts: ['%E0%A4%A'] })
  })
})

describe('moments', () => {
  it('are China’s', () => {
    expect(shownMoment('2026-11-21T00:30:00Z')).toBe('2026-11-21 08:30')
    expect(shownMoment('2026-11-21T17:30:05+00:00', true)).toBe('2026-11-22 01:30:05')
    expect(momentOf('2026-11-21T08:30')).toBe('2026-11-21T08:30:00+08:00')
    expect(typedMoment(Date.parse('2026-11-21T00:30:00Z'))).toBe('2026-11-21T08:30')
    expect(dayOf(Date.parse('2026-11-21T17:00:00Z'))).toBe('2026-11-22')
    expect(startOfDay('2026-12-31', 1)).toBe('2027-01-01T00:00:00+08:00')
  })

  it('are nothing where nothing was typed', () => {
    for (const text of ['', '2026-11-21', 'x']) expect(momentOf(text)).toBeNull()
    expect(shownMoment(null)).toBe('')
    expect(startOfDay('')).toBeNull()
  })
})

describe('opening hours', () => {
  it('are read from groups of days and written day by day', () => {
    const rows = rowsOf({ 'mon-wed': ['08:30-12:00', '14:00-18:00'], sun: ['10:00-12:00'] })
    expect(rows.tue).toBe('08:30-12:00, 14:00-18:00')
    expect(weekOf({ ...rows, mon: '', wed: '' })).toEqual({
      tue: ['08:30-12:00', '14:00-18:00'],
      sun: ['10:00-12:00'],
    })
  })

  it('take Chinese signs as they are typed', () => {
    expect(weekOf({ ...rowsOf(null), holiday: '8：30—12:00，14:00至18:00' })).toEqual({
      holiday: ['08:30-12:00', '14:00-18:00'],
    })
  })
})

describe('findings', () => {
  const finding = (where: string) => ({ severity: 'error' as const, where, what: 'w', do: 'd' })

  it('stand at their node, the others at the top', () => {
    const sorted = sortFindings(
      [finding('ask'), finding('menu.nodes.ask.choices.1'), finding('start'), finding('toString')],
      { ask: {} },
    )
    expect(sorted.ofNode.get('ask')?.map((each) => each.field)).toEqual(['', 'choices.1'])
    expect(sorted.whole.map((each) => each.where)).toEqual(['start', 'toString'])
  })

  it('come with a refusal', () => {
    const refused = (findings: unknown) => new ApiProblem(422, 't', 'd', 'refused', { findings })
    expect(findingsIn(refused([finding('ask'), null, 'x']))).toEqual([finding('ask')])
    expect(findingsIn(refused('x'))).toEqual([])
    expect(findingsIn(null)).toEqual([])
    expect(hasErrors([finding('ask')])).toBe(true)
  })
})

describe('the server’s sentences in Chinese', () => {
  const files = import.meta.glob<string>(
    ['../../ivr/*.py', '../../acd/rules/*.py', '../../api/*/*.py'],
    {
      query: '?raw',
      import: 'default',
      eager: true,
    },
  )
  const source = Object.values(files).join('\n')

  it.each([...SENTENCES, ...RULE_SENTENCES].map(([english]) => english))(
    'still says: %s',
    (english) => {
      // Some sentences are put together from halves.
      const pieces = english.split(/\{\}| (?=from|and presses)/)
      const missing = pieces.filter((piece) => !source.includes(piece.trim()))
      expect(missing).toEqual([])
    },
  )

  it('have a word for every code of a refusal, and for no other', () => {
    const raised = [
      ...source.matchAll(/CommandRefusedError\(\s*"(\w+)"/g),
      ...source.matchAll(/"(\w+)" if gone else "(\w+)"/g),
    ]
    const link = ['transition_refused', 'unknown_agent']
    const codes = new Set([...raised.flatMap(([, ...each]) => each), ...link])
    expect(Object.keys(REFUSALS).sort()).toEqual([...codes].sort())
  })

  it('name whom they are about, else go by the code', () => {
    expect(
      refusalInChinese('target_busy', '王丽华 cannot take a call now: choose somebody else'),
    ).toBe('王丽华 现在不能接听，请换一位')
    expect(refusalInChinese('no_talk', 'a sentence of tomorrow')).toBe(REFUSALS.no_talk)
    expect(refusalInChinese('toString', 'a sentence of tomorrow')).toBe('a sentence of tomorrow')
  })

  it.each(PATTERNS.map(([pattern]) => pattern))('still has fields of the pattern %s', (pattern) => {
    expect(source).toContain(`r"${pattern}"`)
  })

  it('say what is wrong with the form of a field', () => {
    const said = inChinese("String should match pattern '^[0-9]{2,20}$'")
    expect(said).toBe('请填 2 到 20 位数字')
    expect(inChinese("'level' must be a level from 1 to 10")).toBe('等级 应在 1 到 10 之间')
    expect(inChinese("'dialect' must be a level from 1 to 10")).toBe('dialect 应在 1 到 10 之间')
  })

  it('keep what is particular, without its quotes', () => {
    expect(inChinese("there is no node 'gone'")).toBe('没有名为 gone 的节点')
    expect(inChinese("key 1 leads to 'gone', which does not exist")).toBe(
      '按键 1 指向不存在的节点 gone',
    )
    expect(inChinese('on_failure does not end with a person')).toBe('失败时 最终到不了人工')
    expect(named('choices.1')).toBe('按键 1')
    expect(named('toString')).toBe('toString')
    expect(inChinese('presses 0 meanwhile, which means nothing here')).toBe('播放中按 0，此处无效')
  })

  it('stay as they are when they are new', () => {
    expect(inChinese('something new')).toBe('something new')
    expect(inChinese('')).toBe('')
  })
})

describe('the drawing', () => {
  it('stands in layers and lets an edge go back', () => {
    const { boxes, arrows, width } = draw(
      [
        { name: 'a', layer: 0, position: 0 },
        { name: 'b', layer: 1, position: 1 },
      ],
      [
        { source: 'a', target: 'b', label: '1', backwards: false },
        { source: 'b', target: 'a', label: '', backwards: true },
        { source: 'b', target: 'gone', label: '', backwards: false },
      ],
    )
    expect(boxes[1]?.x).toBeGreaterThan((boxes[0]?.x ?? 0) + BOX.width)
    expect(arrows.map((each) => each.target)).toEqual(['b', 'a'])
    expect(width).toBeGreaterThan((boxes[1]?.x ?? 0) + BOX.width)
    expect(draw([], [])).toMatchObject({ boxes: [], arrows: [] })
  })
})

describe('the words', () => {
  it('name every kind and every field in both languages', () => {
    const names = Object.values(KINDS).flatMap((kind) => kind.map((field) => field.name))
    for (const words of [adminZh, adminEn]) {
      expect(Object.keys(words.kind).sort()).toEqual([...KIND_NAMES].sort())
      expect(Object.keys(words.kindHelp).sort()).toEqual([...KIND_NAMES].sort())
      for (const name of names) expect(words.field).toHaveProperty(name)
    }
  })
})
