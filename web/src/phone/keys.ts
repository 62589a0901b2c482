/** Keys that answer a ringing phone; pure. */

const TAKES_ENTER = 'input, textarea, select, button, a, [contenteditable]'

/** F2 everywhere; Enter where nothing else would take it (a focused answer button takes it itself). */
export function ringingKey(
  event: Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'altKey' | 'metaKey'>,
  target: EventTarget | null,
): boolean {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return false
  if (event.key === 'F2') return true
  return event.key === 'Enter' && !(target instanceof Element && target.matches(TAKES_ENTER))
}
