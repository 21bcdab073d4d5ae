import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'electron-vite'
import react from '@vitejs/plugin-react'

export default defineConfig({
  main: {
    plugins: [
      {
        // The decoder of the thumbnail worker, which looks for it beside itself.
        name: 'photon-wasm',
        generateBundle() {
          const source = readFileSync(fileURLToPath(import.meta.resolve('@cf-wasm/photon/photon.wasm')))
          this.emitFile({ type: 'asset', fileName: 'photon.wasm', source })
        },
      },
    ],
    build: {
      // One bundle with its dependencies: starts several times faster than a tree of modules.
      externalizeDeps: false,
      outDir: 'out/main',
      target: 'node24',
      rollupOptions: {
        input: {
          electron: resolve('src-main/electron/main.ts'),
          'node-process': resolve('src-main/electron/node-process.ts'),
          headless: resolve('src-main/headless.ts'),
          'thumbnail-worker': resolve('src-main/media/thumbnails/thumbnail-worker.ts'),
          'hash-worker': resolve('src-main/media/hash-worker.ts'),
          'checkpoint-worker': resolve('src-main/storage/checkpoint-worker.ts'),
        },
        external: ['electron'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      outDir: 'out/preload',
      rollupOptions: {
        input: { index: resolve('src-preload/index.ts') },
        external: ['electron'],
        // A sandboxed preload script must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [react()],
    build: {
      outDir: resolve('out/renderer'),
      // Half the bytes to parse before the window is of use; source maps would double the package.
      minify: true,
      emptyOutDir: true,
      // A data: URL of a script would be stopped by the Content-Security-Policy.
      assetsInlineLimit: 0,
      rollupOptions: { input: { index: resolve('src-renderer/index.html') } },
    },
  },
})
