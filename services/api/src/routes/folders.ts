import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { listFolders, listRoots } from "@lookalike/shared/sources/list-folders";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";

const FolderList = z
  .object({
    path: z.string().nullable().meta({ description: "The folder that these are in; null = the tenant's own folders" }),
    parent: z.string().nullable().meta({ description: "The folder above; null where a source may not be in it" }),
    items: z.array(z.object({ name: z.string(), path: z.string().meta({ description: "The root of a source" }) })),
    isComplete: z.boolean().meta({ description: "false: there are more, which are not listed" }),
  })
  .meta({ id: "FolderList" });

export const folderRoutes = (app: Version1, sources: AllowedSources): void => {
  app.get(
    "/folders",
    operation(
      "The folders that a catalog may be created over: the tenant's own, or those in one of them",
      { 200: FolderList },
      {
        querystring: z.object({ path: z.string().min(1).max(4_096).optional() }),
        // Names of folders are for those who may create catalogs over them.
        config: { scope: "write", kind: "folders" },
      },
    ),
    ({ access: { tenant }, query: { path } }) =>
      path === undefined ? listRoots(tenant, sources) : listFolders(path, tenant, sources),
  );
};
