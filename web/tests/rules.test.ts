// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { createApp, defineComponent, h, nextTick, shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'
import type { Queue } from '../src/api/lines'
import type { Agent } from '../src/api/rules'
import { ApiProblem } from '../src/api/http'
import { amountOf, amountOr, textOf } from '../src/admin/amount'
import FieldNotes from '../src/admin/FieldNotes.vue'
import { notesIn, placeOf, provideNotes } from '../src/admin/notes'
import { queueForm, queueWish } from '../src/admin/rules/queueForm'
import { newRow, turnsOf, type PatternRow } from '../src/admin/rota/pattern'
import { namedTwice, routingForm, routingWish } from '../src/admin/rules/routingForm'
import { saidWeek, sayings, type Names } from '../src/admin/rules/saying'
import { adminEn } from '../src/i18n/adminEn'
import { adminZh } from '../src/i18n/adminZh'

const BARE: Queue = {
  id: 'city',
  name: '市级',
  priority: 0,
  ring_seconds: 20,
  rules: null,
  revision: '0',
}
const FULL: Queue = {
  ...BARE,
  rules: {
    needs: [{ skill: 'dialect', level: 3, until: 20 }],
    asked: [{ skill: 'english', level: 1, until: null }],
    overflow: [
      { to: 'linhe', after: 30, waiting: 5, handicap: 10 },
      { to: 'pingyuan', after: null, waiting: null, handicap: 0 },
    ],
    owner_seconds: 15,
    county: 'linhe',
    county_seconds: 12.5,
    hours: { mon: ['08:30-12:00'] },
    wrap_up_seconds: 60,
    returning: { minutes: 5, cut_off: 7, abandoned: 3, called_back: 0 },
    return_calls: { minutes: 60, attempts: 2, every: 120 },
  },
}

describe('an amount', () => {
  it('goes out as it was typed where it is no number', () => {
    expect([amountOf(' 2.5 '), amountOf(''), amountOf('-1')]).toEqual([2.5, null, -1])
    expect(['twelve', '1e999', '1,5'].map(amountOf)).toEqual(['twelve', '1e999', '1,5'])
    expect(amountOr(' ', 3)).toBe(3)
    expect([textOf(0), textOf(null), textOf(undefined)]).toEqual(['0', '', ''])
  })
})

describe('the form of a queue', () => {
  it('gives back the rules that it was given', () => {
    const { rules, ...rest } = queueWish({ ...queueForm(FULL), why: 'w' })
    expect(rules).toEqual(FULL.rules)
    expect(rest).toEqual({ name: '市级', priority: 0, ring_seconds: 20, why: 'w' })
  })

  it('asks for nothing where nothing is set', () => {
    expect(queueWish(queueForm(BARE)).rules).toEqual({
      needs: [],
      asked: [],
      overflow: [],
      owner_seconds: 0,
      county: '',
      county_seconds: 0,
      hours: null,
      wrap_up_seconds: 0,
      returning: null,
      return_calls: null,
    })
  })

  it('leaves to the server what cannot be meant', () => {
    const form = { ...queueForm(BARE), priority: '', owner: 'soon', cutOff: '-' }
    const wish = queueWish(form)
    expect([wish.priority, wish.rules?.owner_seconds, wish.rules?.returning?.cut_off]).toEqual([
      null,
      'soon',
      '-',
    ])
  })
})

describe('the form of an agent', () => {
  const agent = {
    queues: ['linhe', 'city'],
    skills: { dialect: 7 },
    handicaps: { city: 20 },
    county: 'linhe',
    seat: 'line',
    phone_number: '05345550005',
  }

  it('gives back the routing that it was given', () => {
    const form = { ...routingForm(agent as unknown as Agent), why: 'w' }
    expect(routingWish(form)).toEqual({ ...agent, why: 'w' })
  })

  it('sends a number for a line seat only', () => {
    const form = routingForm({ ...agent, seat: 'phone' } as unknown as Agent)
    expect(routingWish(form).phone_number).toBeNull()
    expect(routingWish({ ...form, seat: 'line', number: ' ' }).phone_number).toBeNull()
    expect(routingWish({ ...form, seat: 'line', number: '12x ' }).phone_number).toBe('12x')
  })

  it('knows what is named twice, because only one of them could be sent', () => {
    expect(namedTwice(['dialect', 'english', ' dialect'])).toBe('dialect')
    expect(namedTwice(['dialect', 'english'])).toBeNull()
  })
})

describe('the rules in plain words', () => {
  const names: Names = {
    queue: (id) => `<${id}>`,
    county: (id) => `(${id})`,
    hours: (week) => saidWeek(week, (row) => row),
  }

  it('say everything that is set, and what holds where nothing is', () => {
    expect(sayings(BARE, names).map(({ key }) => key)).toEqual(['order', 'always', 'returnCalls'])
    expect(sayings(FULL, names).map(({ key, words }) => [key, Object.values(words)])).toEqual([
      ['order', [0, 20]],
      ['hours', ['mon 08:30-12:00']],
      ['owner', [15]],
      ['county', ['(linhe)']],
      ['countyFirst', [12.5]],
      ['needUntil', ['dialect', 3, 20]],
      ['asked', ['english', 1]],
      ['overflowBoth', ['<linhe>', 30, 5]],
      ['overflowLate', ['<linhe>', 10]],
      ['overflow', ['<pingyuan>', 0, 0]],
      ['returning', [5, 7, 3, 0]],
      ['returnCalls', [60, 2, 120]],
      ['wrapUp', [60]],
    ])
  })

  it('have a sentence for each kind in both languages, with the same words in it', () => {
    const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort()
    const english: Record<string, string> = adminEn.rules.say
    for (const [key, text] of Object.entries(adminZh.rules.say)) {
      expect(holes(english[key] ?? ''), key).toEqual(holes(text))
    }
    const said = [BARE, FULL].flatMap((queue) => sayings(queue, names))
    for (const { key } of said) expect(english).toHaveProperty(key)
  })

  it('say days with the same hours together', () => {
    const week = { 'mon-wed': ['08:00-12:00'], fri: ['08:00-12:00'], holiday: ['08:00-12:00'] }
    expect(saidWeek(week, (row) => row)).toBe(
      'mon—wed 08:00-12:00；fri 08:00-12:00；holiday 08:00-12:00',
    )
  })
})

const finding = (where: string) => ({ severity: 'error', where, what: `no ${where}`, do: 'mend' })
const refused = (document: object) => new ApiProblem(422, 't', 'd', 'refused', { ...document })

describe('notes', () => {
  it('are findings and errors of form alike, each with its place', () => {
    const errors = [{ at: 'body.rules.needs.0.skill', what: 'Value error, no' }, 7, { at: 1 }]
    const notes = notesIn(refused({ findings: [finding('rules.overflow.1')], errors }))
    expect(notes.map(({ at, what }) => [at, what])).toEqual([
      ['rules.overflow.1', 'no rules.overflow.1'],
      ['rules.needs.0.skill', 'no'],
    ])
    expect(notesIn(null)).toEqual([])
  })

  it('belong to the closest place', () => {
    const places = ['rules.overflow', 'rules.overflow.1', 'rules.owner']
    expect(placeOf('rules.overflow.1.waiting', places)).toBe('rules.overflow.1')
    expect(placeOf('rules.overflow.10', places)).toBe('rules.overflow')
    expect(placeOf('rules.owner_seconds', places)).toBeNull()
  })

  it('stand at their field, the others are left to the form', async () => {
    const problem = shallowRef<ApiProblem | null>(null)
    const form = defineComponent({
      setup() {
        const homeless = provideNotes(problem)
        return () => [
          h(FieldNotes, { at: 'name' }),
          h('i', homeless.value.map(({ at }) => at).join()),
        ]
      },
    })
    const messages = { 'zh-CN': {} }
    const host = document.createElement('div')
    const app = createApp(form).use(createI18n({ legacy: false, locale: 'zh-CN', messages }))
    app.mount(host)
    expect(host.textContent).toBe('')
    problem.value = refused({ findings: [finding('name'), finding('why')] })
    await nextTick()
    expect(host.querySelector('[data-testid=wrong-name]')?.textContent).toContain('no name')
    expect(host.querySelector('i')?.textContent).toBe('why')
    problem.value = null
    await nextTick()
    expect(host.querySelector('output')).toBeNull()
    app.unmount()
  })
})

describe('a week’s pattern', () => {
  it('has the same hours on several days, in the order of the week', () => {
    const night: PatternRow = { days: ['sun', 'mon'], starts: '22:00', ends: '06:00' }
    expect(turnsOf([night])).toEqual([
      { day: 'mon', starts: '22:00', ends: '06:00' },
      { day: 'sun', starts: '22:00', ends: '06:00' },
    ])
    expect(turnsOf([newRow()])).toHaveLength(5)
  })

  it('is nothing while a row is not complete', () => {
    for (const rows of [[], [{ ...newRow(), days: [] }], [newRow(), { ...newRow(), ends: '' }]]) {
      expect(turnsOf(rows)).toBeNull()
    }
  })
})
