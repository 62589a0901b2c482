/** Numbers as people type them into forms; pure. */

/** Null for an empty field. What is no number goes out as it was typed: the server says what is wrong with it. */
export function amountOf(text: string): number | null {
  const bare = text.trim()
  if (bare === '') return null
  const number = Number(bare)
  return Number.isFinite(number) ? number : (bare as unknown as number)
}

/** An empty field means this. */
export const amountOr = (text: string, empty: number): number => amountOf(text) ?? empty

export const textOf = (amount: unknown): string =>
  typeof amount === 'number' ? String(amount) : ''
