import type { Locator } from 'playwright'
import type { Person } from './browser.ts'

/** The newest message of the open room that has these words. */
export function message(person: Person, text: string | RegExp): Locator {
  return person.timeline.getByRole('article').filter({ hasText: text }).last()
}

/** Opens the menu of a message by the keyboard, which nothing that arrives moves away, and chooses from it. */
export async function choose(person: Person, text: string | RegExp, item: string): Promise<void> {
  await message(person, text).press('Enter')
  await person.page.getByRole('menuitem', { name: item, exact: true }).click()
}

/** By mouse: what appears over a message while the pointer is on it. */
export async function press(person: Person, text: string | RegExp, button: string): Promise<void> {
  await message(person, text).hover()
  await message(person, text).getByRole('button', { name: button, exact: true }).click()
}

export async function chooseByMouse(person: Person, text: string | RegExp, item: string): Promise<void> {
  await press(person, text, 'More about this message')
  await person.page.getByRole('menuitem', { name: item }).click()
}

/** Keeps what the page would tell of by the system; for pages that are opened afterwards. */
export async function recordNotifications(person: Person): Promise<void> {
  await person.page.addInitScript(() => {
    const told: string[] = []
    class Recorded extends EventTarget {
      static permission = 'granted'
      static requestPermission = () => Promise.resolve('granted')
      constructor(title: string, options: { body?: string }) {
        super()
        told.push(`${title}: ${options.body ?? ''}`)
        Object.assign(window, { lastNotification: this })
      }
      close(): void {
        told.push('closed')
        this.dispatchEvent(new Event('close'))
      }
    }
    Object.assign(window, { Notification: Recorded, told })
    Object.defineProperty(document, 'hasFocus', { value: () => !Reflect.has(window, 'away') })
  })
}

export async function told(person: Person): Promise<string[]> {
  return await person.page.evaluate(() => [...(Reflect.get(window, 'told') as string[])])
}

/** The person looks away from a page that {@link recordNotifications} prepared, or at it again. */
export async function look(person: Person, where: 'away' | 'here'): Promise<void> {
  await person.page.evaluate((away) => {
    if (away) Object.assign(window, { away: true })
    else Reflect.deleteProperty(window, 'away')
    window.dispatchEvent(new Event(away ? 'blur' : 'focus'))
  }, where === 'away')
}
