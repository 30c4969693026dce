import { JobOptions, type Source } from "@lookalike/shared/domain/options";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/fail";
import { z } from "zod";

const Job = z.object({
  id: z.string(),
  options: JobOptions,
  state: z.string(),
  phase: z.string(),
  failure: z.string().nullable(),
  thresholdBits: z.int().nullable(),
  kernel: z.string().nullable(),
  kernelReason: z.string().nullable(),
  totalImages: z.int(),
  completedImages: z.int(),
  failedImages: z.int(),
  totalBlocks: z.int(),
  totalBlockPairs: z.int(),
  completedBlockPairs: z.int(),
  totalTasks: z.int(),
  completedTasks: z.int(),
  quarantinedTasks: z.int(),
  etaSeconds: z.number().nullable(),
  result: z.object({ flatImages: z.int(), edges: z.int() }).nullable(),
});
export type Job = z.infer<typeof Job>;

const Group = z.object({
  kind: z.string(),
  keeper: z.int(),
  keeperReason: z.string(),
  reclaimableBytes: z.int(),
  members: z.array(
    z.object({
      ordinal: z.int(),
      path: z.string(),
      distance: z.int().nullable(),
      width: z.int().optional(),
      height: z.int().optional(),
      bytes: z.int().optional(),
    }),
  ),
});
export type Group = z.infer<typeof Group>;

const FailedImage = z.object({ path: z.string(), reason: z.string(), detail: z.string() });
export type FailedImage = z.infer<typeof FailedImage>;

const Created = z.object({ id: z.string() });
const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() });

const REQUEST_MS = 30_000;
const PAGE = 1_000;

/** The part of the REST API that the quick start uses. */
export interface Client {
  /** The catalog of this name, made when there is none. */
  openCatalog(name: string, source: Source): Promise<string>;
  startJob(catalog: string, options: JobOptions): Promise<Job>;
  readJob(id: string): Promise<Job>;
  latestJob(catalog: string): Promise<Job | null>;
  groups(job: string): AsyncGenerator<Group>;
  failures(job: string): AsyncGenerator<FailedImage>;
}

export const createClient = (address: () => string, key: string): Client => {
  const request = async <Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    body?: object,
  ): Promise<z.infer<Schema>> => {
    const response = await fetch(`${address()}/v1${path}`, {
      signal: AbortSignal.timeout(REQUEST_MS),
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return schema.parse(answer);
    const { detail } = z.object({ detail: z.string() }).parse(answer);
    throw new OperatorError(detail, EXIT.error);
  };
  const items = async function* <Item extends z.ZodType>(item: Item, path: string): AsyncGenerator<z.infer<Item>> {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: { items: z.infer<Item>[]; next: string | null } = await request(
        pageOf(item),
        `${path}?limit=${PAGE}${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      yield* page.items;
      cursor = page.next;
    }
  };
  return {
    async openCatalog(name, source) {
      const known = await request(pageOf(Created), `/catalogs?name=${encodeURIComponent(name)}`);
      return (known.items[0] ?? (await request(Created, "/catalogs", { name, source }))).id;
    },
    startJob: (catalog, options) => request(Job, `/catalogs/${catalog}/jobs`, options),
    readJob: (id) => request(Job, `/jobs/${id}`),
    latestJob: async (catalog) =>
      (await request(z.object({ items: z.array(Job) }), `/catalogs/${catalog}/jobs`)).items[0] ?? null,
    groups: (job) => items(Group, `/jobs/${job}/groups`),
    failures: (job) => items(FailedImage, `/jobs/${job}/failures`),
  };
};
