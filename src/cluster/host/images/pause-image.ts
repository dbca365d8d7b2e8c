/** The image of every pod's sandbox: one file. */
import type { ImageSpec } from './oci.ts'
import { type Architecture, pauseBinary } from './pause-binary.ts'

export const pauseImageName = 'k8ts.local/pause:1.0'

export function pauseImage(architecture: Architecture): ImageSpec {
  return {
    name: pauseImageName,
    architecture,
    entries: [{ kind: 'file', path: 'pause', mode: 0o755, content: pauseBinary(architecture) }],
    command: { entrypoint: ['/pause'] },
  }
}
