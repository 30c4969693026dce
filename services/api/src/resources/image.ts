import { toHex } from "@lookalike/shared/domain/image/file-name";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import type { z } from "zod";
import type { Image } from "./schemas.ts";

/** An image as clients see it. */
export const imageResource = ({
  facts,
  contentDigest,
  fingerprint: _,
  ...image
}: CatalogImage): z.infer<typeof Image> => ({
  ...facts,
  ...image,
  contentDigest: contentDigest === null ? null : toHex(contentDigest),
});
