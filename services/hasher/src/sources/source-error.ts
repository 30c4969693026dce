/** The source itself can't be read: no folder, no file, no permission. The job fails with this text. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}
