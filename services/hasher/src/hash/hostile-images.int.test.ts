import { createLogger } from "@lookalike/shared/runtime/log";
import pMap from "p-map";
import { expect, it } from "vitest";
import { hostileImages } from "../../../../test/support/hostile-images/hostile-images.ts";
import { watchMemory } from "../../../../test/support/peak-memory.ts";
import { createDecoders } from "./decoders.ts";

/** `npm run test:fuzz` has more than 4,000 files, `npm test` a few of each kind. */
const IMAGES = Number(process.env["HOSTILE_IMAGES"] ?? "150");
/** Another seed changes the files in other ways. */
const SEED = Number(process.env["SEED"] ?? "18");
const PROCESSES = 2;
const SLOWEST = 5;
/** Reasons that say that the process was lost. */
const LOST = ["crash", "out-of-memory", "timeout"];

const LIMITS = {
  LOOKALIKE_DECODER_MEMORY_BYTES: 2 ** 31,
  LOOKALIKE_IMAGE_TIMEOUT_SECONDS: 60,
  LOOKALIKE_MAX_FILE_BYTES: 2 ** 30,
  LOOKALIKE_MAX_PIXELS: 300_000_000,
  LOOKALIKE_PIXELS_IN_FLIGHT: 200_000_000,
};

it(`${IMAGES} hostile files (SEED=${SEED}) end as a hash or a reason, the same every time`, async () => {
  const images = await hostileImages(IMAGES, SEED);
  expect(images.length).toBeGreaterThanOrEqual(IMAGES);
  const named: string[] = [];
  const log = createLogger("hasher", "silent");
  log.warn = ({ image }: { image: string }) => void named.push(image);
  const decoders = createDecoders(LIMITS, PROCESSES, log, new URL("../../dist/hash/decode-child.js", import.meta.url));
  const mostMegabytes = watchMemory();
  const times: { readonly name: string; readonly seconds: number }[] = [];
  const answersOf = async (order: typeof images): Promise<Map<string, string>> => {
    const answers = new Map<string, string>();
    const answer = async ({ name, bytes }: (typeof images)[number]): Promise<void> => {
      const file = bytes();
      const started = performance.now();
      const outcome = await decoders.hash({ content: file, features: 64 }, name);
      times.push({ name, seconds: (performance.now() - started) / 1_000 });
      const isLost = outcome.kind === "failed" && LOST.includes(outcome.failure.reason);
      expect([name, named.includes(name)]).toEqual([name, isLost]);
      answers.set(name, JSON.stringify(outcome));
    };
    await pMap(order, answer, { concurrency: PROCESSES });
    return answers;
  };
  const first = await answersOf(images);
  named.length = 0;
  // In the other order, since an answer must not depend on what a process decoded before.
  const second = await answersOf(images.toReversed());
  await decoders.close();

  const reasons: Record<string, number> = {};
  for (const text of first.values()) {
    const { kind, failure } = JSON.parse(text) as { kind: string; failure?: { reason: string } };
    const reason = failure?.reason ?? kind;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const slowest = times.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  console.log(
    `${images.length} hostile files, twice: a process had ${mostMegabytes()} MB at most. ${JSON.stringify(reasons)}`,
    ...slowest.map(({ name, seconds }) => `\n${seconds.toFixed(1)} s: ${name}`),
  );
  expect(new Set(first.keys()).size).toBe(images.length);
  expect([...second].filter(([name, text]) => first.get(name) !== text)).toEqual([]);
}, 3_600_000);
