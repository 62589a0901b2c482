/** A version of a menu in the editor: what the server holds, what was changed here, and who was faster. */

import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { ApiProblem } from '../../api/http'
import { findingsOf, getVersion, saveVersion, type Finding, type Version } from '../../api/menus'
import { useAct, useLoad } from '../act'
import { findingsIn } from '../findings'
import { useKept } from '../kept'
import { readTree, type Tree } from '../tree'

/** Somebody else has stored this draft since it was opened here. */
export interface Conflict {
  by: string
  at: string
  revision: number
}

const copy = (tree: Tree) => JSON.parse(JSON.stringify(tree)) as Tree

export function useEditor(agentId: string, menu: string, number: number) {
  const kept = useKept(`${agentId}.menu.${menu}.${number}`, () => ({ revision: 0, tree: '' }))
  const work = reactive<{ tree: Tree | null }>({ tree: null })
  const findings = shallowRef<Finding[]>([])
  const conflict = ref<Conflict | null>(null)
  /** The revision that this editor's changes begin with. */
  const base = ref(0)
  const restored = ref(false)
  /** What was changed, for the history. */
  const words = useKept(`${agentId}.menu.${menu}.${number}.why`, () => ({ why: '' }))
  const act = useAct()
  const {
    data: version,
    problem,
    load,
  } = useLoad(async () => {
    const found = await getVersion(menu, number)
    open(found)
    findings.value = await findingsOf(menu, number)
    return found
  })

  const stored = computed(() => JSON.stringify(version.value?.tree ?? null))
  const dirty = computed(
    () =>
      version.value !== null && work.tree !== null && JSON.stringify(work.tree) !== stored.value,
  )

  function open(found: Version) {
    const mine = found.state === 'draft' ? earlier() : null
    if (mine === null) {
      base.value = found.revision
      work.tree = copy(found.tree)
      if (found.state !== 'draft') kept.forget()
      return
    }
    base.value = kept.value.revision
    restored.value = JSON.stringify(mine) !== JSON.stringify(found.tree)
    conflict.value = restored.value ? overtaken(found) : null
    if (!restored.value) base.value = found.revision
    work.tree = mine
  }

  function earlier(): Tree | null {
    try {
      const tree = readTree(JSON.parse(kept.value.tree || 'null'))
      return 'wrong' in tree ? null : tree
    } catch {
      return null
    }
  }

  function overtaken(found: Version): Conflict | null {
    if (found.revision === base.value) return null
    return { by: found.changed_by ?? '', at: found.changed_at, revision: found.revision }
  }

  // Every change is in the browser's storage before the next key.
  watch(
    () => work.tree,
    (tree) => {
      if (version.value?.state !== 'draft' || tree === null) return
      if (dirty.value)
        Object.assign(kept.value, { revision: base.value, tree: JSON.stringify(tree) })
      else kept.forget()
    },
    { deep: true, flush: 'sync' },
  )

  /** Store the draft; a refusal leaves it as it is here, with what is wrong at its place. */
  async function save(usualWhy: string): Promise<boolean> {
    const tree = work.tree
    if (tree === null) return false
    const sent = copy(tree)
    const saved = await act.run(async () => {
      const answer = await saveVersion(
        menu,
        number,
        base.value,
        sent,
        words.value.why.trim() || usualWhy,
      )
      base.value = answer.revision
      restored.value = false
      conflict.value = null
      words.forget()
      version.value = { ...answer, tree: sent }
      if (dirty.value) kept.value.revision = base.value
      else kept.forget()
      findings.value = answer.findings
    })
    if (!saved) await refused(act.problem.value)
    return saved
  }

  async function refused(found: ApiProblem | null) {
    if (found?.status === 412) {
      const theirs = await getVersion(menu, number)
      version.value = theirs
      conflict.value = overtaken(theirs)
      return
    }
    const told = findingsIn(found)
    if (told.length > 0) findings.value = told
  }

  /** What was changed here is stored over what the other has stored. */
  async function keepMine(usualWhy: string) {
    if (conflict.value === null) return
    base.value = conflict.value.revision
    await save(usualWhy)
  }

  async function takeTheirs() {
    kept.forget()
    conflict.value = null
    restored.value = false
    act.clear()
    await load()
  }

  return {
    work,
    version,
    problem,
    load,
    findings,
    conflict,
    restored,
    dirty,
    words: words.value,
    busy: act.busy,
    saveProblem: act.problem,
    full: kept.full,
    save,
    keepMine,
    takeTheirs,
  }
}
