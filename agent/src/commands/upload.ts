import type { ContainerClient } from '@azure/storage-blob';
import type { ExportDestination } from '../app/exportPorts';
import { AgentError } from '../core/agentError';
import type { AgentConfiguration } from '../io/configuration';
import { localFiles } from '../io/files/fileSystem';
import { blobDestination } from '../io/upload/blobDestination';
import { createAgentContainer } from '../io/upload/containers';
import { createCredential } from '../io/upload/credential';

/** The two containers that the agent knows. */
export interface UploadTarget {
  readonly exports: ExportDestination;
  readonly requests: ContainerClient;
}

/** Throws an `AgentError`, `configurationInvalid`, where nothing is configured or the certificate can not be read. */
export async function openUpload({ upload, tenantId }: AgentConfiguration): Promise<UploadTarget> {
  if (upload === undefined) {
    throw new AgentError(
      'configurationInvalid',
      'Expected the setting "upload", which says where exports go, found none. Without it use export --out DIRECTORY.',
    );
  }
  const { blobEndpoint, exportsContainer, requestsContainer, credential } = upload;
  const identity = await createCredential(
    credential.kind === 'certificate'
      ? { ...withoutUndefined(credential), tenantId }
      : withoutUndefined(credential),
    localFiles,
  );
  return {
    exports: blobDestination(createAgentContainer(blobEndpoint, exportsContainer, identity)),
    requests: createAgentContainer(blobEndpoint, requestsContainer, identity),
  };
}

type WithoutUndefined<Value> = {
  [Key in keyof Value]: Exclude<Value[Key], undefined>;
};

/** `exactOptionalPropertyTypes`: what was not given is left out, not undefined. */
const withoutUndefined = <Value extends object>(value: Value): WithoutUndefined<Value> =>
  Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as WithoutUndefined<Value>;
