/**
 * `/statusz` and `/flagz`: pages for people who look into a running server. Source: KEP-4827, KEP-4828.
 */
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import { textResponse } from '../http/status.ts'
import type { ApiResponse } from '../request.ts'
import type { Gates } from '../scheme/feature-gates.ts'
import { versionInfo } from './version.ts'

export interface DebugPagesParts {
  /** Whose pages they are, such as `kube-apiserver`. */
  component: string
  /** ComponentFlagz and ComponentStatusz switch the pages. Default: both are on. */
  gates?: Gates | undefined
  clock: Clock
  /** What the server was started with, by flag. Secrets are files, never values. */
  flags?: ReadonlyMap<string, string> | undefined
  paths(): readonly string[]
}

const warning =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.'

export class DebugPages {
  readonly #parts: DebugPagesParts
  readonly #startedMs: number

  constructor(parts: DebugPagesParts) {
    this.#parts = parts
    this.#startedMs = parts.clock.nowMs()
  }

  /** Undefined for other paths. */
  answer(path: string): ApiResponse | undefined {
    const { flags = [], gates } = this.#parts
    if (path === '/flagz' && gates?.get('ComponentFlagz') !== false)
      return this.#page(
        'flagz',
        [...flags].sort().map((flag) => flag.join('=')),
      )
    return path === '/statusz' && gates?.get('ComponentStatusz') !== false
      ? this.#page('statusz', this.#status())
      : undefined
  }

  #page(name: string, lines: readonly string[]): ApiResponse {
    return textResponse(200, `\n${this.#parts.component} ${name}\n${warning}\n\n${lines.join('\n')}\n`)
  }

  #status(): string[] {
    const { gitVersion, goVersion } = versionInfo()
    const upSeconds = Math.round((this.#parts.clock.nowMs() - this.#startedMs) / 1000)
    const roots = new Set(this.#parts.paths().map((path) => path.split('/', 2).join('/')))
    return [
      `Started: ${rfc3339(this.#startedMs)}`,
      `Up: ${hours(upSeconds)}`,
      `Go version: ${goVersion}`,
      `Binary version: ${gitVersion.replace(/^v/, '')}`,
      `Emulation version: ${gitVersion.replace(/^v/, '').split('.', 2).join('.')}`,
      `Paths: ${[...roots].sort().join(' ')}`,
    ]
  }
}

/** `2 hr 03 min 04 sec` */
function hours(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`
}
