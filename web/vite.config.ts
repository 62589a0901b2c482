import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const api = process.env.HOTLINE_DEV_API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue()],
  define: {
    // Messages are compiled without `new Function`, which the page's CSP forbids.
    __INTLIFY_JIT_COMPILATION__: true,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    port: 25000,
    proxy: { '/api': { target: api, ws: true } },
  },
  test: { include: ['tests/**/*.test.ts'] },
})
