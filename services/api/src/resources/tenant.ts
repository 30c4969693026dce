import { Envelope } from "@lookalike/shared/domain/job/task";
import { z } from "zod";
import { AccessKey } from "./key.ts";

export const Tenant = z
  .object({
    id: z.string(),
    createdAt: z.iso.datetime(),
    disabledAt: z.iso.datetime().nullable().meta({ description: "Since then its keys are refused" }),
  })
  .meta({ id: "Tenant" });

export const ListedTenant = Tenant.extend({
  keys: z.int().meta({ description: "Its keys that are not revoked" }),
  catalogs: z.int(),
}).meta({ id: "ListedTenant" });

export const NewTenant = z
  .strictObject({
    id: Envelope.shape.tenant.meta({ description: "Its name for good: lower-case letters, digits and hyphens" }),
    keyName: z.string().trim().min(1).max(100).default("owner").meta({ description: "Who uses its first key" }),
  })
  .meta({ id: "NewTenant" });

export const CreatedTenant = Tenant.extend({
  firstKey: AccessKey.extend({ key: z.string() }),
}).meta({ id: "CreatedTenant" });
