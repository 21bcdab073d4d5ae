// Loaded into a node before it starts: while the file HEARTH_HELD_DISK is there, nothing reaches the disk by
// `fdatasync`; the file `….asked` then tells that something should have.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const held = process.env['HEARTH_HELD_DISK'] ?? ''
const { fdatasync } = fs
fs.fdatasync = (fd, done) => {
  if (!fs.existsSync(held)) {
    fdatasync(fd, done)
    return
  }
  fs.writeFileSync(`${held}.asked`, '')
  const look = setInterval(() => {
    if (fs.existsSync(held)) return
    clearInterval(look)
    fdatasync(fd, done)
  }, 5)
}
syncBuiltinESMExports()
