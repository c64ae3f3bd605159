/** The little that reading exports needs of a blob container. Names are relative to the container. */
export interface BlobSource {
  /** The names, without slashes, of the folders directly below `prefix` (which ends in a slash), in any order. */
  listFolders(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * The blob's bytes as stored, to be iterated once; null where there is no such blob. An error while iterating is an `AppError`
   * with code `storageUnavailable`, or the signal's reason. Whether all bytes came is for the caller to check.
   */
  read(name: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | null>;
}
