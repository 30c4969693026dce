import { classEdges } from "@lookalike/shared/domain/grouping/class-edges";
import { groupNodes } from "@lookalike/shared/domain/grouping/grouping";
import { classifyImages, membersOf, type StoredHashes } from "@lookalike/shared/domain/grouping/image-classes";
import { similarityGraph } from "@lookalike/shared/domain/grouping/similarity";
import { OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import type { EdgePart } from "../services/comparer/src/compare/edge-parts.ts";

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** How many groups the system would make of one block of images and the edges among them. */
export const countGroups = async (
  block: StoredHashes,
  hashBytes: number,
  results: readonly Pick<EdgePart, "edges">[],
  thresholdBits: number,
): Promise<number> => {
  const images = block.states.length;
  const layout = { blockSize: images, extent: images, hashBytes };
  const classes = await classifyImages(each([block]), layout, OrdinalSet.below(images));
  const edges = await classEdges(each(results), classes, thresholdBits);
  const groups = groupNodes(similarityGraph(classes.count, edges), "clique");
  const grouped = new Set(groups.flat());
  let equal = 0;
  for (let number = 0; number < classes.count; number += 1)
    if (membersOf(classes, number).length > 1 && !grouped.has(number)) equal += 1;
  return groups.length + equal;
};
