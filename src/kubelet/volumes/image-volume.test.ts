import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { silent } from '../../platform/log.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { removeUnusedImages } from '../collection/images.ts'
import { ImageFailure } from '../images/puller.ts'
import { imageVolumes } from './image-volume.ts'
import { podPaths } from './paths.ts'

const container: Container = { name: 'c', image: 'app', volumeMounts: [{ name: 'model', mountPath: '/m' }] }
const pod: Pod = {
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: {
    containers: [container],
    volumes: [
      { name: 'model', image: { reference: 'models:1', pullPolicy: 'Always' } },
      { name: 'other', image: { reference: 'other:1' } },
      { name: 'scratch', emptyDir: {} },
    ],
  },
}
const directory = '/k/pods/u/volumes/kubernetes.io~image/model'

async function mounting(more: { fails?: boolean; mounts?: boolean } = {}) {
  const disk = simulatedDisk()
  await disk.makeDirectory('/proc/self')
  await disk.write('/proc/self/mounts', '')
  const done: string[] = []
  const mountImage = async (id: string, where: string) => {
    done.push(`mount ${id} ${where}`)
    await disk.write('/proc/self/mounts', `overlay ${where} overlay ro 0 0\n`)
  }
  const ensure = async ({ name, image, imagePullPolicy }: Container) => {
    done.push(`ensure ${name} ${image} ${imagePullPolicy}`)
    if (more.fails) throw new ImageFailure('ErrImagePull', 'no such image')
    return { id: 'sha256:1' }
  }
  const parts = { disk, paths: podPaths('/k'), ...(more.mounts === false ? {} : { mountImage }) }
  return { done, volumes: () => imageVolumes(parts, pod, container, ensure) }
}

test('imageVolumes mounts what the container wants, once', async () => {
  const { done, volumes } = await mounting()
  const mounted = { hostPath: directory, readOnly: true }
  assert.deepEqual([...(await volumes())], [['model', mounted]])
  assert.deepEqual([...(await volumes())], [['model', mounted]])
  assert.deepEqual(done, ['ensure model models:1 Always', `mount sha256:1 ${directory}`])
})

test('imageVolumes says why an image cannot be had, or not be mounted', async () => {
  const failing = await mounting({ fails: true })
  await assert.rejects(failing.volumes(), { reason: 'ErrImagePull', message: 'no such image' })
  const unable = await mounting({ mounts: false })
  await assert.rejects(unable.volumes(), { message: 'volume "model": this node mounts no images' })
})

test('removeUnusedImages leaves images that volumes are made of', async () => {
  const removed: string[] = []
  const images = ['app', 'models:1', 'other:1', 'old:1'].map((name) => ({ id: `sha256:${name}`, repoTags: [name] }))
  const imageService = {
    listImages: async () => images,
    imageStatus: async (reference: string) => images.find(({ repoTags }) => repoTags.includes(reference)),
    removeImage: async (id: string) => void removed.push(id),
  }
  const runtime = { listContainers: async () => [{ imageRef: 'sha256:app' }] }
  const manager = { workers: () => [{ pod }] }
  await removeUnusedImages({ imageService, runtime, manager, log: silent } as never)
  assert.deepEqual(removed, ['sha256:old:1'])
})
