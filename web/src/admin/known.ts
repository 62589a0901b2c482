/** What menus and lines may refer to: queues, sounds, transfer targets, numbers, menus; read once, again on demand. */

import { reactive } from 'vue'
import { ApiProblem } from '../api/http'
import {
  listLines,
  listQueues,
  listTargets,
  type Line,
  type Queue,
  type Target,
} from '../api/lines'
import { listMenus, type MenuRow } from '../api/menus'
import { listSounds, type Sound } from '../api/sounds'

interface Known {
  queues: Queue[]
  sounds: Sound[]
  targets: Target[]
  lines: Line[]
  menus: MenuRow[]
  /** Why something of it could not be read. */
  problem: ApiProblem | null
}

export const known = reactive<Known>({
  queues: [],
  sounds: [],
  targets: [],
  lines: [],
  menus: [],
  problem: null,
})

const readers = {
  queues: async () => (known.queues = await listQueues()),
  sounds: async () => (known.sounds = await listSounds()),
  targets: async () => (known.targets = await listTargets()),
  lines: async () => (known.lines = await listLines()),
  menus: async () => (known.menus = await listMenus()),
}

export type Noun = keyof typeof readers

/** Read some of it anew; what cannot be read stays as it was and says why. */
export async function know(...nouns: Noun[]): Promise<void> {
  known.problem = null
  await Promise.all(
    nouns.map(async (noun) => {
      try {
        await readers[noun]()
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error
        known.problem = error
      }
    }),
  )
}

/** Words that numbers and dates are put together from: nobody chooses one of them by itself. */
export const isPart = ({ name }: Sound) => /^(parts|digits)\//.test(name)

export function soundOf(name: string): Sound | undefined {
  return known.sounds.find((sound) => sound.name === name)
}
