/**
 * What 10,000 Services with two endpoints each cost the service proxy: planning, the script of the first load, one
 * change, and (as root, with `--nft`) the kernel's share in a network namespace that this program ends with.
 *
 *     node src/network/proxy/proxy.bench.ts [--services 10000] [--nft]      under `unshare -n` for --nft
 */
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { realExec } from '../../platform/real/exec.ts'
import { applyScript } from './kernel.ts'
import { planService } from './plan.ts'
import { changeScript, fullScript } from './script.ts'
import { ProxyState } from './state.ts'

const { values } = parseArgs({ options: { services: { type: 'string', default: '10000' }, nft: { type: 'boolean' } } })
const count = Number(values.services)
const options = { table: 'k8ts', clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', bridgeFiltered: true }
const context = { nodeName: 'node-1', family: 'IPv4' } as const

function service(index: number): Service {
  const clusterIP = `10.96.${index >> 8}.${index & 255}`
  return {
    metadata: { name: `s${index}`, namespace: 'd' },
    spec: { clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 0 }] },
  }
}

function slice(index: number, endpoints: number): EndpointSlice {
  return {
    metadata: { name: `s${index}-1` },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, each) => ({
      addresses: [`10.244.${index & 255}.${(each * 100 + (index >> 8)) & 255}`],
      nodeName: `node-${index % 100}`,
    })),
  }
}

async function timed<T>(what: string, body: () => T | Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await body()
  console.log(`${what}: ${(performance.now() - start).toFixed(1)} ms`)
  return result
}

const state = new ProxyState()
await timed(`plan ${count} Services`, () => {
  for (let index = 0; index < count; index++)
    state.set(`d/s${index}`, planService(service(index), [slice(index, 2)], context))
})
const full = await timed('script of the first load', () => fullScript(state.takeAll(), options))
if (values.nft) await timed('nft: first load', () => applyScript(realExec(), full.text))
const change = await timed('plan and script of one change', () => {
  state.set('d/s7', planService(service(7), [slice(7, 3)], context))
  return changeScript(state.take(), full.chains, options)
})
if (values.nft) await timed('nft: one change', () => applyScript(realExec(), change.text))
console.log(`${full.text.length} bytes, memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`)
console.log(`result ${createHash('sha256').update(full.text).update(change.text).digest('hex').slice(0, 16)}`)
