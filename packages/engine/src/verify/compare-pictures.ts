import { at } from "@lookalike/shared/domain/primitives/columns";
import { type Changes, largestChanges } from "./changed-blocks.ts";
import { type Block, compareBlocks } from "./compare-blocks.ts";
import { type ColourComparison, compareColours } from "./compare-colours.ts";
import { largestRegion } from "./differing-region.ts";
import { overlapOf } from "./overlap.ts";
import { type ComparedPicture, type Samples, sampleOverlap } from "./sample-grid.ts";
import type { Transform } from "./transform.ts";

/** What two pictures show, one laid over the other. Shares are 0..1. */
export interface Comparison {
  readonly transform: Transform;
  /** How much of each picture the other shows. */
  readonly ofA: number;
  readonly ofB: number;
  /** Blocks that were compared, and those of them with a texture, which are what says most. */
  readonly blocks: number;
  readonly textured: number;
  /** The share of blocks that differ, and of those in the largest region of them. */
  readonly differing: number;
  readonly region: number;
  /** The share of blocks that differ though both pictures have a strong contrast there: other writing, and no sticker or smudge on what was there. */
  readonly replaced: number;
  /** The mean correlation of the blocks with a texture, and of those of them that do not differ; 0 where there are none. */
  readonly correlation: number;
  readonly agreement: number;
  /** By how many levels the tone curve changes a's levels, in the mean of all points. */
  readonly toneChange: number;
  readonly colours: ColourComparison;
  /** null = so much differs that it is no copy, changed or not. */
  readonly changes: Changes | null;
}

/** Levels. Captions have 28 to 41 where they differ, watermarks, blurred faces and stickers 1 to 26. */
const CONTRAST = 25;
/** Copies have a correlation of .97 and more. */
const COPY_CORRELATION = 0.95;
/** A copy differs in no more than a few blocks, where a strong compression left nothing of them. */
const COPY_DIFFERS = 0.01;

/** Compares two pictures as a map of one to the other lays them. @returns null where they do not overlap by a block */
export const comparePictures = (a: ComparedPicture, b: ComparedPicture, transform: Transform): Comparison | null => {
  const overlap = overlapOf(a, b, transform);
  if (overlap === null) return null;
  const samples = sampleOverlap(a, b, transform, overlap);
  const { blocks, ...curves } = compareBlocks(samples);
  if (blocks.length === 0) return null;
  const textured = blocks.filter(({ isTextured }) => isTextured);
  const correlation = meanCorrelation(textured);
  const differing = blocks.filter(({ differs }) => differs).length / blocks.length;
  const mayBeCopy = correlation >= COPY_CORRELATION && differing <= COPY_DIFFERS;
  return {
    transform,
    ofA: overlap.ofA,
    ofB: overlap.ofB,
    blocks: blocks.length,
    textured: textured.length,
    differing,
    region: largestRegion(blocks).length / blocks.length,
    correlation,
    agreement: meanCorrelation(textured.filter(({ differs }) => !differs)),
    toneChange: toneChange(samples, curves.tone),
    colours: compareColours(a, b, transform, samples, blocks),
    replaced: blocks.filter(({ differs, contrast }) => differs && contrast >= CONTRAST).length / blocks.length,
    changes: mayBeCopy ? largestChanges(a, b, transform, samples, curves) : null,
  };
};

const meanCorrelation = (blocks: readonly Block[]): number =>
  blocks.length === 0 ? 0 : blocks.reduce((sum, { correlation }) => sum + correlation, 0) / blocks.length;

const toneChange = ({ a, inside }: Samples, tone: Float64Array): number => {
  let sum = 0;
  let count = 0;
  a.forEach((level, index) => {
    if (inside[index] === 0) return;
    sum += Math.abs(at(tone, Math.round(level)) - level);
    count += 1;
  });
  return sum / count;
};
