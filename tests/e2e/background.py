"""A tab in the background, as Chromium treats it. Without a screen every tab counts as shown, so the page is told.

Hidden for a while, a tab draws nothing, its timers run at whole seconds only, and those that a chain of five timers has
set (every interval sooner or later) at whole minutes only. What comes over a network runs at once, as ever.
"""

from playwright.async_api import Page

_RULES = """(() => {
    const later = window.setTimeout.bind(window), draw = window.requestAnimationFrame.bind(window)
    const CHAIN = 5, SECOND = 1000, MINUTE = 60000
    let hidden = false, level = 0, count = 1 << 20, undrawn = []
    const timers = new Map()
    const ticks = new MessageChannel()
    ticks.port1.onmessage = () => (level = 0)
    const wait = (ms, depth) => {
        if (!hidden) return ms
        const step = depth >= CHAIN ? MINUTE : SECOND
        return Math.ceil((Date.now() + ms) / step) * step - Date.now()
    }
    const run = (action, args, depth) => {
        level = depth
        ticks.port2.postMessage(0)
        action(...args)
    }
    const start = (id, action, ms, args, depth, again) => {
        timers.set(id, later(() => {
            timers.delete(id)
            if (again) start(id, action, ms, args, depth + 1, true)
            run(action, args, depth)
        }, wait(Math.max(0, Number(ms) || 0), depth)))
        return id
    }
    const stop = id => {
        clearReal(timers.get(id))
        timers.delete(id)
    }
    const clearReal = window.clearTimeout.bind(window)
    window.setTimeout = (action, ms, ...args) => start(++count, action, ms, args, level + 1, false)
    window.setInterval = (action, ms, ...args) => start(++count, action, ms, args, level + 1, true)
    window.clearTimeout = window.clearInterval = stop
    window.requestAnimationFrame = action => hidden ? (undrawn.push(action), ++count) : draw(action)
    Object.defineProperty(document, 'hidden', { get: () => hidden })
    Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') })
    window.setHidden = now => {
        hidden = now
        document.dispatchEvent(new Event('visibilitychange'))
        if (!now) undrawn.splice(0).forEach(action => draw(action))
    }
})()"""


async def prepare(page: Page) -> None:
    """From its next load on the page can be put into the background."""
    await page.add_init_script(_RULES)


async def hide(page: Page) -> None:
    """Another tab is in front now."""
    await page.evaluate("() => setHidden(true)")


async def show(page: Page) -> None:
    """The tab is in front again."""
    await page.evaluate("() => setHidden(false)")
