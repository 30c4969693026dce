import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The projects of `npm test`, in the order in which they run. */
const PROJECTS: readonly string[] = ["system", "int", "unit"];

/** Seconds of CPU that a file takes, with all that it starts, where that is 20 or more. */
const SECONDS: Readonly<Record<string, number>> = {
  "test/faults/nats-node-killed.test.ts": 60,
  "test/browser/review-page.test.ts": 45,
  "test/faults/services-killed.test.ts": 33,
  "test/operate/endpoints.test.ts": 30,
  "test/quickstart/interrupted.test.ts": 30,
  "test/operate/runbook.test.ts": 29,
  "test/sequences/sequences.test.ts": 25,
  "test/api/archives.test.ts": 22,
  "test/cli/cli.test.ts": 21,
  "test/pipeline/files-moved.test.ts": 20,
  "test/quickstart/killed.test.ts": 20,
};

/**
 * Starts the longest files first, so that no worker is still busy with one of them when the others have ended. The files
 * of a project follow one another: vitest ends a worker where the next file is of another one, and a new worker imports
 * all modules again.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification): number => PROJECTS.indexOf(project.name);
    const seconds = ({ moduleId }: TestSpecification): number =>
      Object.entries(SECONDS).find(([file]) => moduleId.endsWith(`/${file}`))?.[1] ?? 0;
    return (await super.sort(files)).sort((a, b) => place(a) - place(b) || seconds(b) - seconds(a));
  }
}
