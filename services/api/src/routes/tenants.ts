import { managesTenants, OPERATORS_TENANT } from "@lookalike/shared/domain/review/access";
import { createKey } from "@lookalike/shared/store/access/access-keys";
import { disableTenant, insertTenant, listTenants } from "@lookalike/shared/store/access/tenants";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf } from "../http/page.ts";
import { conflict, found, HttpProblem, notFound } from "../http/problems.ts";
import type { Access } from "../plugins/access.ts";
import { CreatedTenant, ListedTenant, NewTenant, Tenant } from "../resources/tenant.ts";

const config = { scope: "admin" } as const;

const requireOperator = (access: Access): void => {
  if (managesTenants(access)) return;
  throw new HttpProblem(403, "scope", `This needs an admin key of the tenant ${OPERATORS_TENANT}.`);
};

export const tenantRoutes = (app: Version1, tenants: TenantStores): void => {
  const { db } = tenants.everyTenant;
  app.post(
    "/tenants",
    operation(
      "Make a tenant and its first key, of scope admin; the key is shown this once",
      { 201: CreatedTenant },
      { body: NewTenant, config },
    ),
    async ({ access, body: { id, keyName } }, reply) => {
      requireOperator(access);
      const key = createKey();
      const created = await insertTenant(db, id, { key, name: keyName });
      if (created === null) throw conflict("tenant-exists", `There is a tenant ${id} already.`);
      reply.code(201).header("cache-control", "no-store");
      return { ...created, firstKey: { ...created.firstKey, key } };
    },
  );

  app.get("/tenants", operation("All tenants", { 200: listOf(ListedTenant) }, { config }), async ({ access }) => {
    requireOperator(access);
    return { items: await listTenants(db) };
  });

  app.patch(
    "/tenants/:tenant",
    operation(
      "Disable a tenant: its keys are refused until it is enabled again; what it has stays",
      { 200: Tenant },
      { params: z.object({ tenant: z.string() }), body: z.strictObject({ disabled: z.boolean() }), config },
    ),
    async ({ access, params: { tenant: id }, body: { disabled } }) => {
      if (!managesTenants(access)) throw notFound("tenant", id);
      if (id === OPERATORS_TENANT && disabled)
        throw conflict("operators-tenant", `The tenant ${id} manages the others, and can't be disabled.`);
      return found(await disableTenant(db, id, disabled), "tenant", id);
    },
  );
};
