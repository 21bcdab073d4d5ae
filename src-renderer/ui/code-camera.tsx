import { Button } from './button.tsx'
import css from './link-field.module.css'
import { useCamera } from './use-camera.ts'

/** The camera, to be held at a code. */
export function CodeCamera({ onCode, onClose }: { onCode: (text: string) => void; onClose: () => void }) {
  const { video, problem } = useCamera(onCode)
  return (
    <div className={css.camera}>
      {problem === undefined ? (
        <>
          {/* What it sees has no words. */}
          {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
          <video ref={video} className={css.video} muted playsInline aria-label="What the camera sees" />
          <p className={css.words}>Hold the code in front of the camera.</p>
        </>
      ) : (
        <p className={css.words} role="alert">
          {problem}
        </p>
      )}
      <Button size="sm" onClick={onClose}>
        Close the camera
      </Button>
    </div>
  )
}
