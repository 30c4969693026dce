import { bodyOf } from "@lookalike/client";
import { printableLine } from "@lookalike/shared/runtime/printable";
import type { Command } from "commander";
import type { AddCommands, WithClient } from "../command.ts";
import { countText, printStatus } from "../output.ts";

/** Manages the tenants, with an admin key of the tenant `default`. */
export const addTenantsCommands: AddCommands = (program, withClient) => {
  const tenants = program
    .command("tenants")
    .description("the tenants of this installation, with an admin key of the tenant default")
    .action(
      withClient(async ({ api }, output) => {
        for (const tenant of bodyOf(await api.GET("/v1/tenants")).items) {
          const { id, createdAt, disabledAt, keys, catalogs } = tenant;
          const state = disabledAt === null ? "enabled" : `disabled since ${disabledAt}`;
          const text = `${id}  ${state}  ${countText(keys, "key")}  ${countText(catalogs, "catalog")}  since ${createdAt}`;
          output.print(tenant, text);
        }
      }),
    );

  tenants
    .command("add <tenant>")
    .description("make a tenant and its first key, of scope admin; the key is printed this once")
    .option("--key-name <name>", "who uses the key: it is recorded in what they decide", "owner")
    .action(
      withClient(async ({ api }, output, id: string, { keyName }: { keyName: string }) => {
        const created = bodyOf(await api.POST("/v1/tenants", { body: { id, keyName } }));
        output.print(created, created.firstKey.key);
        if (!output.isJson)
          printStatus(`The admin key of ${printableLine(id)}, shown this once. It makes others: POST /v1/keys.`);
      }),
    );

  addSwitch(tenants, withClient, "disable", "refuse all keys of a tenant, until it is enabled again");
  addSwitch(tenants, withClient, "enable", "accept the keys of a tenant again");
};

const addSwitch = (tenants: Command, withClient: WithClient, verb: "disable" | "enable", about: string): void => {
  tenants
    .command(`${verb} <tenant>`)
    .description(about)
    .action(
      withClient(async ({ api }, output, tenant: string) => {
        const body = { disabled: verb === "disable" };
        const changed = bodyOf(await api.PATCH("/v1/tenants/{tenant}", { params: { path: { tenant } }, body }));
        output.print(changed, `${changed.id}  ${verb}d`);
      }),
    );
};
