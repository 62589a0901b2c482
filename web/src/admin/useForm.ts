/** A form that is kept in the browser until it is stored, and shows at its fields what the server refuses. */

import type { Unusual } from '../api/http'
import { useAct } from './act'
import { useKept } from './kept'
import { provideNotes } from './notes'

/**
 * `store` sends what the form holds; `done` is told its answer once it is stored. `revision` is that of what the form
 * changes: what somebody else has changed since (status 412) is written over by `overwrite`, never by `save`.
 */
export function useForm<Form extends object, Answer>(
  key: string,
  initial: () => Form,
  store: (form: Form, unusual: Unusual) => Promise<Answer>,
  done: (answer: Answer) => void,
  revision = '',
) {
  const kept = useKept(key, () => ({ ...initial(), revision }))
  const { busy, problem, run } = useAct()
  const homeless = provideNotes(problem)

  const send = (unusual: Unusual) =>
    run(async () => {
      const answer = await store(kept.value, unusual)
      kept.forget()
      done(answer)
    })
  const seen = () => kept.value.revision
  const save = () => send(seen() === '' ? {} : { headers: { 'If-Match': `"${seen()}"` } })
  const overwrite = () => send({})

  return { form: kept.value, kept, busy, problem, homeless, save, overwrite, run }
}
