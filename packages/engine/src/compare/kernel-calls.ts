/**
 * The kernels of `kernels/*.c`, each with its parameters in the order of its C definition. A kernel finds them side by
 * side in its memory, 32 bits each; those that point to data are offsets into that memory.
 */
export const PARAMETERS = {
  collapse_rows: ["rows", "ordinals", "count", "rowBytes", "table", "slots"],
  to_planes: ["rows", "count", "rowBytes", "planes"],
  join_rows: [
    "left",
    "leftFirst",
    "leftCount",
    "planes",
    "rightFirst",
    "rightCount",
    "rowBytes",
    "stageBytes",
    "radius",
    "same",
    "edges",
    "edgeCapacity",
  ],
  sort_by_band: ["side", "count", "rowBytes", "mask", "values", "valueCount"],
  join_band: [
    "left",
    "right",
    "same",
    "rowBytes",
    "valueCount",
    "flips",
    "radius",
    "earlier",
    "earlierCount",
    "edges",
    "edgeCapacity",
  ],
  sample_collisions: ["left", "leftCount", "right", "rightCount", "rowBytes", "bands", "bandCount", "samples"],
  dct_hashes: ["luma", "width", "height", "cosines", "scratch", "coefficients", "hashes"],
  count_texture: ["luma", "width", "height", "counts"],
  measure_steps: ["luma", "width", "height", "squares", "columns", "rows"],
  find_grid: ["columns", "rows", "width", "height", "source"],
  small_hashes: ["luma", "cb", "cr", "cosines", "hashes"],
  find_features: ["luma", "width", "height", "tests", "cosines", "scratch", "features", "most"],
} as const;

export type KernelName = keyof typeof PARAMETERS;

export type KernelParameters<Name extends KernelName> = Readonly<Record<(typeof PARAMETERS)[Name][number], number>>;

/** Runs a kernel whose parameters are at the offset `parameters` of the memory. @returns what the kernel returns */
export type CallKernel = (kernel: KernelName, parameters: number) => number;
