// Edges leave a kernel as (a, b, distance), three 32-bit numbers each, through one buffer that the host empties.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The host takes the first `count` edges out of the buffer. In WebAssembly an import; in native code, addon.c has it.
#if defined(__wasm__)
__attribute__((import_module("host"), import_name("flush")))
#endif
void flush(uint32_t count);

typedef struct {
  uint32_t *buffer;
  uint32_t capacity, count;
} Edges;

static inline void flush_edges(Edges *edges) {
  if (edges->count > 0) flush(edges->count);
  edges->count = 0;
}

static inline void add_edge(Edges *edges, uint32_t a, uint32_t b, uint32_t distance) {
  uint32_t *edge = edges->buffer + 3 * (size_t)edges->count++;
  edge[0] = a;
  edge[1] = b;
  edge[2] = distance;
  if (edges->count == edges->capacity) flush_edges(edges);
}
