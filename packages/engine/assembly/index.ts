export { flushEdges, setEdgeBuffer } from "./edges";
export { joinRows, toPlanes } from "./exhaustive";
export { joinBand, sampleCollisions } from "./indexed";
export { collapseRows, reorderBytes } from "./rows";
export { sortByBand } from "./sort-by-band";
