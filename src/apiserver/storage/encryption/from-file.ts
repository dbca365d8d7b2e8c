/** Encryption at rest from its configuration file, read again when the file changes. */
import { dirname } from 'node:path'
import { parseYaml } from '../../../api/codec/yaml.ts'
import { limits } from '../../../limits.ts'
import type { Disk } from '../../../platform/disk.ts'
import { type Logger, messageOf } from '../../../platform/log.ts'
import { type EncryptionRule, readEncryptionConfiguration } from './configuration.ts'
import { createEncryption, type Encryption } from './encryption.ts'
import type { KmsParts } from './kms.ts'

export interface EncryptionFileParts extends KmsParts {
  disk: Pick<Disk, 'readText' | 'watch'>
  log: Logger
}

export interface EncryptionFileOptions {
  path: string
  /** Whether changes of the file take effect while running. Default false. */
  reload?: boolean
}

/**
 * Rejects when the file is missing or wrong. A later mistake in it, or a KMS plugin that does not answer, is logged and
 * changes nothing.
 */
export async function encryptionFromFile(
  { path, reload = false }: EncryptionFileOptions,
  parts: EncryptionFileParts,
): Promise<Encryption> {
  const { disk, log, clock } = parts
  let text = await disk.readText(path)
  const encryption = await createEncryption(rulesOf(text), parts)
  if (!reload) return encryption
  let running: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    try {
      const next = await disk.readText(path)
      if (next === text) return
      await encryption.reload(rulesOf(next))
      text = next
      log.info('the encryption configuration was read again', { path })
    } catch (error) {
      log.error('the encryption configuration was changed and is left aside', { path, error: messageOf(error) })
    }
  }
  const queue = (): void => {
    running = running.then(look)
  }
  const unwatch = disk.watch(dirname(path), queue)
  // Some file systems tell nothing.
  const cancel = clock.every(limits.encryptionReloadPeriodMs, queue)
  return {
    ...encryption,
    close() {
      unwatch()
      cancel()
      encryption.close()
    },
  }
}

function rulesOf(text: string): EncryptionRule[] {
  return readEncryptionConfiguration(parseYaml(Buffer.from(text)).value)
}
