import { itemsOf, type Job } from "@lookalike/client";
import { sumOf } from "@lookalike/shared/domain/job/file-counts";
import { printableLine, printableName } from "@lookalike/shared/runtime/printable";
import type { Client } from "./client.ts";
import { countText, filesLines, type Output } from "./output.ts";

/** Files whose bytes a request compares: all of a request must be read within the API's time limit. */
const VERIFIED_PER_REQUEST = 10;

type Answers = Readonly<Record<"have" | "lesser" | "unconfirmed" | "new" | "not-compared", number>>;

/**
 * Prints what a reference catalog has of each picture of a job, then every file that nobody compared, and at the end
 * whether everything is there.
 * @param verify whether the bytes of the reference's files are compared, too
 */
export const printAgainst = async ({ api }: Client, output: Output, job: Job, verify: boolean): Promise<void> => {
  const answers = { have: 0, lesser: 0, unconfirmed: 0, new: 0, "not-compared": 0 };
  const params = { path: { job: job.id } };
  const images = itemsOf(
    (page) =>
      api.GET("/v1/jobs/{job}/reference", {
        params: { ...params, query: { ...page, verify: verify ? "true" : "false" } },
      }),
    verify ? VERIFIED_PER_REQUEST : undefined,
  );
  for await (const item of images) {
    const { answer, detail, image, match } = item;
    answers[answer] += 1;
    const other = match === null ? "" : `  ~  ${match.path === null ? "?" : printableName(match.path)}`;
    const version = answer === "have" && match !== null && !match.equalBytes ? `  (${match.distance} bits away)` : "";
    const why = detail === null ? "" : `  (${printableLine(detail)})`;
    output.print(item, `${answer.padEnd(4)}  ${printableName(image.path)}${other}${version}${why}`);
  }
  const files = itemsOf((query) => api.GET("/v1/jobs/{job}/unlisted-files", { params: { ...params, query } }));
  let unlisted = 0;
  for await (const file of files) {
    unlisted += 1;
    const { path, detail } = file;
    // It is among the images, too: as one that failed.
    if (file.class === "unreadable") continue;
    answers["not-compared"] += 1;
    output.print(
      { ...file, answer: "not-compared" },
      `not-compared  ${printableName(path)}  (${file.class}: ${printableLine(detail)})`,
    );
  }
  // A walk names 100,000 files at most.
  answers["not-compared"] += Math.max(0, unlistedFiles(job) - unlisted);
  output.print({ answers, fileCounts: job.fileCounts }, [...filesLines(job), summaryText(job, answers)].join("\n"));
};

/** Files that the job's walk found and neither listed nor excluded. */
const unlistedFiles = ({ fileCounts }: Job): number =>
  fileCounts === null ? 0 : fileCounts.total - fileCounts.images - sumOf(fileCounts.excluded);

/** Whether a person may let go of the source: only where all of it is in the reference. */
const summaryText = ({ fileCounts }: Job, answers: Answers): string => {
  const open = [
    [answers.new, "not there"],
    [answers.lesser, "there only smaller or damaged"],
    [answers.unconfirmed, "no longer there as they were"],
    [answers["not-compared"], "not compared"],
    [fileCounts === null ? 0 : sumOf(fileCounts.excluded), "excluded"],
  ] as const;
  const rest = open.filter(([count]) => count > 0).map(([count, text]) => `${count.toLocaleString("en")} ${text}`);
  const have = `${countText(answers.have, "picture")} there`;
  if (fileCounts === null)
    return `${[have, ...rest].join(", ")}. This job did not look for files that are no pictures: nobody knows whether all are there.`;
  if (rest.length > 0 || fileCounts.unreadablePaths.length > 0)
    return `${[have, ...rest].join(", ")}: not everything is there.`;
  return `${have}: everything is there.`;
};
