/**
 * Makes sure that a container's image is on the node: pull policies, back-off, one pull at a time for each image, and
 * the events that tell about it. Source: https://kubernetes.io/docs/concepts/containers/images/
 */

import type { Container, Pod } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import type { AuthConfig, CriImage, PodSandboxConfig } from '../cri/message.ts'
import { Gate } from '../cri/paced.ts'
import type { ImageService } from '../cri/runtime.ts'
import { BackOff } from '../pod/back-off.ts'
import { uidOf } from '../pod/names.ts'
import { withDefaultTag } from './reference.ts'

/** Why a container can't have its image: the `waiting` reason and message. */
export class ImageFailure extends Error {
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName' | 'ImageInspectError'
  /** Milliseconds until trying again can help; undefined: the ordinary delay. */
  readonly retryAfterMs: number | undefined
  constructor(reason: ImageFailure['reason'], message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'ImageFailure'
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

/** A registry that does not answer holds up one of these, not all images. Upstream's default is one, its advice more. */
const pullsAtOnceMax = 3

export interface PullRequest {
  pod: Pod
  container: Container
  /** Credentials to try, the most specific first; without any, the pull is anonymous. */
  credentials(image: string): Promise<AuthConfig[]>
  sandbox: PodSandboxConfig
  /** Nobody waits for the image any longer. A pull that no other pod waits for either is given up. */
  signal: AbortSignal
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

export class ImagePuller {
  readonly #images: ImageService
  readonly #clock: Clock
  readonly #backOff = new BackOff()
  readonly #lastError = new Map<string, string>()
  readonly #pulling = new Map<string, Pull>()
  readonly #gate = new Gate(pullsAtOnceMax)

  constructor(images: ImageService, clock: Clock) {
    this.#images = images
    this.#clock = clock
  }

  /** Returns the image; throws `ImageFailure` when it can't be had now. */
  async ensure(request: PullRequest): Promise<CriImage> {
    const { container, event } = request
    const name = container.image ?? ''
    const image = withDefaultTag(name)
    if (image === undefined) {
      const message = `Failed to apply default image tag ${JSON.stringify(name)}: couldn't parse image name ${JSON.stringify(name)}: invalid reference format`
      event('Warning', 'InspectFailed', message)
      throw new ImageFailure('InvalidImageName', message)
    }
    const present = await this.#inspect(request, image)
    if (container.imagePullPolicy !== 'Always' && present) {
      event(
        'Normal',
        'Pulled',
        `Container image ${JSON.stringify(name)} already present on machine and can be accessed by the pod`,
      )
      return present
    }
    if (container.imagePullPolicy === 'Never') {
      const message = `Container image ${JSON.stringify(name)} is not present with pull policy of Never`
      event('Warning', 'ErrImageNeverPull', message)
      throw new ImageFailure('ErrImageNeverPull', message)
    }
    return this.#pullUnlessBackingOff(request, image)
  }

  forget(pod: Pod): void {
    this.#backOff.forget(`${uidOf(pod)}_`)
    for (const key of this.#lastError.keys()) if (key.startsWith(`${uidOf(pod)}_`)) this.#lastError.delete(key)
  }

  async #inspect({ container, event }: PullRequest, image: string): Promise<CriImage | undefined> {
    try {
      return await this.#images.imageStatus(image)
    } catch (error) {
      const message = `Failed to inspect image ${JSON.stringify(container.image)}: ${messageOf(error)}`
      event('Warning', 'InspectFailed', message)
      throw new ImageFailure('ImageInspectError', message)
    }
  }

  async #pullUnlessBackingOff(request: PullRequest, image: string): Promise<CriImage> {
    const { pod, container, event } = request
    const name = JSON.stringify(container.image)
    const key = `${uidOf(pod)}_${container.image}`
    const now = this.#clock.nowMs()
    const remainingMs = this.#backOff.remainingMs(key, this.#backOff.updatedMs(key) ?? 0, now)
    if (remainingMs > 0) {
      const message = `Back-off pulling image ${name}`
      event('Normal', 'BackOff', message)
      const last = this.#lastError.get(key)
      throw new ImageFailure('ImagePullBackOff', last ? `${message}: ${last}` : message, remainingMs)
    }
    event('Normal', 'Pulling', `Pulling image ${name}`)
    try {
      return await this.#pull(request, image)
    } catch (error) {
      request.signal.throwIfAborted()
      const message = messageOf(error)
      event('Warning', 'Failed', `Failed to pull image ${name}: ${message}`)
      this.#backOff.next(key, this.#clock.nowMs())
      this.#lastError.set(key, `ErrImagePull: ${message}`)
      throw new ImageFailure('ErrImagePull', message, this.#backOff.delayMs(key))
    }
  }

  async #pull(request: PullRequest, image: string): Promise<CriImage> {
    const queuedMs = this.#clock.monotonicMs()
    const startedMs = await this.#shared(request, image)
    const pulled = await this.#images.imageStatus(image)
    if (!pulled) throw new Error(`image ${JSON.stringify(image)} is not there after its pull`)
    const endedMs = this.#clock.monotonicMs()
    const name = JSON.stringify(request.container.image)
    const times = `${seconds(endedMs - startedMs)} (${seconds(endedMs - queuedMs)} including waiting)`
    const size = `Image size: ${pulled.size ?? 0} bytes.`
    request.event('Normal', 'Pulled', `Successfully pulled image ${name} in ${times}. ${size}`)
    return pulled
  }

  /**
   * A pull of the same image with the same credentials that is waiting or under way serves this caller too. Resolves
   * to when it started.
   */
  async #shared(request: PullRequest, image: string): Promise<number> {
    const { spec, metadata } = request.pod
    const key = JSON.stringify([image, metadata.namespace, spec?.imagePullSecrets])
    const pull = this.#pulling.get(key) ?? this.#startPull(request, image, key)
    pull.waiting++
    try {
      return await unlessAborted(pull.done, request.signal)
    } finally {
      if (--pull.waiting === 0) pull.givenUp.abort()
    }
  }

  #startPull(request: PullRequest, image: string, key: string): Pull {
    const givenUp = new AbortController()
    const work = async (): Promise<number> => {
      givenUp.signal.throwIfAborted()
      const startedMs = this.#clock.monotonicMs()
      await this.#tryCredentials(request, image, givenUp.signal)
      return startedMs
    }
    const pull: Pull = { waiting: 0, givenUp, done: this.#gate.run(work) }
    const forget = (): void => {
      if (this.#pulling.get(key) === pull) this.#pulling.delete(key)
    }
    givenUp.signal.addEventListener('abort', forget, { once: true })
    pull.done.then(forget, forget)
    this.#pulling.set(key, pull)
    return pull
  }

  async #tryCredentials({ credentials, sandbox }: PullRequest, image: string, signal: AbortSignal): Promise<void> {
    const candidates = await credentials(image)
    let failure: unknown
    for (const auth of candidates.length > 0 ? candidates : [undefined]) {
      try {
        await this.#images.pullImage(image, auth, sandbox, signal)
        return
      } catch (error) {
        failure ??= error
        signal.throwIfAborted()
      }
    }
    throw failure
  }
}

interface Pull {
  /** Callers that wait for it. */
  waiting: number
  givenUp: AbortController
  done: Promise<number>
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason)
    signal.addEventListener('abort', give, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

/** A duration as Go prints it. */
function seconds(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.max(0, Math.round(milliseconds))}ms`
    : `${(milliseconds / 1000).toFixed(3).replace(/\.?0+$/, '')}s`
}
