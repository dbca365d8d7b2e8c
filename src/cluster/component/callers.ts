/** Who may call a component by certificate: as flags say, else as the API server publishes in `kube-system`. */
import { coreV1 } from '../../api/resources.ts'
import type { RequestHeaderNames } from '../../apiserver/authentication/request-header.ts'
import type { Client } from '../../client/client.ts'
import { ifThere } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import type { Flags } from '../apiserver/flags.ts'
import type { Machine } from '../machine.ts'
import type { Callers } from './access.ts'

const published = 'extension-apiserver-authentication'

/** Rejects when the API server does not answer, unless a flag says that this may be. */
export async function callersOf(machine: Machine, flags: Flags, client: Client): Promise<Callers> {
  const [clientCa, proxyCa] = [flags.text('client-ca-file'), flags.text('requestheader-client-ca-file')]
  const isAll = clientCa !== undefined && proxyCa !== undefined
  const found = isAll || flags.bool('authentication-skip-lookup') ? {} : await publishedCallers(machine, flags, client)
  return {
    ...found,
    ...(clientCa === undefined ? {} : { clientCaPem: await machine.disk.readText(clientCa) }),
    ...(proxyCa === undefined
      ? {}
      : { frontProxy: { ...proxyOf(flags), caPem: await machine.disk.readText(proxyCa) } }),
  }
}

function proxyOf(flags: Flags): { allowedNames: string[]; names: RequestHeaderNames } {
  return {
    allowedNames: flags.list('requestheader-allowed-names'),
    names: {
      user: flags.list('requestheader-username-headers'),
      uid: flags.list('requestheader-uid-headers'),
      group: flags.list('requestheader-group-headers'),
      extraPrefix: flags.list('requestheader-extra-headers-prefix'),
    },
  }
}

async function publishedCallers({ log }: Machine, flags: Flags, client: Client): Promise<Callers> {
  try {
    const found = await ifThere(client.of(coreV1.configMaps, 'kube-system').get(published))
    return callersFrom(found?.data ?? {})
  } catch (error) {
    if (!flags.bool('authentication-tolerate-lookup-failure'))
      throw new Error(`read the ConfigMap kube-system/${published}: ${messageOf(error)}`, { cause: error })
    log.warn('client certificates are not accepted on the own port', { error: messageOf(error) })
    return {}
  }
}

/** Throws when a list is none. */
function callersFrom(data: Readonly<Record<string, string>>): Callers {
  const { 'client-ca-file': clientCaPem, 'requestheader-client-ca-file': caPem } = data
  const list = (name: string): string[] => {
    const value: unknown = JSON.parse(data[`requestheader-${name}`] || '[]')
    if (!Array.isArray(value)) throw new Error(`requestheader-${name} is no list`)
    return value.map(String)
  }
  const own = clientCaPem ? { clientCaPem } : {}
  if (!caPem) return own
  const names = { user: list('username-headers'), uid: list('uid-headers'), group: list('group-headers') }
  const proxy = { allowedNames: list('allowed-names'), names: { ...names, extraPrefix: list('extra-headers-prefix') } }
  return { ...own, frontProxy: { ...proxy, caPem } }
}
