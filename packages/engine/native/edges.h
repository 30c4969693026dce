// Edges leave a kernel as (a, b, distance) through one buffer that the host empties.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t *buffer;
  size_t count, capacity;
  void (*flush)(void *host, size_t edges);  // takes the first edges out of the buffer
  void *host;
} Edges;

static inline void flush_edges(Edges *edges) {
  if (edges->count > 0) edges->flush(edges->host, edges->count);
  edges->count = 0;
}

static inline void add_edge(Edges *edges, size_t a, size_t b, size_t distance) {
  uint32_t *edge = edges->buffer + 3 * edges->count++;
  edge[0] = (uint32_t)a;
  edge[1] = (uint32_t)b;
  edge[2] = (uint32_t)distance;
  if (edges->count == edges->capacity) flush_edges(edges);
}
