import { type PictureView, viewOf, viewPicture } from "@lookalike/engine/verify/picture-view";
import { verifiedPicture, verifyPair } from "@lookalike/engine/verify/verify-pair";
import sharp from "sharp";
import { type Bench, costRow, type Row } from "./bench.ts";
import { distinctPictures } from "./installed-photographs.ts";
import { Choices } from "./quality/random.ts";

/** A phone's photograph has 12 million pixels. */
const SIDE = 4_000;
const QUALITY = 88;
const PICTURES = 24;
const LIMITS = { maxPixels: 300_000_000, timeoutSeconds: 60 };
/** The proxy: the luma of the working picture as a grey JPEG, beside 512 bytes of chroma. */
const PROXY_QUALITY = 90;
const CHROMA_BYTES = 512;
/** The catalog that the prices are of. */
const PHOTOGRAPHS = 100_000;

/** Milliseconds of CPU that work takes, each item once. */
const cpuOf = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<{ results: Result[]; milliseconds: number }> => {
  const begun = process.cpuUsage();
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  const { user, system } = process.cpuUsage(begun);
  return { results, milliseconds: (user + system) / 1_000 / items.length };
};

const proxyOf = ({ pixels: { luma, width, height } }: PictureView): Promise<Buffer> =>
  sharp(luma, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: PROXY_QUALITY })
    .toBuffer();

const viewOfProxy = async ([proxy, { pixels }]: readonly [Buffer, PictureView]): Promise<PictureView> =>
  viewOf({ ...pixels, luma: await sharp(proxy).toColourspace("b-w").raw().toBuffer() });

const present = (view: PictureView | null): PictureView => {
  if (view === null) throw new Error("a picture can't be decoded");
  return view;
};

/** What both ways to the pixels cost, and how two ways to dispatch compare: decision 0094. */
export const verificationTasks: Bench = {
  about: "verification's pixels: a decode or a stored proxy; its dispatch: up to the first open comparison, or any",
  async run(_, say) {
    sharp.cache(false);
    const files: Buffer[] = [];
    for (const path of distinctPictures().slice(0, PICTURES))
      files.push(await sharp(path).resize({ width: SIDE }).jpeg({ quality: QUALITY }).toBuffer());
    await viewPicture(firstOf(files), LIMITS);
    const decode = await cpuOf(files, async (file) => present(await viewPicture(file, LIMITS)));
    const make = await cpuOf(decode.results, proxyOf);
    const pairs = make.results.map((proxy, index) => [proxy, present(decode.results[index] ?? null)] as const);
    const again = await cpuOf(pairs, viewOfProxy);
    const bytes = make.results.reduce((sum, { length }) => sum + length + CHROMA_BYTES, 0) / make.results.length;
    const same = again.results.filter((view, index) => {
      const whole = present(decode.results[index] ?? null);
      const verdict = verifyPair(
        verifiedPicture(view.pixels, view.evidence),
        verifiedPicture(whole.pixels, whole.evidence),
      );
      return verdict?.kind === "re-encoded";
    });
    const ms = (value: number): string => `${value.toFixed(1)} ms of CPU`;
    say(`decode, working picture and evidence of ${SIDE} pixels a side: ${ms(decode.milliseconds)}`);
    say(`proxy: ${ms(make.milliseconds)} to make, ${ms(again.milliseconds)} to read, ${bytes.toFixed(0)} bytes`);
    say(`proxies that verify as their picture: ${same.length} of ${pairs.length}`);
    const breakEven = make.milliseconds / (decode.milliseconds - again.milliseconds);
    say(`the proxy takes less CPU where more than ${(100 * breakEven).toFixed(0)} % of the pictures are decoded again`);
    const gigabytes = (PHOTOGRAPHS * bytes) / 1e9;
    say(`${PHOTOGRAPHS} photographs: ${gigabytes.toFixed(1)} GB of proxies in PostgreSQL, and 4/3 of it in the log`);
    return [
      ...[0.02, 0.1, 0.3].map((share): Row => {
        const seconds = (milliseconds: number): number => (PHOTOGRAPHS * milliseconds) / 1_000;
        return costRow({
          bench: "verification-tasks",
          case: `${100 * share} % of ${PHOTOGRAPHS} photographs decoded again`,
          ours: seconds(share * decode.milliseconds),
          rival: "proxy of all",
          theirs: seconds(make.milliseconds + share * again.milliseconds),
          unit: "s of CPU",
          goal: null,
        });
      }),
      ...dispatchRows(say),
    ];
  },
};

const firstOf = (files: readonly Buffer[]): Buffer => {
  const [first] = files;
  if (first === undefined) throw new Error("no picture");
  return first;
};

interface Load {
  readonly name: string;
  readonly tasks: number;
  /** Mean seconds of a comparison, and of the verification of what it found. */
  readonly compare: number;
  readonly verify: number;
  /** Of a thousand comparisons, those whose worker dies: they come back after this many seconds. */
  readonly lostOfThousand: number;
  readonly lostSeconds: number;
}

const SLOTS = 4;

/** When all is verified, where a unit may go after its own comparison, and where after all up to its own. */
const ends = ({ tasks, compare, verify, lostOfThousand, lostSeconds }: Load) => {
  const choices = new Choices(1, "dispatch");
  const exponential = (mean: number): number => -mean * Math.log(1 - choices.part());
  const compared = schedule(Array.from({ length: tasks }, () => ({ ready: 0, seconds: exponential(compare) }))).map(
    (end) => end + (choices.part() < lostOfThousand / 1_000 ? lostSeconds : 0),
  );
  let latest = 0;
  const units = compared.map((own) => {
    latest = Math.max(latest, own);
    return { own, prefix: latest, seconds: exponential(verify) };
  });
  const endOf = (ready: "own" | "prefix"): number => {
    const waiting = units.map((unit) => ({ ready: unit[ready], seconds: unit.seconds }));
    return Math.max(...schedule(waiting.sort((one, other) => one.ready - other.ready)));
  };
  return { set: endOf("own"), prefix: endOf("prefix") };
};

/** When each unit of work ends that slots take in this order. */
const schedule = (units: readonly { readonly ready: number; readonly seconds: number }[]): number[] => {
  const free = new Array<number>(SLOTS).fill(0);
  return units.map(({ ready, seconds }) => {
    const slot = free.indexOf(Math.min(...free));
    const end = Math.max(ready, free[slot] ?? 0) + seconds;
    free[slot] = end;
    return end;
  });
};

const LOADS: readonly Load[] = [
  { name: "nothing is lost", tasks: 1_487, compare: 0.2, verify: 4, lostOfThousand: 0, lostSeconds: 0 },
  { name: "1 of 1,000 workers dies", tasks: 1_487, compare: 0.2, verify: 4, lostOfThousand: 1, lostSeconds: 15 },
  {
    name: "1 of 100 dies in each attempt",
    tasks: 1_487,
    compare: 0.2,
    verify: 4,
    lostOfThousand: 10,
    lostSeconds: 225,
  },
  {
    name: "verifying takes as long as comparing",
    tasks: 1_487,
    compare: 2,
    verify: 2,
    lostOfThousand: 1,
    lostSeconds: 15,
  },
];

const dispatchRows = (say: (text: string) => void): Row[] =>
  LOADS.map((load) => {
    const { set, prefix } = ends(load);
    say(`${load.name}: ${prefix.toFixed(0)} s in order, ${set.toFixed(0)} s where any may go`);
    return costRow({
      bench: "verification-tasks",
      case: load.name,
      ours: prefix,
      rival: "a set of what may go",
      theirs: set,
      unit: "s, simulated",
      goal: null,
    });
  });
