/** Which page of the administration is open: kept in the address after `#`, so that a refresh comes back to it. */

import { onScopeDispose, readonly, ref } from 'vue'

export const PAGES = [
  'hall',
  'rota',
  'rules',
  'menus',
  'numbers',
  'sounds',
  'incidents',
  'desk',
] as const
export type Page = (typeof PAGES)[number]

export interface Route {
  page: Page | null
  /** What follows the page: a menu and its version, an incident. */
  parts: string[]
}

export function parseRoute(hash: string): Route {
  const [page = '', ...parts] = hash.replace(/^#\/?/, '').split('/').map(decoded)
  return { page: PAGES.find((each) => each === page) ?? null, parts: parts.filter((p) => p !== '') }
}

export function hashOf(page: Page, ...parts: (string | number)[]): string {
  return `#/${[page, ...parts.map((part) => encodeURIComponent(String(part)))].join('/')}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export function go(page: Page, ...parts: (string | number)[]): void {
  location.hash = hashOf(page, ...parts)
}

export function useRoute() {
  const route = ref(parseRoute(location.hash))
  const follow = () => (route.value = parseRoute(location.hash))
  window.addEventListener('hashchange', follow)
  onScopeDispose(() => window.removeEventListener('hashchange', follow))
  return readonly(route)
}
