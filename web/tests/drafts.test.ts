// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Autosave, type SaveState } from '../src/drafts/autosave'
import { DraftKeeper, hasWords, type Draft } from '../src/drafts/keeper'

function draft(callId: string, note: string, more: Partial<Draft> = {}): Draft {
  return {
    callId,
    agentId: '1001',
    caseNo: '3714-261121-00001-5',
    caller: '138 0000 0000',
    note,
    outcome: null,
    updatedAt: 1,
    submitted: false,
    ...more,
  }
}

describe('DraftKeeper', () => {
  beforeEach(() => localStorage.clear())

  it('gives back every word to the next page', () => {
    const note = '路灯不亮\n"引号" <b>不是标记</b> 😀'
    new DraftKeeper(localStorage).save(draft('c1', note, { outcome: 'to_dispatch' }))
    expect(new DraftKeeper(localStorage).load('c1')).toMatchObject({ note, outcome: 'to_dispatch' })
  })

  it('keeps calls apart and lists one agent’s drafts, oldest first', () => {
    const keeper = new DraftKeeper(localStorage)
    keeper.save(draft('c2', 'b', { updatedAt: 2 }))
    keeper.save(draft('c1', 'a', { updatedAt: 1 }))
    keeper.save(draft('c3', 'c', { agentId: '1002' }))
    localStorage.setItem('something.else', '{}')
    expect(keeper.list('1001').map((each) => each.note)).toEqual(['a', 'b'])
    keeper.forget('c1')
    expect(keeper.load('c1')).toBeNull()
    expect(keeper.load('c2')?.note).toBe('b')
  })

  it('survives an entry that somebody else has spoilt', () => {
    localStorage.setItem('hotline.draft.c1', '{')
    localStorage.setItem('hotline.draft.c2', 'null')
    const keeper = new DraftKeeper(localStorage)
    expect(keeper.load('c1')).toBeNull()
    expect(keeper.list('1001')).toEqual([])
  })

  it('counts a chosen outcome as words, and spaces not', () => {
    expect(hasWords(draft('c1', '  '))).toBe(false)
    expect(hasWords(draft('c1', '', { outcome: 'invalid' }))).toBe(true)
  })
})

describe('Autosave', () => {
  beforeEach(() => vi.useFakeTimers())

  /** A server whose answers the test gives by hand. */
  function server() {
    const asked: { words: string; answer: (error?: Error) => void }[] = []
    const states: SaveState[] = []
    const autosave = new Autosave<string>({
      send: (_callId, words) =>
        new Promise((resolve, reject) =>
          asked.push({ words, answer: (error) => (error ? reject(error) : resolve()) }),
        ),
      transient: (error) => (error as Error).message === 'away',
      changed: (_callId, state) => states.push(state),
      delayMs: 100,
      retryMs: 1000,
    })
    return { asked, states, autosave }
  }

  it('sends the last words once the typing pauses', async () => {
    const { asked, states, autosave } = server()
    for (const words of ['路', '路灯', '路灯不亮']) {
      autosave.touch('c1', words)
      await vi.advanceTimersByTimeAsync(50)
    }
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.map((each) => each.words)).toEqual(['路灯不亮'])
    asked[0]?.answer()
    await vi.advanceTimersByTimeAsync(0)
    expect(states).toEqual(['saving', 'saved'])
  })

  it('has one request under way and sends what was typed meanwhile after it', async () => {
    const { asked, autosave } = server()
    autosave.touch('c1', 'a')
    await vi.advanceTimersByTimeAsync(100)
    autosave.touch('c1', 'ab')
    await vi.advanceTimersByTimeAsync(5000)
    expect(asked).toHaveLength(1)
    asked[0]?.answer()
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.map((each) => each.words)).toEqual(['a', 'ab'])
  })

  it('tries again until the server is back, with the newest words', async () => {
    const { asked, states, autosave } = server()
    autosave.touch('c1', 'a')
    await vi.advanceTimersByTimeAsync(100)
    asked[0]?.answer(new Error('away'))
    await vi.advanceTimersByTimeAsync(0)
    expect(states.at(-1)).toBe('local')
    autosave.touch('c1', 'ab')
    await vi.advanceTimersByTimeAsync(100)
    asked[1]?.answer()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.map((each) => each.words)).toEqual(['a', 'ab'])
    expect(states.at(-1)).toBe('saved')
  })

  it('says so and stops when the server refuses', async () => {
    const { asked, states, autosave } = server()
    autosave.touch('c1', 'a')
    await vi.advanceTimersByTimeAsync(100)
    asked[0]?.answer(new Error('no'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(1)
    expect(states.at(-1)).toBe('refused')
  })

  it('lets nothing arrive after settle', async () => {
    const { asked, autosave } = server()
    autosave.touch('c1', 'a')
    await vi.advanceTimersByTimeAsync(100)
    autosave.touch('c1', 'ab')
    const settled = vi.fn()
    void autosave.settle('c1').then(settled)
    await vi.advanceTimersByTimeAsync(0)
    expect(settled).not.toHaveBeenCalled()
    asked[0]?.answer(new Error('away'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(settled).toHaveBeenCalled()
    expect(asked).toHaveLength(1)
  })
})
