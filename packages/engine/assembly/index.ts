export { flushEdges, setEdgeBuffer } from "./edges";
export { joinRows, toPlanes } from "./exhaustive";
export { joinBand, sampleMeetings } from "./indexed";
export { collapseRows, reorderBytes } from "./rows";
export { sortByBand } from "./sort-by-band";
