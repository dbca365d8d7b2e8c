/** A container as CRI is asked for it. Pure. Source: CRI v1. */
import type { Container, Pod } from '../../api/types/core/v1.ts'
import type { ContainerConfig, CriMount } from '../cri/message.ts'
import { expand } from './expand.ts'
import {
  containerHash,
  containerLogPath,
  containerNameLabel,
  hashAnnotation,
  podTerminationGraceAnnotation,
  restartCountAnnotation,
  terminationMessagePathAnnotation,
  terminationMessagePolicyAnnotation,
} from './names.ts'
import { containerResources, type NodeFacts } from './resources.ts'
import { podLabels } from './sandbox-config.ts'
import { containerSecurity, type ImageUser } from './security.ts'

export interface ContainerFacts {
  restartCount: number
  /** The reference that the image service answered for the container's image. */
  imageRef: string
  user: ImageUser
  environment: ReadonlyMap<string, string>
  mounts: CriMount[]
  node: NodeFacts
  seccompRoot: string
  seccompDefault: boolean
  /** Ephemeral containers that share another's process namespace. */
  targetContainerId?: string
}

export function containerConfig(pod: Pod, container: Container, facts: ContainerFacts): ContainerConfig {
  const lookUp = (name: string): string | undefined => facts.environment.get(name)
  const security = {
    user: facts.user,
    profileRoot: facts.seccompRoot,
    seccompDefault: facts.seccompDefault,
    ...(facts.targetContainerId === undefined ? {} : { targetContainerId: facts.targetContainerId }),
  }
  return {
    metadata: { name: container.name, attempt: facts.restartCount },
    image: { image: facts.imageRef, userSpecifiedImage: container.image },
    command: (container.command ?? []).map((word) => expand(word, lookUp)),
    args: (container.args ?? []).map((word) => expand(word, lookUp)),
    workingDir: container.workingDir,
    envs: [...facts.environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts: facts.mounts,
    labels: { ...podLabels(pod), [containerNameLabel]: container.name },
    annotations: annotationsOf(pod, container, facts.restartCount),
    logPath: containerLogPath(container.name, facts.restartCount),
    stdin: container.stdin,
    stdinOnce: container.stdinOnce,
    tty: container.tty,
    linux: {
      resources: containerResources(pod, container, facts.node),
      securityContext: containerSecurity(pod, container, security),
    },
  }
}

function annotationsOf(pod: Pod, container: Container, restartCount: number): Record<string, string> {
  return {
    [hashAnnotation]: containerHash(container),
    [restartCountAnnotation]: String(restartCount),
    [terminationMessagePathAnnotation]: container.terminationMessagePath ?? '/dev/termination-log',
    [terminationMessagePolicyAnnotation]: container.terminationMessagePolicy ?? 'File',
    [podTerminationGraceAnnotation]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
  }
}
