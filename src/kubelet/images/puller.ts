/**
 * Makes sure that a container's image is on the node: pull policies, back-off, one pull at a time for each image, and
 * the events that tell about it. Source: https://kubernetes.io/docs/concepts/containers/images/
 */

import type { Container, Pod } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import type { AuthConfig, CriImage, PodSandboxConfig } from '../cri/message.ts'
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

export interface PullRequest {
  pod: Pod
  container: Container
  /** Credentials to try, the most specific first; without any, the pull is anonymous. */
  credentials(image: string): Promise<AuthConfig[]>
  sandbox: PodSandboxConfig
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

export class ImagePuller {
  readonly #images: ImageService
  readonly #clock: Clock
  readonly #backOff = new BackOff()
  readonly #lastError = new Map<string, string>()
  readonly #pulling = new Map<string, Promise<unknown>>()
  /** Pulls run one after the other, as upstream does by default. */
  #queue: Promise<unknown> = Promise.resolve()

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
      const message = messageOf(error)
      event('Warning', 'Failed', `Failed to pull image ${name}: ${message}`)
      this.#backOff.next(key, this.#clock.nowMs())
      this.#lastError.set(key, `ErrImagePull: ${message}`)
      throw new ImageFailure('ErrImagePull', message, this.#backOff.delayMs(key))
    }
  }

  async #pull(request: PullRequest, image: string): Promise<CriImage> {
    const queuedMs = this.#clock.monotonicMs()
    let startedMs = queuedMs
    const attempt = this.#oneAtATime(image, async () => {
      startedMs = this.#clock.monotonicMs()
      await this.#tryCredentials(request, image)
    })
    await attempt
    const pulled = await this.#images.imageStatus(image)
    if (!pulled) throw new Error(`image ${JSON.stringify(image)} is not there after its pull`)
    const endedMs = this.#clock.monotonicMs()
    const name = JSON.stringify(request.container.image)
    const times = `${seconds(endedMs - startedMs)} (${seconds(endedMs - queuedMs)} including waiting)`
    const size = `Image size: ${pulled.size ?? 0} bytes.`
    request.event('Normal', 'Pulled', `Successfully pulled image ${name} in ${times}. ${size}`)
    return pulled
  }

  /** A pull of the same image that is waiting or under way serves this caller too. */
  #oneAtATime(image: string, pull: () => Promise<void>): Promise<unknown> {
    const running = this.#pulling.get(image)
    if (running !== undefined) return running
    const next = this.#queue.then(pull, pull).finally(() => this.#pulling.delete(image))
    this.#queue = next.catch(() => undefined)
    this.#pulling.set(image, next)
    return next
  }

  async #tryCredentials({ credentials, sandbox }: PullRequest, image: string): Promise<void> {
    const candidates = await credentials(image)
    let failure: unknown
    for (const auth of candidates.length > 0 ? candidates : [undefined]) {
      try {
        await this.#images.pullImage(image, auth, sandbox)
        return
      } catch (error) {
        failure ??= error
      }
    }
    throw failure
  }
}

/** A duration as Go prints it. */
function seconds(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.max(0, Math.round(milliseconds))}ms`
    : `${(milliseconds / 1000).toFixed(3).replace(/\.?0+$/, '')}s`
}
