import { messageOf } from "@lookalike/shared/runtime/errors";
import { SourceRefused } from "@lookalike/shared/sources/source-roots";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import type { Decoders } from "../decode/decoders.ts";
import { HttpProblem } from "../http/problems.ts";
import type { PicturesOf } from "../pictures/picture.ts";
import { storeObject } from "../pictures/thumbnails.ts";
import type { Spool, SpooledFile } from "../spool/spool.ts";
import type { LookAt } from "./why.ts";

interface LookParts {
  readonly decoders: Pick<Decoders, "verify">;
  readonly spool: Spool;
  readonly picturesOf: PicturesOf;
}

/** Looks at two pictures of a catalog in a process that decodes; objects of a bucket are stored on the disk for it. */
export const createLookAt =
  ({ decoders, spool, picturesOf }: LookParts): LookAt =>
  async (catalog, a, b) => {
    const copies: SpooledFile[] = [];
    try {
      const pictures = await picturesOf(catalog);
      const fileOf = async (image: CatalogImage) => {
        const file = pictures.fileOf(image);
        if (file !== null) return file;
        const copy = await storeObject(spool, await pictures.open(image));
        copies.push(copy);
        return copy.path;
      };
      return await decoders.verify(await fileOf(a), await fileOf(b));
    } catch (error) {
      if (error instanceof SourceRefused) throw new HttpProblem(410, "source-refused", messageOf(error));
      throw error;
    } finally {
      await Promise.all(copies.map((copy) => copy.delete()));
    }
  };
