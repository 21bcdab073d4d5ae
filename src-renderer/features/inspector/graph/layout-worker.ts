import { layoutGraph, type LayoutInput } from './layout.ts'

/** A thread of its own, so that laying out never holds up a frame. */
self.addEventListener('message', ({ data }: MessageEvent<LayoutInput>) => {
  const layout = layoutGraph(data)
  const buffers = [
    layout.order,
    layout.row,
    layout.lane,
    layout.child,
    layout.parent,
    layout.blockStart,
    layout.blockEdges,
  ].map((list) => list.buffer as ArrayBuffer)
  self.postMessage(layout, { transfer: buffers })
})
