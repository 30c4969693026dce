import { z } from "zod";

/**
 * What an access key allows. read: everything of the tenant may be seen. write: jobs may also be started, groups
 * decided and files moved. admin: keys may also be created and revoked.
 */
export const AccessScope = z.enum(["read", "write", "admin"]);
export type AccessScope = z.infer<typeof AccessScope>;

/** Whether a key of `scope` may do what requires `required`: each scope includes the ones listed before it. */
export const allows = (scope: AccessScope, required: AccessScope): boolean =>
  AccessScope.options.indexOf(scope) >= AccessScope.options.indexOf(required);

/** The tenant of the first key. Its admin keys also manage the tenants. */
export const OPERATORS_TENANT = "default";

/** Whether a key may create, list and disable tenants. */
export const managesTenants = ({ tenant, scope }: { readonly tenant: string; readonly scope: AccessScope }): boolean =>
  tenant === OPERATORS_TENANT && allows(scope, "admin");
