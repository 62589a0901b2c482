/** Asking the server for something on behalf of a form: busy meanwhile, and the problem where it belongs. */

import { ref, shallowRef, watch } from 'vue'
import { ApiProblem } from '../api/http'
import { token } from '../session/session'

/** One thing at a time; `run` tells whether it went through. */
export function useAct() {
  const busy = ref(false)
  const problem = shallowRef<ApiProblem | null>(null)

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      problem.value = error
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, problem, run, clear: () => (problem.value = null) }
}

/** What the server holds, read now, on demand, and once more after a new sign-in. The last answer asked for counts. */
export function useLoad<T>(get: () => Promise<T>) {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<ApiProblem | null>(null)
  const loading = ref(false)
  let asked = 0

  async function load(): Promise<void> {
    const mine = (asked += 1)
    loading.value = true
    try {
      const answer = await get()
      if (mine !== asked) return
      data.value = answer
      problem.value = null
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      if (mine === asked) problem.value = error
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  watch(token, (now) => {
    if (now !== null && problem.value !== null) void load()
  })
  void load()
  return { data, problem, loading, load }
}
