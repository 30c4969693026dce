import { z } from "zod";

/** read: see everything of the tenant. write: also start, decide, move files. admin: also give out keys. */
export const AccessScope = z.enum(["read", "write", "admin"]);
export type AccessScope = z.infer<typeof AccessScope>;

/** Whether a key of `scope` may do what `needed` asks for. */
export const allows = (scope: AccessScope, needed: AccessScope): boolean =>
  AccessScope.options.indexOf(scope) >= AccessScope.options.indexOf(needed);
