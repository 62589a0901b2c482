/** The hall and its figures, read again and again while somebody looks. */

import { onScopeDispose } from 'vue'
import { getFigures, getHall } from '../../api/hall'
import { useLoad } from '../act'

const HALL_MS = 1000
const FIGURES_MS = 2000

/** Read `load` every so often, one request at a time, and not while the page is in the background. */
function again(load: () => Promise<void>, everyMs: number): void {
  let under = false
  const timer = setInterval(() => {
    if (under || document.hidden) return
    under = true
    void load().finally(() => (under = false))
  }, everyMs)
  onScopeDispose(() => clearInterval(timer))
}

export function useHall() {
  const hall = useLoad(getHall)
  const figures = useLoad(getFigures)
  again(hall.load, HALL_MS)
  again(figures.load, FIGURES_MS)
  return { hall, figures }
}
