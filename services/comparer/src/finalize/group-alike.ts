import { checkKeeper, type FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { type GraphGrouping, groupNodes } from "@lookalike/shared/domain/grouping/grouping";
import type { ImageClasses } from "@lookalike/shared/domain/grouping/image-classes";
import { imageDistance, imageGroups } from "@lookalike/shared/domain/grouping/image-groups";
import type { Member } from "@lookalike/shared/domain/grouping/keeper";
import { similarityGraph } from "@lookalike/shared/domain/grouping/similarity";
import { classVerdicts, type PairOfKind } from "@lookalike/shared/domain/grouping/verified-edges";
import { type Suppressions, separate } from "@lookalike/shared/domain/review/decisions";
import type { NewGroup } from "@lookalike/shared/store/results/results";
import pMap from "p-map";
import { INSPECTED_AT_ONCE } from "./inspect-files.ts";
import { groupOfLookAlikes } from "./new-group.ts";

interface Alike {
  readonly classes: ImageClasses;
  /** Between classes, within the threshold, that nobody has refused. */
  readonly edges: Edges;
  readonly pairs: readonly PairOfKind[];
  readonly separated: Suppressions;
  readonly grouping: GraphGrouping;
}

/** Groups of images with similar hashes, without the pairs that do not show the same, or that owners have separated. */
export const groupAlike = async (
  { classes, edges, pairs, separated, grouping }: Alike,
  readMembers: (ordinals: ReadonlySet<number>) => Promise<(ordinal: number) => Member>,
  findDamage: FindDamage,
): Promise<NewGroup[]> => {
  const graph = similarityGraph(classes.count, edges);
  const { refused, isBelieved } = classVerdicts(classes, pairs);
  // Flat images in one group have equal bytes: distance 0.
  const distance = (a: number, b: number): number => imageDistance(classes, a, b) ?? 0;
  // Nearer than equal hashes are those that somebody has looked at.
  const verifiedDistance = (a: number, b: number): number => (isBelieved(a, b) ? -1 : distance(a, b));
  const groups = imageGroups(classes, groupNodes(graph, grouping), grouping)
    .flatMap((group) => separate(group, refused, verifiedDistance))
    .flatMap((group) => separate(group, separated, distance));
  const memberOf = await readMembers(new Set(groups.flat()));
  return pMap(
    groups,
    async (ordinals) => groupOfLookAlikes(await checkKeeper(ordinals.map(memberOf), findDamage), classes),
    { concurrency: INSPECTED_AT_ONCE },
  );
};
