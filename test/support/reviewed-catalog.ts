import { makeDemoCatalog } from "@lookalike/local/demo";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { WITH_KEY } from "./servers.ts";
import { finished, type RunningSystem } from "./system.ts";

/** An answer of the REST API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API answers
  readonly json: any;
}

export interface ReviewedGroup {
  readonly job: string;
  readonly number: number;
  readonly kind: string;
  readonly keeper: number;
  readonly members: { ordinal: number; path: string }[];
  readonly decision: { id: string; verdict: string } | null;
  readonly reopened: { id: string } | null;
}

/** A catalog of the demo's pictures in this system, by the requests that its owner sends. */
export const openReviewedCatalog = async (system: RunningSystem) => {
  const root = system.path("pictures");
  await makeDemoCatalog(root);
  const catalog = await system.client.openCatalog("review", directorySource(root));
  const call = async (
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${system.address}/v1${path}`, {
      method,
      headers: { ...WITH_KEY, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.match(/[/+]json/) ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, json };
  };
  const get = async (path: string) => (await call("GET", path)).json;
  const groupsOf = async (job: string, query = ""): Promise<ReviewedGroup[]> =>
    (await get(`/jobs/${job}/groups?limit=1000${query}`)).items;
  return {
    /** The folder of the pictures. */
    root,
    catalog,
    call,
    get,
    groupsOf,
    /** Runs a job to its end. @throws when it does not complete */
    async runJob(options: object = {}): Promise<string> {
      const { json } = await call("POST", `/catalogs/${catalog}/jobs`, options);
      const job = await finished(system.client, json.id);
      if (job.state !== "completed") throw new Error(JSON.stringify(job));
      return json.id;
    },
    groupWith: async (job: string, path: string): Promise<ReviewedGroup | undefined> =>
      (await groupsOf(job)).find((group) => pathsOf(group).includes(path)),
    decide: (job: string, group: ReviewedGroup | undefined, body: object, headers = {}) =>
      call("POST", `/jobs/${job}/groups/${group?.number}/decisions`, body, headers),
  };
};

export const pathsOf = (group: ReviewedGroup | undefined): string[] => (group?.members ?? []).map(({ path }) => path);
