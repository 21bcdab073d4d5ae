import '@fontsource-variable/inter/wght.css'
import '../ui/tokens.css'
import '../ui/base.css'
import '../client/zod-config.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { applyDensity } from '../model/preferences.ts'
import { applyTheme, loadTheme } from '../model/theme.ts'
import { App } from './app.tsx'
import { collectDeepLinks } from './deep-links.ts'
import { ErrorBoundary } from './error-boundary.tsx'
import { createWebBridge } from './web-bridge.ts'

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no #root')

applyTheme(loadTheme())
applyDensity()
const bridge = window.hearth ?? createWebBridge()
collectDeepLinks(bridge)
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App bridge={bridge} />
    </ErrorBoundary>
  </StrictMode>,
)
