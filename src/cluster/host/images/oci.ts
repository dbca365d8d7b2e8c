/**
 * Container images without a registry: one uncompressed layer, a configuration, a manifest and an index, in the
 * archive form of an OCI image layout that `ctr images import` reads.
 * Sources: OCI image specification 1.1 (image-layout, config, manifest); containerd's import reads the full name from
 * the annotation `io.containerd.image.name`.
 */
import { createHash } from 'node:crypto'
import { rfc3339 } from '../../../platform/clock.ts'
import type { Disk } from '../../../platform/disk.ts'
import type { Architecture } from './pause-binary.ts'
import { archiveTimeSeconds, type Content, type TarEntry, tarChunks, tarSizeBytes } from './tar.ts'

export interface ImageSpec {
  /** With registry and tag: `k8ts.local/pause:1.0`. */
  name: string
  architecture: Architecture
  entries: readonly TarEntry[]
  command: { entrypoint?: readonly string[]; cmd?: readonly string[]; env?: readonly string[]; workingDir?: string }
}

/** An image ready to be archived: its manifest's digest identifies the whole content. */
export interface BuiltImage {
  spec: ImageSpec
  /** `sha256:…` of the manifest, as containerd lists it. */
  digest: string
  manifest: Uint8Array
  config: Uint8Array
  layerDigest: string
}

/** Reads every layer file once to learn its digest. */
export async function buildImage(disk: Disk, spec: ImageSpec): Promise<BuiltImage> {
  const hash = createHash('sha256')
  for await (const chunk of tarChunks(disk, spec.entries)) hash.update(chunk)
  const layerDigest = `sha256:${hash.digest('hex')}`
  const created = rfc3339(archiveTimeSeconds * 1000)
  const config = json({
    architecture: spec.architecture,
    os: 'linux',
    created,
    config: {
      ...(spec.command.entrypoint ? { Entrypoint: spec.command.entrypoint } : {}),
      ...(spec.command.cmd ? { Cmd: spec.command.cmd } : {}),
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(spec.command.env ?? [])],
      WorkingDir: spec.command.workingDir ?? '/',
    },
    rootfs: { type: 'layers', diff_ids: [layerDigest] },
    history: [{ created, created_by: 'k8ts images' }],
  })
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: layerDigest,
        size: tarSizeBytes(spec.entries),
      },
    ],
  })
  return { spec, digest: digestOf(manifest), manifest, config, layerDigest }
}

/** The layout of all images in one archive; layer files are read a second time while it is written. */
export async function* layoutChunks(disk: Disk, images: readonly BuiltImage[]): AsyncGenerator<Uint8Array> {
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: images.map((image) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image.digest,
      size: image.manifest.length,
      platform: { architecture: image.spec.architecture, os: 'linux' },
      annotations: {
        'io.containerd.image.name': image.spec.name,
        'org.opencontainers.image.ref.name': image.spec.name.slice(image.spec.name.lastIndexOf(':') + 1),
      },
    })),
  })
  const small: TarEntry[] = [
    { kind: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { kind: 'file', path: 'index.json', content: index },
    { kind: 'directory', path: 'blobs' },
    { kind: 'directory', path: 'blobs/sha256' },
    ...images.flatMap(({ manifest, config }) => [blob(digestOf(manifest), manifest), blob(digestOf(config), config)]),
  ]
  yield* withoutEnd(tarChunks(disk, small))
  for (const image of images) {
    const sizeBytes = tarSizeBytes(image.spec.entries)
    const placeholder = blob(image.layerDigest, { from: '', sizeBytes })
    yield* firstChunk(tarChunks(disk, [placeholder]))
    yield* tarChunks(disk, image.spec.entries)
  }
  yield new Uint8Array(1024)
}

/** An archive's chunks without the end marker, so that more members can follow. */
async function* withoutEnd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined
  for await (const chunk of chunks) {
    if (held) yield held
    held = chunk
  }
}

/** Only the member's header: a layer's bytes come from elsewhere, and are whole blocks already. */
async function* firstChunk(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    return
  }
}

function blob(digest: string, content: Content): TarEntry {
  return { kind: 'file', path: `blobs/sha256/${digest.slice('sha256:'.length)}`, content }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
