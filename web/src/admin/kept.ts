/** What is typed into the administration's forms, kept in this browser until it was stored on the server or thrown away. */

import { reactive, ref, watch, type Ref } from 'vue'

const PREFIX = 'hotline.admin.'

export interface Kept<T extends object> {
  value: T
  /** The browser has no room left: the words are in this page only. */
  full: Ref<boolean>
  /** Whether something was found that an earlier page left. */
  found: boolean
  /** Back to the beginning, also in the browser's storage. */
  forget(): void
}

/** Keep a form under a key. Fields that an older page wrote in another shape are left out. */
export function useKept<T extends object>(key: string, initial: () => T): Kept<T> {
  const place = PREFIX + key
  const earlier = read(place)
  const value = reactive(initial()) as T
  if (earlier !== null) adopt(value, earlier)
  const full = ref(false)
  watch(value, () => (full.value = !write(place, value, initial())), { deep: true, flush: 'sync' })
  const forget = () => {
    Object.assign(value, initial())
    localStorage.removeItem(place)
  }
  return { value, full, found: earlier !== null, forget }
}

export function read(place: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(place) ?? 'null')
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function adopt(value: object, earlier: Record<string, unknown>): void {
  const known = value as Record<string, unknown>
  for (const name of Object.keys(known)) {
    const found = earlier[name]
    if (found !== undefined && shape(found) === shape(known[name])) known[name] = found
  }
}

function shape(value: unknown): string {
  return Array.isArray(value) ? 'list' : value === null ? 'nothing' : typeof value
}

function write(place: string, value: object, initial: object): boolean {
  try {
    const text = JSON.stringify(value)
    if (text === JSON.stringify(initial)) localStorage.removeItem(place)
    else localStorage.setItem(place, text)
    return true
  } catch (error) {
    console.error('hotline: the browser refuses to store what was typed', error)
    return false
  }
}
