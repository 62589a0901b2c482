/** A form that is kept in the browser until it is stored, and shows at its fields what the server refuses. */

import { useAct } from './act'
import { useKept } from './kept'
import { provideNotes } from './notes'

/** `store` sends what the form holds; `done` is told its answer once it is stored. */
export function useForm<Form extends object, Answer>(
  key: string,
  initial: () => Form,
  store: (form: Form) => Promise<Answer>,
  done: (answer: Answer) => void,
) {
  const kept = useKept(key, initial)
  const { busy, problem, run } = useAct()
  const homeless = provideNotes(problem)

  const save = () =>
    run(async () => {
      const answer = await store(kept.value)
      kept.forget()
      done(answer)
    })

  return { form: kept.value, kept, busy, problem, homeless, save }
}
