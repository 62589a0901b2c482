import { describe, expect, it } from 'vitest'
import { en } from '../src/i18n/en'
import { zhCN as zh } from '../src/i18n/zh-CN'
import type { AgentStateName } from '../src/stream/messages'

const STATES: Record<AgentStateName, true> = {
  logged_out: true,
  ready: true,
  offered: true,
  talking: true,
  holding: true,
  wrap_up: true,
  paused: true,
  missed: true,
  link_lost: true,
  microphone_lost: true,
}

describe('words', () => {
  it.each([
    ['Chinese', zh.state],
    ['English', en.state],
  ])('has one for every state in %s', (_, words) => {
    expect(Object.keys(words).sort()).toEqual([...Object.keys(STATES), 'unknown'].sort())
  })
})
