import { Readable } from "node:stream";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { findImages } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import { type GroupsOf, listGroups } from "@lookalike/shared/store/results/groups";
import { z } from "zod";
import { ExportFormat, exportFile, MEDIA_TYPE } from "../exports/export-file.ts";
import { exportRows } from "../exports/export-rows.ts";
import { identityIn } from "../exports/script.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { Problem } from "../http/problems.ts";
import { groupsOf, readCatalog } from "../plugins/tenant-scope.ts";
import { groupResources } from "../resources/group.ts";

const GROUPS_PER_PAGE = 500;

/** The images of every group of a result, read one page of groups at a time. @param withIdentity as scripts need it */
async function* readGroups(db: Db, of: GroupsOf, catalog: CatalogRow, withIdentity: boolean) {
  for (let after = 0; ; ) {
    const rows = await listGroups(db, of, {}, { by: "number", after }, GROUPS_PER_PAGE);
    const groups = await groupResources(db, rows);
    const ordinals = withIdentity ? groups.flatMap(({ members }) => members.map(({ ordinal }) => ordinal)) : [];
    const images = await findImages(db, catalog, ordinals);
    const identities = new Map(images.map((image) => [image.ordinal, identityIn(catalog, image)]));
    for (const group of groups) yield exportRows(group, (ordinal) => identities.get(ordinal) ?? null);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

export const exportRoutes = (app: Version1): void => {
  app.get(
    "/jobs/:job/export",
    operation(
      "The groups and decisions as a file",
      { 200: z.any().meta({ description: "The file" }), 422: Problem },
      {
        description:
          "`csv` and `ndjson`: every grouped image; in `csv`, a text that a spreadsheet would calculate begins with an apostrophe. `sh`: a script over the files that were decided to go, which only prints their names until it is given a command, and leaves each of which no image that stays is as it was. `tags`: for `exiftool -csv=FILE`, digiKam's tags list.",
        produces: Object.values(MEDIA_TYPE).map((type) => type.split(";")[0] ?? type),
        querystring: z.object({ format: ExportFormat.default("csv") }),
        config: { kind: "export" },
      },
    ),
    async ({ access, db, job, query: { format } }, reply) => {
      const catalog = await readCatalog(db, access, job.catalogId);
      const file = exportFile(format, readGroups(db, groupsOf(job), catalog, format === "sh"), catalog);
      const extension = format === "tags" ? "tags.csv" : format;
      return reply
        .type(MEDIA_TYPE[format])
        .header("content-disposition", `attachment; filename="lookalike-${job.id}.${extension}"`)
        .send(Readable.from(file));
    },
  );
};
