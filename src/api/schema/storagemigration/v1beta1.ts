/** storagemigration.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const storagemigrationV1beta1Schema: GroupVersionSchema = {
  key: 'storagemigration/v1beta1',
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.storagemigration.v1beta1',
  served: false,
  resources: `
    storageversionmigrations storageversionmigration StorageVersionMigration cluster: all
      /status StorageVersionMigration: get patch update`,
  columns: `
    storageversionmigrations: Name, Resource, Status`,
  types: {
    StorageVersionMigration: `[kind] Writes all objects of a resource anew, in the version that the store shall hold.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 StorageVersionMigrationSpec | What is wanted.
      status 3 StorageVersionMigrationStatus | What was last observed; written by the system.`,
    StorageVersionMigrationSpec: `What is migrated.
      resource 1 GroupResource! | The resource.`,
    StorageVersionMigrationStatus: `How far it has come.
      conditions 1 []Condition map(type) patch=merge(type) | Aspects of the state.
      resourceVersion 2 string | Objects as old as this are migrated.`,
  },
}
