/** What forms may refer to: queues, sounds, transfer targets, numbers, menus, counties, agents; read once, again on demand. */

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
import { listAgents } from '../api/rota'
import { listCounties, type Agent, type County } from '../api/rules'
import { listSounds, type Sound } from '../api/sounds'

interface Known {
  queues: Queue[]
  sounds: Sound[]
  targets: Target[]
  lines: Line[]
  menus: MenuRow[]
  counties: County[]
  agents: Agent[]
  /** Why something of it could not be read. */
  problem: ApiProblem | null
}

export const known = reactive<Known>({
  queues: [],
  sounds: [],
  targets: [],
  lines: [],
  menus: [],
  counties: [],
  agents: [],
  problem: null,
})

const readers = {
  queues: async () => (known.queues = await listQueues()),
  sounds: async () => (known.sounds = await listSounds()),
  targets: async () => (known.targets = await listTargets()),
  lines: async () => (known.lines = await listLines()),
  menus: async () => (known.menus = await listMenus()),
  counties: async () => (known.counties = await listCounties()),
  agents: async () => (known.agents = await listAgents()),
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

export const queueName = (id: string) => known.queues.find((queue) => queue.id === id)?.name ?? id

export const countyName = (id: string) =>
  known.counties.find((county) => county.id === id)?.name ?? id

/** Every skill that an agent has or a queue asks for, by name. */
export function skillNames(): string[] {
  const asked = known.queues.flatMap(({ rules }) => [
    ...(rules?.needs ?? []),
    ...(rules?.asked ?? []),
  ])
  const had = known.agents.flatMap(({ skills }) => Object.keys(skills))
  return [...new Set([...asked.map((need) => need.skill), ...had])].sort()
}
