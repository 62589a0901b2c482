import { describe, expect, it } from 'vitest'
import type { Choice } from '../src/api/talk'
import { lasted, left } from '../src/clock/stateTime'
import { found } from '../src/desk/choosing'
import { minutesLeft } from '../src/desk/pauseQuota'
import { toTell } from '../src/desk/microphoneRule'

const NOW = Date.parse('2026-11-21T08:10:00+00:00')

describe('how long a state lasts', () => {
  it('counts from the moment the server names', () => {
    expect(lasted({ since: '2026-11-21T16:06:48+08:00' }, NOW)).toBe('03:12')
    expect(lasted({ since: '' }, NOW)).toBe('--:--')
  })

  it('says what is left of it, and by how much it is over', () => {
    expect(left({ until: null }, NOW)).toBeNull()
    expect(left({ until: '2026-11-21T08:36:48+00:00' }, NOW)).toEqual({
      over: false,
      text: '26:48',
    })
    expect(left({ until: '2026-11-21T08:08:00+00:00' }, NOW)).toEqual({ over: true, text: '02:00' })
  })

  it('never says 00:00 of what is not over yet', () => {
    expect(left({ until: '2026-11-21T08:10:00.200+00:00' }, NOW)).toEqual({
      over: false,
      text: '00:01',
    })
  })
})

describe('whom a talk is given to', () => {
  const choice = (kind: Choice['kind'], id: string, name: string, state: string | null = null) => ({
    kind,
    id,
    name,
    state,
  })
  const all: Choice[] = [
    choice('agent', '1003', '王芳', 'talking'),
    choice('agent', '1009', '李明', 'ready'),
    choice('agent', '1002', '王强', 'ready'),
  ]

  it('shows those who are free first, by number', () => {
    expect(found(all, '').map(({ id }) => id)).toEqual(['1002', '1009', '1003'])
  })

  it.each([
    ['王', ['1002', '1003']],
    ['1009', ['1009']],
    [' 王  1003 ', ['1003']],
    ['赵', []],
  ])('finds by %j', (search, ids) => expect(found(all, search).map(({ id }) => id)).toEqual(ids))
})

describe('the quota of a pause', () => {
  const meal = { id: 'meal', minutes: 60 }
  it.each([
    ['untouched', { day: null, used: {} }, 60],
    [
      'used in part: the begun minute is still there',
      { day: '2026-11-21', used: { meal: 601 } },
      50,
    ],
    ['used for something else', { day: '2026-11-21', used: { rest: 601 } }, 60],
    ['used yesterday', { day: '2026-11-20', used: { meal: 3600 } }, 60],
    ['used up', { day: '2026-11-21', used: { meal: 4000 } }, 0],
    ['unknown', undefined, 60],
  ])('%s', (_name, pauses, left) => expect(minutesLeft(meal, pauses, '2026-11-21')).toBe(left))

  it('is none for what takes as long as it takes', () =>
    expect(minutesLeft({ id: 'meeting', minutes: null }, undefined, '2026-11-21')).toBeNull())
})

describe('the microphone', () => {
  it.each([
    ['lost while ready', 'silent', true, 'ready', null, false],
    [
      'lost in a talk, so that nothing is offered after it',
      'missing',
      true,
      'talking',
      null,
      false,
    ],
    ['lost and told already', 'refused', true, 'talking', false, null],
    ['lost, and the server does not know any more', 'refused', true, 'ready', false, false],
    ['lost, as the server says', 'refused', true, 'microphone_lost', null, null],
    ['lost by who has gone home', 'missing', true, 'logged_out', null, null],
    ['never there: a telephone stands on the desk', 'missing', false, 'ready', null, null],
    ['not asked for yet', 'unknown', true, 'ready', null, null],
    ['back', 'ready', true, 'microphone_lost', false, true],
    ['back during the talk', 'ready', true, 'talking', false, true],
    ['back at a page that was refreshed', 'ready', false, 'microphone_lost', null, true],
    ['there all the time', 'ready', true, 'ready', true, null],
  ] as const)('%s', (_name, microphone, registered, agent, told, expected) =>
    expect(toTell({ microphone, registered, agent, told })).toBe(expected),
  )
})
