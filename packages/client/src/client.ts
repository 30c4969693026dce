import createFetchClient, { type Client as FetchClient } from "openapi-fetch";
import type { components, paths } from "./schema.ts";

type Schemas = components["schemas"];
export type Archive = Schemas["Archive"];
export type BulkResult = Schemas["BulkResult"];
export type Catalog = Schemas["Catalog"];
export type Decision = Schemas["Decision"];
export type DamagedImage = Schemas["DamagedImage"];
export type FailedImage = Schemas["FailedImage"];
export type Group = Schemas["Group"];
export type GroupDetail = Schemas["GroupDetail"];
export type Job = Schemas["Job"];
export type NewCatalog = Schemas["NewCatalogInput"];
export type NewDecision = Schemas["NewDecision"];
export type Problem = Schemas["Problem"];
export type QueryResult = Schemas["QueryResult"];
export type Statistics = Schemas["Statistics"];
export type Why = Schemas["Why"];

export type Client = FetchClient<paths>;

/**
 * A client of the API at `address`; paths, parameters and answers are typed by the OpenAPI document.
 * @param key an access key; left out where a browser's cookie gives access
 * @param signal ends its requests
 * @param send sends them; left out: fetch
 */
export const createClient = (
  address: string,
  key?: string,
  signal: AbortSignal | null = null,
  send?: (request: Request) => Promise<Response>,
): Client =>
  createFetchClient<paths>({
    baseUrl: address,
    signal,
    ...(send === undefined ? {} : { fetch: send }),
    ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
  });

/** The API said no: what the problem details say. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly type: string;
  readonly status: number;
  /** Address of the thing in question; undefined = there is none. */
  readonly instance: string | undefined;

  constructor({ type, status, detail, instance }: Pick<Problem, "type" | "status" | "detail" | "instance">) {
    super(detail);
    this.instance = instance;
    this.type = type;
    this.status = status;
  }
}

/** The body of a good answer. @throws ApiProblem for any other */
export const bodyOf = <Data>(answer: { data?: Data; error?: unknown; response: Response }): Data => {
  if (answer.data !== undefined) return answer.data;
  const problem = answer.error as Problem | undefined;
  throw new ApiProblem(
    problem?.detail === undefined
      ? { type: "about:blank", status: answer.response.status, detail: `The API answered ${answer.response.status}.` }
      : problem,
  );
};

type Page = { readonly limit: number; readonly cursor?: string };
type Answer<Data> = Parameters<typeof bodyOf<Data>>[0];

/**
 * The items of a list, page after page, as they are read.
 * @param read reads the page that a query selects
 * @param limit items a page
 */
export async function* itemsOf<Item>(
  read: (query: Page) => Promise<Answer<{ items: Item[]; next: string | null }>>,
  limit = 1_000,
): AsyncGenerator<Item> {
  for (let query: Page | null = { limit }; query !== null; ) {
    const { items, next }: { items: Item[]; next: string | null } = bodyOf(await read(query));
    yield* items;
    query = next === null ? null : { limit, cursor: next };
  }
}
