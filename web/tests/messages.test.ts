import { describe, expect, it } from 'vitest'
import { parseMessage } from '../src/stream/messages'

describe('parseMessage', () => {
  it.each(['', 'null', '[]', '7', '{', '{"type":7}', '{"type":"offer","call_id":"c"}'])(
    'refuses %j',
    (text) => expect(parseMessage(text)).toBeNull(),
  )

  it('reads a sequenced message as it is', () => {
    const text = JSON.stringify({ type: 'ended', call_id: 'c1', at: 'x', epoch: 'e', seq: 3 })
    expect(parseMessage(text)).toMatchObject({ type: 'ended', call_id: 'c1', seq: 3 })
  })

  it('reads what a talk is at, and moves on from one about no call', () => {
    const held = { type: 'talk', call_id: 'c1', held: true, third: null, note: '' }
    const text = JSON.stringify({ ...held, epoch: 'e', seq: 3 })
    expect(parseMessage(text)).toMatchObject(held)
    const nobodys = JSON.stringify({ type: 'talk', held: true, epoch: 'e', seq: 4 })
    expect(parseMessage(nobodys)).toEqual({ type: 'unknown', epoch: 'e', seq: 4 })
  })

  it('keeps the number of a message it cannot use, so that it is acknowledged', () => {
    const strange = JSON.stringify({ type: 'weather', epoch: 'e', seq: 4 })
    expect(parseMessage(strange)).toEqual({ type: 'unknown', epoch: 'e', seq: 4 })
    const broken = JSON.stringify({ type: 'offer', epoch: 'e', seq: 5 })
    expect(parseMessage(broken)).toEqual({ type: 'unknown', epoch: 'e', seq: 5 })
  })

  it('reads the hall, which has no number either', () => {
    const hall = { type: 'hall', at: 'x', agents: [], waiting: [] }
    expect(parseMessage(JSON.stringify(hall))).toEqual({ type: 'hall', hall })
    expect(parseMessage('{"type":"hall"}')).toBeNull()
  })

  it('reads link and error without numbers', () => {
    expect(parseMessage('{"type":"link","up":true}')).toEqual({ type: 'link', up: true })
    expect(parseMessage('{"type":"error","code":"token_expired"}')).toEqual({
      type: 'error',
      code: 'token_expired',
      detail: '',
    })
  })
})
