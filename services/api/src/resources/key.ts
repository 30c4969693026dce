import { AccessScope } from "@lookalike/shared/domain/review/access";
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

export const NewSession = z
  .strictObject({
    key: z.string().min(1).max(200),
    insecure: z.boolean().default(false).meta({
      description:
        "A cookie without Secure, for a browser that stores no other one without https. Over https it is Secure.",
    }),
  })
  .meta({ id: "NewSession" });
