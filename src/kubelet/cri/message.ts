/**
 * CRI messages as TypeScript sees them, derived from the data in `schema.ts`: fields in lowerCamelCase, every one
 * optional because protobuf leaves zero values out, enum values by name (always set after decoding), 64-bit numbers as
 * JavaScript numbers (times in nanoseconds lose their last digits, which nothing reads).
 */
import type { criEnums, criMessages } from './schema.ts'

type Messages = typeof criMessages
type Enums = typeof criEnums

export type MessageName = keyof Messages
export type EnumName = keyof Enums

type NameOf<Field> = Field extends `${infer Name} ${number} ${string}` ? Name : never
type TypeOf<Field> = Field extends `${string} ${number} ${infer Type}` ? Type : never

type Single<Type> = Type extends 'string'
  ? string
  : Type extends 'bool'
    ? boolean
    : Type extends 'bytes'
      ? Uint8Array
      : Type extends 'map'
        ? Record<string, string>
        : Type extends EnumName
          ? Enums[Type][number]
          : Type extends MessageName
            ? Message<Type>
            : number

type Value<Type> = Type extends `${infer Element}[]` ? Single<Element>[] : Single<Type>

export type Message<Name extends MessageName> = {
  [Field in Messages[Name][number] as NameOf<Field>]?: Value<TypeOf<Field>> | undefined
}

export type PodSandboxConfig = Message<'PodSandboxConfig'>
export type PodSandbox = Message<'PodSandbox'>
export type PodSandboxStatus = Message<'PodSandboxStatus'>
export type ContainerConfig = Message<'ContainerConfig'>
export type CriContainer = Message<'Container'>
export type CriContainerStatus = Message<'ContainerStatus'>
export type CriMount = Message<'Mount'>
export type CriImage = Message<'Image'>
export type AuthConfig = Message<'AuthConfig'>
export type LinuxContainerResources = Message<'LinuxContainerResources'>
export type LinuxContainerSecurityContext = Message<'LinuxContainerSecurityContext'>
export type LinuxSandboxSecurityContext = Message<'LinuxSandboxSecurityContext'>
export type NamespaceOption = Message<'NamespaceOption'>
export type ContainerStats = Message<'ContainerStats'>
export type ContainerState = Enums['ContainerState'][number]
export type PodSandboxState = Enums['PodSandboxState'][number]
