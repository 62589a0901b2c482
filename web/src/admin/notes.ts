/** What a refusal says of single fields, shown where each field is; what belongs to none is told at the end of the form. */

import {
  computed,
  inject,
  onScopeDispose,
  provide,
  reactive,
  watchEffect,
  type InjectionKey,
  type Ref,
} from 'vue'
import type { ApiProblem } from '../api/http'
import { findingsIn } from './findings'

export interface Note {
  /** The field's place in what was sent, such as `rules.overflow.0`. */
  at: string
  what: string
  /** What to do about it, where the server says so. */
  do: string
}

/** Findings of the hotline's own checks, then what is wrong with the form of a field. */
export function notesIn(problem: ApiProblem | null): Note[] {
  const { errors } = problem?.document ?? {}
  const found = findingsIn(problem).map(({ where, what, do: advice }) => ({
    at: where,
    what,
    do: advice,
  }))
  return [...found, ...(Array.isArray(errors) ? errors.filter(isError).map(noteOf) : [])]
}

function isError(value: unknown): value is { at: string; what: string } {
  const error = value as { at?: unknown; what?: unknown } | null
  return typeof error?.at === 'string' && typeof error.what === 'string'
}

const noteOf = ({ at, what }: { at: string; what: string }): Note => ({
  at: at.replace(/^(body|path|query)(\.|$)/, ''),
  what: what.replace(/^Value error, /, ''),
  do: '',
})

/** The field that a note belongs to: the one that names its place most closely. */
export function placeOf(at: string, places: Iterable<string>): string | null {
  const holding = [...places].filter((place) => at === place || at.startsWith(`${place}.`))
  return holding.sort((a, b) => b.length - a.length)[0] ?? null
}

interface Notes {
  at(place: string): Note[]
  claim(place: () => string): void
}

const KEY: InjectionKey<Notes> = Symbol('notes')

/** For a form: its fields find their notes by `useNotesAt`; returned is what no field claims. */
export function provideNotes(problem: Readonly<Ref<ApiProblem | null>>) {
  const claimed = reactive(new Map<symbol, string>())
  const placed = computed(() =>
    notesIn(problem.value).map((note) => ({ note, place: placeOf(note.at, claimed.values()) })),
  )
  const notesAt = (place: string | null) =>
    placed.value.filter((each) => each.place === place).map(({ note }) => note)

  function claim(place: () => string): void {
    const mine = Symbol('place')
    watchEffect(() => claimed.set(mine, place()))
    onScopeDispose(() => claimed.delete(mine))
  }

  provide(KEY, { at: notesAt, claim })
  return computed(() => notesAt(null))
}

/** For a field within such a form: what is wrong with it. */
export function useNotesAt(place: () => string) {
  const notes = inject(KEY)
  if (notes === undefined) throw new Error('a field with notes stands in a form that provides them')
  notes.claim(place)
  return computed(() => notes.at(place()))
}
