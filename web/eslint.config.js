import prettier from '@vue/eslint-config-prettier/skip-formatting'
import vue from 'eslint-plugin-vue'
import { defineConfig } from 'eslint/config'
import ts from 'typescript-eslint'

export default defineConfig(
  { ignores: ['dist/', 'src/api/schema.ts'] },
  ...ts.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    rules: {
      // What a caller's carrier sent is text; it never becomes markup.
      'vue/no-v-html': 'error',
    },
  },
  prettier,
)
