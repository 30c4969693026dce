import type { DamagedImage, FailedImage, Job } from "@lookalike/client";
import { signal } from "@preact/signals";
import { api, printableTexts, request } from "./api.ts";
import { refreshGroups } from "./groups.ts";

/** The catalog's newest job, updated while it runs. */
export const job = signal<Job | null>(null);
export const failures = signal<readonly FailedImage[]>([]);
/** Images whose files are damaged, at most {@link SHOWN}. */
export const damaged = signal<readonly DamagedImage[]>([]);
const SHOWN = 100;

let stream: EventSource | null = null;

export const closeJob = (): void => {
  stream?.close();
  stream = null;
  job.value = null;
  failures.value = [];
  damaged.value = [];
};

/** Follows the newest job of a catalog until it is over. */
export const openJob = async (catalog: string): Promise<void> => {
  const page = await request(api.GET("/v1/catalogs/{catalog}/jobs", { params: { path: { catalog } } }));
  const newest = page?.items[0];
  if (newest !== undefined) follow(newest);
};

const follow = (started: Job): void => {
  closeJob();
  job.value = started;
  if (started.phase === "done") {
    void readFailures(started);
    return;
  }
  const events = new EventSource(`/v1/jobs/${started.id}/progress`);
  stream = events;
  events.addEventListener("progress", ({ data }: MessageEvent<string>) => {
    const latest = printableTexts(JSON.parse(data) as Job);
    job.value = latest;
    if (latest.phase !== "done") return;
    events.close();
    void readFailures(latest);
    void refreshGroups();
  });
};

const readDamaged = async (id: string): Promise<void> => {
  const page = await request(
    api.GET("/v1/jobs/{job}/damaged", { params: { path: { job: id }, query: { limit: SHOWN } } }),
  );
  if (page !== undefined && job.value?.id === id) damaged.value = page.items;
};

const readFailures = async ({ id, failedImages }: Job): Promise<void> => {
  void readDamaged(id);
  if (failedImages === 0) return;
  const page = await request(
    api.GET("/v1/jobs/{job}/failures", { params: { path: { job: id }, query: { limit: SHOWN } } }),
  );
  if (page !== undefined && job.value?.id === id) failures.value = page.items;
};

export const startJob = async (catalog: string, mode: Job["mode"], acceptMissing = false): Promise<void> => {
  const body = { mode, acceptMissing };
  const started = await request(api.POST("/v1/catalogs/{catalog}/jobs", { params: { path: { catalog } }, body }));
  if (started !== undefined) follow(started);
};

export const sendCommand = async (command: "pause" | "resume" | "cancel"): Promise<void> => {
  const id = job.value?.id;
  if (id === undefined) return;
  await request(api.POST(`/v1/jobs/{job}/${command}`, { params: { path: { job: id } } }));
};
