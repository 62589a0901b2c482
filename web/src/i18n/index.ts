/** Languages of the page: Chinese unless this browser was switched to English. */

import { createI18n } from 'vue-i18n'
import { en } from './en'
import { zhCN, type Messages } from './zh-CN'

export type Language = 'zh-CN' | 'en'

const KEY = 'hotline.language'

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: localStorage.getItem(KEY) === 'en' ? 'en' : 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN, en },
})

export function toggleLanguage(): void {
  const next: Language = i18n.global.locale.value === 'en' ? 'zh-CN' : 'en'
  i18n.global.locale.value = next
  localStorage.setItem(KEY, next)
  document.documentElement.lang = next
}

document.documentElement.lang = i18n.global.locale.value
