/**
 * The audit log as a file of JSON lines, which is renamed when it is full. Old files go when they are too many or too old.
 * Names are those that upstream gives, so that what collects them finds them: `audit-2026-01-02T15-04-05.000.log`.
 */
import { posix } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Clock, rfc3339Micro } from '../../platform/clock.ts'
import type { Disk, OpenFile } from '../../platform/disk.ts'

export interface LogFileSettings {
  path: string
  /** Zero: 100 MiB. */
  maxSizeBytes: number
  /** Old files kept. Zero: all. */
  maxBackups: number
  /** Zero: however old. */
  maxAgeMs: number
  compress: boolean
}

const standardSizeBytes = 100 * 1024 * 1024
const compressed = promisify(gzip)

export class AuditLogFile {
  readonly #settings: LogFileSettings
  readonly #disk: Disk
  readonly #clock: Clock
  #file: OpenFile | undefined
  #bytes = 0
  #pending: string[] = []
  #writing: Promise<void> | undefined

  constructor(settings: LogFileSettings, { disk, clock }: { disk: Disk; clock: Clock }) {
    this.#settings = settings
    this.#disk = disk
    this.#clock = clock
  }

  /** Resolves when the lines were given to the file. Lines that come meanwhile are written together. */
  async write(lines: readonly string[]): Promise<void> {
    this.#pending.push(...lines)
    await this.#writing?.catch(() => undefined)
    if (this.#pending.length > 0) {
      const text = `${this.#pending.join('\n')}\n`
      this.#pending = []
      this.#writing = this.#append(Buffer.from(text))
    }
    await this.#writing
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined)
    await this.#file?.close()
    this.#file = undefined
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const { maxSizeBytes, path } = this.#settings
    this.#file ??= await this.#open()
    const max = maxSizeBytes > 0 ? maxSizeBytes : standardSizeBytes
    if (this.#bytes > 0 && this.#bytes + bytes.length > max) {
      await this.#file.close()
      await this.#rotate(path)
      this.#file = await this.#open()
    }
    await this.#file.append(bytes)
    this.#bytes += bytes.length
  }

  /** Only its owner may read what everybody did. */
  async #open(): Promise<OpenFile> {
    const { path } = this.#settings
    await this.#disk.makeDirectory(posix.dirname(path), 0o700)
    if (!(await this.#disk.stat(path))) await this.#disk.write(path, '', { mode: 0o600, durable: false })
    const file = await this.#disk.open(path, 'append')
    this.#bytes = await file.sizeBytes()
    return file
  }

  async #rotate(path: string): Promise<void> {
    const stamp = isoOf(this.#clock.nowMs())
    const { dir, name, ext } = posix.parse(path)
    const backup = posix.join(dir, `${name}-${stamp}${ext}`)
    await this.#disk.rename(path, backup)
    if (this.#settings.compress) {
      const bytes = await compressed(await this.#disk.read(backup))
      await this.#disk.write(`${backup}.gz`, bytes, { mode: 0o600 })
      await this.#disk.remove(backup)
    }
    for (const old of await this.#tooMany()) await this.#disk.remove(posix.join(dir, old))
  }

  async #tooMany(): Promise<string[]> {
    const { path, maxBackups, maxAgeMs } = this.#settings
    const { dir, name, ext } = posix.parse(path)
    const isBackup = (file: string) => file.startsWith(`${name}-`) && (file.endsWith(ext) || file.endsWith(`${ext}.gz`))
    const stampOf = (file: string) => file.slice(name.length + 1, name.length + 1 + stampLength)
    const backups = (await this.#disk.list(dir)).filter((file) => isBackup(file) && isStamp(stampOf(file)))
    backups.sort((left, right) => (stampOf(left) < stampOf(right) ? 1 : -1))
    const oldest = maxAgeMs > 0 ? isoOf(this.#clock.nowMs() - maxAgeMs) : ''
    return backups.filter((file, index) => (maxBackups > 0 && index >= maxBackups) || stampOf(file) < oldest)
  }
}

const stampLength = '2026-01-02T15-04-05.000'.length
const isStamp = (text: string) => /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/.test(text)

function isoOf(epochMs: number): string {
  return rfc3339Micro(epochMs).slice(0, stampLength).replaceAll(':', '-')
}
