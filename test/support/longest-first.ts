import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Seconds that a file takes alone on two cores, where that is 20 or more. */
const SECONDS: Readonly<Record<string, number>> = {
  "test/faults/services-killed.test.ts": 60,
  "test/quickstart/interrupted.test.ts": 48,
  "test/operate/runbook.test.ts": 55,
  "test/faults/nats-node-killed.test.ts": 60,
  "test/browser/review-page.test.ts": 36,
  "test/faults/postgres-away.test.ts": 35,
  "test/quickstart/refusals.test.ts": 35,
  "test/quickstart/killed.test.ts": 30,
  "test/cli/cli.test.ts": 29,
  "test/quickstart/bad-files.test.ts": 27,
  "test/quickstart/first-run.test.ts": 25,
  "test/pipeline/s3.test.ts": 25,
  "test/pipeline/hashes.test.ts": 20,
  "test/quickstart/ended-early.test.ts": 20,
};

/** Starts the longest files first, so that no worker is still busy with one of them when the others have ended. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = ({ moduleId }: TestSpecification): number =>
      Object.entries(SECONDS).find(([file]) => moduleId.endsWith(`/${file}`))?.[1] ?? 0;
    return (await super.sort(files)).sort((a, b) => seconds(b) - seconds(a));
  }
}
