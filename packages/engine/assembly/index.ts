export { flushEdges, setEdgeBuffer } from "./edges";
export { joinRows, toPlanes } from "./exhaustive";
export { joinBand, sampleMeetings, sortByBand } from "./indexed";
export { collapseRows, reorderBytes } from "./rows";
