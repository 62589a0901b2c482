// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { useKept } from '../src/admin/kept'

describe('what is kept of a form', () => {
  beforeEach(() => localStorage.clear())
  const form = () => ({ title: '', areas: [] as string[], on: false })

  it('is there again after a refresh, until it is done with', async () => {
    const first = useKept('x', form)
    first.value.title = '停水 <b>'
    first.value.areas.push('linhe')
    await nextTick()
    const second = useKept('x', form)
    expect(second.found).toBe(true)
    expect(second.value).toEqual({ title: '停水 <b>', areas: ['linhe'], on: false })
    second.forget()
    await nextTick()
    expect(second.value).toEqual(form())
    expect(useKept('x', form).found).toBe(false)
  })

  it('leaves out what has another shape', () => {
    localStorage.setItem('hotline.admin.x', '{"title": 3, "areas": "no", "on": true, "more": 1}')
    expect(useKept('x', form).value).toEqual({ title: '', areas: [], on: true })
    localStorage.setItem('hotline.admin.x', '{')
    expect(useKept('x', form).value).toEqual(form())
  })
})
