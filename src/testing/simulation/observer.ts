/** Looks at parts of what there is, by labels and by fields: objects come into view and leave it without being made or deleted. */
import type { KubeObject, Resource } from '../../api/meta.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { builtInStorePrefix } from '../../apiserver/scheme/store-prefix.ts'
import type { Client } from '../../client/client.ts'
import type { Informer, Informers } from '../../client/informer.ts'
import { createInformers } from '../../client/informer-impl.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { namespace } from './manifests.ts'
import { type Selection, selects } from './selection.ts'
import type { Truth } from './truth.ts'

export interface ObserverParts {
  client: Client
  clock: Clock
  random: Random
  log: Logger
}

interface View {
  resource: Resource
  selection: Selection
  informer: Informer
}

const views: readonly { resource: Resource; selection: Selection }[] = [
  { resource: coreV1.pods as Resource, selection: { fieldSelector: 'status.phase=Running' } },
  {
    resource: coreV1.pods as Resource,
    selection: { labelSelector: 'app,app!=web-1', fieldSelector: 'spec.nodeName!=' },
  },
  { resource: coreV1.configMaps as Resource, selection: { labelSelector: 'parity in (even)' } },
]

export class Observer {
  readonly #informers: Informers
  readonly #views: readonly View[]

  constructor(parts: ObserverParts) {
    this.#informers = createInformers({ ...parts, freeze: true })
    this.#views = views.map(({ resource, selection }) => {
      const informer = this.#informers.of(resource, { ...selection, namespace })
      return { resource, selection, informer }
    })
  }

  start(): void {
    this.#informers.start()
  }

  stop(): Promise<void> {
    return this.#informers.stop()
  }

  /** What it does not see as it is, in words: nothing, once it had time to be told of everything. */
  wanting(truth: Truth): string[] {
    return this.#views.flatMap(({ resource, selection, informer }) => {
      const wants = selects(selection)
      const all = truth.objects<KubeObject>(`${builtInStorePrefix(resource)}${namespace}/`)
      const there = all.filter(wants).map(identity)
      const seen = informer.list().map(identity)
      const who = `who looks at ${resource.plural} by ${JSON.stringify(selection)}`
      return [
        ...there.filter((each) => !seen.includes(each)).map((missing) => `${who} misses ${missing}`),
        ...seen.filter((each) => !there.includes(each)).map((extra) => `${who} still has ${extra}`),
      ]
    })
  }
}

function identity(object: KubeObject): string {
  return `${keyOf(object)} ${object.metadata.uid}`
}
