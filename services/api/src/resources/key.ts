import { iso } from "@lookalike/shared/domain/primitives/encoding";
import { AccessScope } from "@lookalike/shared/domain/review/access";
import type { AccessKeyRow } from "@lookalike/shared/store/access/access-keys";
import { z } from "zod";

export const AccessKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: AccessScope,
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "AccessKey" });

export const NewAccessKey = z
  .strictObject({
    name: z.string().trim().min(1).max(100).meta({ description: "Who uses it: stands in what they decide" }),
    scope: AccessScope.default("write"),
  })
  .meta({ id: "NewAccessKey" });

/** An access key as clients see it, without the key itself. */
export const keyResource = (row: AccessKeyRow): z.infer<typeof AccessKey> =>
  AccessKey.parse({ ...row, createdAt: iso(row.createdAt), revokedAt: iso(row.revokedAt) });
