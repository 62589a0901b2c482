/** Takes what package-lock.json does not need out of it: npm adds each author's funding address. Run by `npm run lock`. */

import { readFileSync, writeFileSync } from 'node:fs'

const target = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(target, 'utf8'))
for (const entry of Object.values(lock.packages)) delete entry.funding
writeFileSync(target, JSON.stringify(lock, null, 2) + '\n')
