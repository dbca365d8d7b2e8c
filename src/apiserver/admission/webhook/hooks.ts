/** The webhooks that are configured, in the order in which they are asked: configurations by name, then as listed. */
import type { Resource } from '../../../api/meta.ts'
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../../api/types/admissionregistration/v1.ts'
import type { Objects } from '../../objects.ts'

export type Webhook = ValidatingWebhook | MutatingWebhook

export interface Hook<W extends Webhook = Webhook> {
  readonly configuration: string
  readonly webhook: W
  /** Unique among all. */
  readonly key: string
}

type Configuration<W> = Pick<ValidatingWebhookConfiguration | MutatingWebhookConfiguration, 'metadata'> & {
  webhooks?: W[]
}

export class HookSource<W extends Webhook> {
  readonly #objects: Objects
  readonly #resource: Resource<Configuration<W>>
  readonly #configurations = new Map<string, Configuration<W>>()
  /** `true` once what exists is known. */
  #started: Promise<void> | true | undefined
  #hooks: readonly Hook<W>[] | undefined

  constructor(objects: Objects, resource: Resource<Configuration<W>>) {
    this.#objects = objects
    this.#resource = resource
  }

  /** At once where they are known. */
  hooks(): readonly Hook<W>[] | Promise<readonly Hook<W>[]> {
    this.#started ??= this.#start()
    return this.#started === true ? this.#found() : this.#started.then(() => this.#found())
  }

  #found(): readonly Hook<W>[] {
    this.#hooks ??= [...this.#configurations.keys()].sort().flatMap((name) => this.#hooksOf(name))
    return this.#hooks
  }

  /** Tried again with the next request when it fails. */
  async #start(): Promise<void> {
    try {
      await this.#objects.follow(this.#resource, {
        put: (configuration) => {
          this.#configurations.set(configuration.metadata.name ?? '', configuration)
          this.#hooks = undefined
        },
        gone: ({ metadata }) => {
          this.#configurations.delete(metadata.name ?? '')
          this.#hooks = undefined
        },
      })
      this.#started = true
    } catch (error) {
      this.#started = undefined
      throw error
    }
  }

  #hooksOf(configuration: string): Hook<W>[] {
    const webhooks = this.#configurations.get(configuration)?.webhooks ?? []
    return webhooks.map((webhook, index) => ({
      configuration,
      webhook,
      key: `${configuration}/${webhook.name}/${index}`,
    }))
  }
}
