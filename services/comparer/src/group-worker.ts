import type { Edges } from "@lookalike/shared/domain/edges";
import { groupNodes } from "@lookalike/shared/domain/grouping";
import type { Grouping } from "@lookalike/shared/domain/options";
import { similarityGraph } from "@lookalike/shared/domain/similarity";

export interface GroupRequest {
  readonly nodes: number;
  readonly edges: Edges;
  readonly grouping: Grouping;
}

/** Runs in a worker thread: groups the nodes of the similarity graph. */
export default ({ nodes, edges, grouping }: GroupRequest): number[][] =>
  groupNodes(similarityGraph(nodes, edges), grouping);
