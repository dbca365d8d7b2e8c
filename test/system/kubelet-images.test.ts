/** Image pulls from real registries on the node's loopback: policies, passwords, failures and what they are called. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Event, Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type Streaming, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

const open = '127.0.0.1:5000'
const guarded = '127.0.0.1:5001'
/** Accepts connections and never answers. */
const silent = '127.0.0.1:5002'
/** `tester` with the password `secret`, by bcrypt at its lowest cost. */
const passwords = 'tester:$2b$04$UBd6uhUd/0KV0N6xGUrlI.nuvVR9N8sB9E3lUTpIIH48x0nmOoOhu\n'

interface PodOptions {
  policy?: string
  secret?: string
}

test('the kubelet pulls images', { skip: await whyNot(), timeout: 180_000, concurrency: true }, async (t) => {
  const cluster = await startCluster()
  const registries = await startRegistries(cluster)
  try {
    const subtest = (name: string, work: (cluster: SystemCluster) => Promise<void>) => t.test(name, () => work(cluster))
    await Promise.all([
      subtest('by policy: IfNotPresent once, Always each time, Never not at all', policies),
      subtest('with back-off while an image is missing, and soon after it is there', missing),
      subtest('with the password of a pull secret, and not without', password),
      subtest('and does not hold up others, or the deletion of the pod, when a registry is silent', silentRegistry),
    ])
  } finally {
    await Promise.all(registries.map((registry) => registry.stop()))
    await cluster.stop()
  }
})

async function policies(cluster: SystemCluster): Promise<void> {
  const image = `${open}/policies:1`
  await push(cluster, image)
  await run(cluster, 'never', image, { policy: 'Never' })
  const never = await untilWaiting(cluster, 'never', 'ErrImageNeverPull')
  assert.equal(never, `Container image "${image}" is not present with pull policy of Never`)
  assert.deepEqual(await wordsOf(cluster, 'never'), [
    `Warning ErrImageNeverPull Container image "${image}" is not present with pull policy of Never`,
    'Warning Failed Error: ErrImageNeverPull',
  ])
  await run(cluster, 'first', image, {})
  await untilReady(cluster, 'first')
  const [pulling, pulled] = await wordsOf(cluster, 'first')
  assert.equal(pulling, `Normal Pulling Pulling image "${image}"`)
  const times = String.raw`in [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: \d+ bytes\.`
  assert.match(pulled ?? '', new RegExp(`^Normal Pulled Successfully pulled image "${image}" ${times}$`))
  const pod = await cluster.get<Pod>('pod first')
  assert.match(pod.status?.containerStatuses?.[0]?.imageID ?? '', /^127\.0\.0\.1:500\d\/\w+@sha256:[0-9a-f]{64}$/)
  await run(cluster, 'present', image, {})
  await run(cluster, 'always', image, { policy: 'Always' })
  await Promise.all(['present', 'always', 'never'].map((name) => untilReady(cluster, name)))
  const already = `Normal Pulled Container image "${image}" already present on machine and can be accessed by the pod`
  assert.equal((await wordsOf(cluster, 'present'))[0], already)
  assert.equal((await wordsOf(cluster, 'always'))[0], pulling)
}

async function missing(cluster: SystemCluster): Promise<void> {
  const image = `${open}/later:1`
  await run(cluster, 'later', image, {})
  const cause = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`
  const backOff = await untilWaiting(cluster, 'later', 'ImagePullBackOff')
  assert.equal(backOff, `Back-off pulling image "${image}": ErrImagePull: ${cause}`)
  assert.deepEqual((await wordsOf(cluster, 'later')).slice(0, 5), [
    `Normal Pulling Pulling image "${image}"`,
    `Warning Failed Failed to pull image "${image}": ${cause}`,
    'Warning Failed Error: ErrImagePull',
    `Normal BackOff Back-off pulling image "${image}"`,
    'Warning Failed Error: ImagePullBackOff',
  ])
  await push(cluster, image)
  await untilReady(cluster, 'later')
  await run(cluster, 'badname', 'Not A Name', {})
  await untilWaiting(cluster, 'badname', 'InvalidImageName')
}

async function password(cluster: SystemCluster): Promise<void> {
  await push(cluster, `${open}/private:1`)
  const image = `${guarded}/private:1`
  const credentials = `--docker-server=${guarded} --docker-username=tester --docker-password`
  await cluster.kubectl(`create secret docker-registry right ${credentials}=secret`)
  await cluster.kubectl(`create secret docker-registry wrong ${credentials}=guess`)
  for (const [name, secret] of [
    ['nobody', undefined],
    ['guesser', 'wrong'],
  ] as const) {
    await run(cluster, name, image, { policy: 'Always', ...(secret ? { secret } : {}) })
    assert.match(await untilWaiting(cluster, name, 'ImagePullBackOff'), /authoriz|no basic auth credentials/)
  }
  await run(cluster, 'friend', image, { policy: 'Always', secret: 'right' })
  await untilReady(cluster, 'friend')
}

async function silentRegistry(cluster: SystemCluster): Promise<void> {
  const image = `${silent}/nothing:1`
  const names = ['stuck', 'stuck-too']
  for (const name of names) await run(cluster, name, image, {})
  for (const name of names)
    await until('the pull to be under way', async () => (await wordsOf(cluster, name))[0]?.startsWith('Normal Pulling'))
  await push(cluster, `${open}/meanwhile:1`)
  await run(cluster, 'meanwhile', `${open}/meanwhile:1`, {})
  await untilReady(cluster, 'meanwhile')
  await cluster.kubectl(`delete pod ${names.join(' ')} --timeout=10s`)
}

async function startRegistries(cluster: SystemCluster): Promise<Streaming[]> {
  const directory = join(cluster.home, 'logs', 'registry')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'passwords'), passwords)
  const start = async (address: string, auth: string): Promise<Streaming> => {
    const file = join(directory, `${address.split(':')[1]}.yaml`)
    await writeFile(
      file,
      `version: 0.1\nstorage: {filesystem: {rootdirectory: ${directory}/data}}\nhttp: {addr: "${address}"}\n${auth}`,
    )
    return cluster.start(['docker-registry', 'serve', file])
  }
  const nobody = 'require("net").createServer(() => {}).listen(5002, "127.0.0.1")'
  const started = await Promise.all([
    start(open, ''),
    start(guarded, `auth: {htpasswd: {realm: test, path: ${directory}/passwords}}\n`),
    cluster.start([process.execPath, '-e', nobody]),
  ])
  for (const address of [open, guarded, silent])
    await until(`${address} to listen`, async () => (await cluster.run(['ss', '-ltnH'])).stdout.includes(`${address} `))
  return started
}

/** Puts the example's image into the registry under this name, and leaves none of that name on the node. */
async function push(cluster: SystemCluster, image: string): Promise<void> {
  const ctr = async (...words: string[]): Promise<void> => {
    const socket = join(cluster.home, 'run', 'containerd.sock')
    const { exitCode, stderr } = await cluster.run(['ctr', '-a', socket, '-n', 'push', ...words])
    assert.equal(exitCode, 0, stderr)
  }
  const archive = join(cluster.home, 'logs', `${image.replace(/\W/g, '-')}.tar`)
  const source = ['ctr', '-a', join(cluster.home, 'run', 'containerd.sock'), '-n', 'k8s.io'] as const
  const { exitCode, stderr } = await cluster.run([...source, 'images', 'export', archive, helloImage])
  assert.equal(exitCode, 0, stderr)
  await ctr('images', 'import', '--no-unpack', archive)
  await ctr('images', 'tag', '--force', helloImage, image)
  await ctr('images', 'push', '--plain-http', image)
}

async function run(cluster: SystemCluster, name: string, image: string, { policy, secret }: PodOptions): Promise<void> {
  const container = { name: 'c', image, command: ['sleep', '1000'], ...(policy ? { imagePullPolicy: policy } : {}) }
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [container],
    ...(secret ? { imagePullSecrets: [{ name: secret }] } : {}),
  }
  await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }))
}

async function untilReady(cluster: SystemCluster, name: string): Promise<void> {
  await cluster.kubectl(`wait --for=condition=Ready pod/${name} --timeout=60s`)
}

/** The message of the container's waiting state once it has this reason. */
async function untilWaiting(cluster: SystemCluster, name: string, reason: string): Promise<string> {
  return until(`${name} to wait for ${reason}`, async () => {
    const pod = await cluster.get<Pod>(`pod ${name}`)
    const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting
    return waiting?.reason === reason && (waiting.message ?? '')
  })
}

/** What the kubelet's events about a pod say, in their order. */
async function wordsOf(cluster: SystemCluster, name: string): Promise<string[]> {
  const words = ['get', 'events', '-o', 'json', '--field-selector', `involvedObject.name=${name},source=kubelet`]
  const { items } = JSON.parse(await cluster.kubectl(words)) as { items: Event[] }
  // Events are named by the time they were written at.
  return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`)
}
