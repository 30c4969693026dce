/** One tenant until access keys bind a request to its own; every row and subject carries it already. */
export const TENANT = "default";
