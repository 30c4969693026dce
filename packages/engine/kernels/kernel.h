// A kernel is a plain function over one memory, the same for WebAssembly and for native code. Its parameters are 32-bit
// numbers that the caller stored side by side in that memory; a parameter that points to data is an offset into it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The one list of kernels: addon.c registers each with Node, and src/compare/kernel-calls.ts names their parameters.
#define KERNELS(EACH)    \
  EACH(collapse_rows)    \
  EACH(to_planes)        \
  EACH(join_rows)        \
  EACH(sort_by_band)     \
  EACH(join_band)        \
  EACH(sample_collisions) \
  EACH(dct_hashes)        \
  EACH(count_texture)     \
  EACH(measure_steps)     \
  EACH(find_grid)         \
  EACH(small_hashes)      \
  EACH(find_features)

typedef double Kernel(uint8_t *memory, uint32_t parameters);

#define DECLARE(name) Kernel name;
KERNELS(DECLARE)

#if defined(__wasm__)
#define EXPORTED(name) __attribute__((export_name(#name)))
#else
#define EXPORTED(name)
#endif

#define INLINE static inline __attribute__((always_inline))

// Defines a kernel: KERNEL(name, parameters...) { body }. The body reads its parameters from `in`.
#define KERNEL(name, ...)                                                       \
  typedef struct {                                                              \
    uint32_t __VA_ARGS__;                                                       \
  } name##_parameters;                                                          \
  static inline double name##_body(uint8_t *memory, const name##_parameters in); \
  EXPORTED(name) double name(uint8_t *memory, uint32_t parameters) {            \
    return name##_body(memory, *(const name##_parameters *)(memory + parameters)); \
  }                                                                             \
  static inline double name##_body(uint8_t *memory, const name##_parameters in)

// Edges leave a kernel as (a, b, distance), three 32-bit numbers each, through one buffer that the host empties.

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
