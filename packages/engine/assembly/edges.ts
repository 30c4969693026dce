// Edges leave a kernel as (a, b, distance), three u32 each, through one buffer that the host empties.

/** The host takes the first `count` edges out of the buffer. */
@external("host", "flush")
declare function flush(count: i32): void;

const EDGE_BYTES: usize = 12;

let buffer: usize = 0;
let capacity: i32 = 0;
let count: i32 = 0;

export function setEdgeBuffer(pointer: usize, edges: i32): void {
  buffer = pointer;
  capacity = edges;
  count = 0;
}

export function flushEdges(): void {
  if (count > 0) flush(count);
  count = 0;
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
export function addEdge(a: u32, b: u32, distance: u32): void {
  const at = buffer + <usize>count * EDGE_BYTES;
  store<u32>(at, a);
  store<u32>(at, b, 4);
  store<u32>(at, distance, 8);
  if (++count == capacity) flushEdges();
}
