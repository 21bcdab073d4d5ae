// Who may import whom: the arrows of the layout, as a rule that fails the build.
import { readFileSync, readdirSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The first pattern that matches a file gives its layer; `node.ts` and the entries connect everything. */
const layers = [
  ['core', /^src-main\/core\//],
  ['trace', /^src-main\/trace\//],
  ['rooms', /^src-main\/rooms\//],
  ['keys', /^src-main\/keys\//],
  ['storage', /^src-main\/storage\//],
  ['http', /^src-main\/http\//],
  ['federation/in', /^src-main\/federation\/in\//],
  ['federation/out', /^src-main\/federation\/out\//],
  ['federation/discovery', /^src-main\/federation\/discovery\//],
  ['federation/tls', /^src-main\/federation\/tls\//],
  ['federation', /^src-main\/federation\/[^/]+$/],
  ['client-api', /^src-main\/client-api\//],
  ['media', /^src-main\/media\//],
  ['link-previews', /^src-main\/link-previews\//],
  ['inspector', /^src-main\/inspector\//],
  ['electron', /^src-main\/electron\//],
  ['config', /^src-main\/(config|options)\.ts$/],
  ['composition', /^src-main\//],
  ['contract', /^src-preload\/contract\.ts$/],
  ['preload', /^src-preload\//],
  ['client', /^src-renderer\/client\//],
  ['model', /^src-renderer\/model\//],
  ['ui', /^src-renderer\/ui\//],
  ['feature', /^src-renderer\/features\//],
  ['app', /^src-renderer\//],
]

/** Ports are interfaces: whoever implements one may import it, wherever it is declared. */
const ports = /\/((?:[a-z]+-)?ports|api)\.ts$/

const allowed = {
  core: [],
  trace: [],
  rooms: ['core', 'trace'],
  keys: ['rooms', 'core', 'trace'],
  storage: ['core', 'trace', 'config'],
  http: ['trace', 'config'],
  federation: ['core'],
  'federation/in': ['rooms', 'core', 'trace', 'http', 'federation'],
  'federation/out': ['core', 'trace', 'federation', 'federation/tls'],
  'federation/discovery': ['core', 'trace'],
  'federation/tls': ['core', 'trace'],
  'client-api': ['rooms', 'keys', 'core', 'trace', 'http', 'media'],
  media: ['core', 'trace'],
  'link-previews': ['core', 'trace'],
  inspector: ['core', 'trace', 'http', 'federation'],
  electron: ['config', 'contract', 'http', 'composition'],
  config: ['core', 'config'],
  composition: null,
  contract: [],
  preload: ['contract'],
  client: [],
  model: ['client', 'contract'],
  ui: ['model', 'contract'],
  feature: ['ui', 'model', 'client', 'contract'],
  app: null,
}

/** Modules from outside that only some may use. */
const restricted = [
  [/^electron$/, ['electron', 'preload']],
  [/^matrix-js-sdk/, ['client']],
  [/^node:sqlite$/, ['storage', 'composition']],
  [/^react/, ['ui', 'feature', 'app', 'model']],
]

function* sources(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(entry.name) && !/\.(test|stories)\.tsx?$|^test-|^vite\.config/.test(entry.name))
      yield path
  }
}

const slash = (path) => path.split(sep).join('/')
const layerOf = (path) => layers.find(([, pattern]) => pattern.test(path))?.[0]
const featureOf = (path) => /^src-renderer\/features\/([^/]+)/.exec(path)?.[1]

/** Every import that goes against the arrows, as a sentence. */
export function violations(base = root) {
  const found = []
  for (const dir of ['src-main', 'src-preload', 'src-renderer']) {
    for (const file of sources(join(base, dir))) {
      const from = slash(relative(base, file))
      const layer = layerOf(from)
      const text = readFileSync(file, 'utf8')
      for (const match of text.matchAll(/(?<!\.)\b(?:from|import)\s*\(?\s*'([^']+)'/g)) {
        const target = match[1]
        if (!target.startsWith('.')) {
          const rule = restricted.find(([pattern]) => pattern.test(target))
          if (rule && !rule[1].includes(layer))
            found.push(`${from}: only ${rule[1].join(', ')} may import ${target}`)
          if (layer === 'core' && !/^(node:crypto|node:net|libsodium-wrappers)$/.test(target))
            found.push(`${from}: core imports only itself, not ${target}`)
          if (
            from.startsWith('src-renderer') &&
            (target.startsWith('node:') || builtinModules.includes(target))
          ) {
            found.push(`${from}: the renderer has no Node.js, but imports ${target}`)
          }
          continue
        }
        const to = slash(relative(base, resolve(dirname(file), target)))
        const other = layerOf(to)
        if (other === undefined || other === layer) {
          if (layer === 'feature' && featureOf(from) !== featureOf(to))
            found.push(`${from}: a feature imports its sibling ${to}`)
          continue
        }
        const may = allowed[layer]
        if (may === null || may === undefined || may.includes(other)) continue
        if (
          ports.test(to) &&
          ['storage', 'federation/out', 'federation/discovery', 'media', 'inspector'].includes(layer)
        )
          continue
        found.push(`${from}: ${layer} may not import ${other} (${to})`)
      }
    }
  }
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = violations()
  for (const line of found) console.error(line)
  process.exitCode = found.length === 0 ? 0 : 1
}
