/** Whether another process has a store's file open, found out without changing it. */
import { DatabaseSync } from 'node:sqlite'
import { isBusy } from './unavailable.ts'

/** False as well when it is damaged or is no store. */
export function isInUse(path: string): boolean {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 0 })
  try {
    // Without it reading would make a file of shared memory.
    db.exec('pragma locking_mode = exclusive')
    db.prepare('select count(*) from sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    db.close()
  }
}
