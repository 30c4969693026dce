/** The source can't be listed as the job asks: no folder, no file, options that do not fit. The job fails with this text. */
export class ListingError extends Error {
  override readonly name = "ListingError";
}
