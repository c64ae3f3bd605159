import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import type { ExportDestination } from '../app/exportPorts';
import { AgentError } from '../core/agentError';
import type { AgentConfiguration } from '../io/configuration';
import { localFiles } from '../io/files/fileSystem';
import type { AgentState } from '../io/state/agentState';
import type { SealedExport } from '../io/state/outbox';
import { blobDestination } from '../io/upload/blobDestination';
import { createCredential } from '../io/upload/credential';
import { deliver } from '../io/upload/deliver';
import type { CommandContext } from './context';

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
  // Our own loop makes the attempts: only it knows which of them may have stored a blob.
  const service = new BlobServiceClient(blobEndpoint, identity, { retryOptions: { maxTries: 1 } });
  return {
    exports: blobDestination(service.getContainerClient(exportsContainer)),
    requests: service.getContainerClient(requestsContainer),
  };
}

/** Delivers a sealed export to its end, and moves the chain to it. */
export async function deliverAndCommit(
  state: AgentState,
  sealed: SealedExport,
  destination: ExportDestination,
  { progress, signal, print }: CommandContext,
): Promise<void> {
  progress.step(`Uploading ${sealed.folder}`);
  await deliver(sealed, destination, localFiles, signal);
  await state.commit(sealed);
  progress.done();
  print(
    `Delivered ${sealed.source}/${sealed.folder}, number ${sealed.manifest.sequence}, to ${destination.name}`,
  );
}

type WithoutUndefined<Value> = {
  [Key in keyof Value]: Exclude<Value[Key], undefined>;
};

/** `exactOptionalPropertyTypes`: what was not given is left out, not undefined. */
const withoutUndefined = <Value extends object>(value: Value): WithoutUndefined<Value> =>
  Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as WithoutUndefined<Value>;
