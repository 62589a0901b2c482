import { describe, expect, it } from 'vitest'
import { outcomesOf } from '../src/api/outcomes'

const CASES = ['answered', 'to_dispatch', 'rejected', 'invalid']

describe('what an agent may choose at the end of a call', () => {
  it('decides about the case of a citizen who has called', () => {
    expect(outcomesOf('hall-1.1', 'draft')).toEqual(CASES)
  })
  it('says of a callback whether the citizen was reached', () => {
    expect(outcomesOf('out-1-1001', 'to_dispatch')).toEqual(['reached', 'not_reached'])
    expect(outcomesOf('out-1-1001', '')).toEqual(['reached', 'not_reached'])
  })
  it('decides about the case that a return call has opened', () => {
    expect(outcomesOf('out-1-1001', 'draft')).toEqual([...CASES, 'not_reached'])
  })
})
