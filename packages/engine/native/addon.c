// The kernels for Node, by Node-API: one binary for every version of Node (https://nodejs.org/api/n-api.html).
//
// Each function takes what its twin in assembly/ takes: pointers are offsets into the WebAssembly module's memory,
// which is the first argument. So everything around the kernels is written once, and who has no compiler loses speed
// alone.
#include <node_api.h>
#include <string.h>

#include "exhaustive.h"
#include "indexed.h"
#include "rows.h"

enum { ARGUMENTS = 16 };

// What JavaScript gave: the memory, and after it numbers.
typedef struct {
  uint8_t *memory;
  uint32_t numbers[ARGUMENTS];
  napi_value last;
} Given;

static Given given_to(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS];
  size_t count = ARGUMENTS;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Given given = {.last = arguments[count - 1]};
  napi_get_arraybuffer_info(env, arguments[0], (void **)&given.memory, NULL);
  for (size_t at = 1; at < count; at++) napi_get_value_uint32(env, arguments[at], &given.numbers[at - 1]);
  return given;
}

typedef struct {
  napi_env env;
  napi_value flush;
} Host;

// An exception that it throws goes on when the kernel returns.
static void call_flush(void *host, size_t edges) {
  const Host *js = host;
  napi_value undefined, count;
  napi_get_undefined(js->env, &undefined);
  napi_create_uint32(js->env, (uint32_t)edges, &count);
  napi_call_function(js->env, undefined, js->flush, 1, &count, NULL);
}

static napi_value double_of(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

// joinRows(memory, left, leftFirst, leftCount, planes, rightFirst, rightCount, rowBytes, stageBytes, radius, same,
// instructionSet, edges, capacity, flush)
static napi_value js_join_rows(napi_env env, napi_callback_info info) {
  const Given given = given_to(env, info);
  const uint32_t *n = given.numbers;
  Host host = {env, given.last};
  RowJoin join = {.left = given.memory + n[0],
                  .left_first = n[1],
                  .left_count = n[2],
                  .planes = given.memory + n[3],
                  .right_first = n[4],
                  .right_count = n[5],
                  .row_bytes = n[6],
                  .stage_bytes = n[7],
                  .radius = (uint8_t)n[8],
                  .same = n[9] != 0,
                  .edges = {(uint32_t *)(given.memory + n[11]), 0, n[12], call_flush, &host}};
  join_rows(&join, n[10]);
  return NULL;
}

// collapseRows(memory, rows, ordinals, count, rowBytes, table, slots) -> rows kept
static napi_value js_collapse_rows(napi_env env, napi_callback_info info) {
  const Given given = given_to(env, info);
  const uint32_t *n = given.numbers;
  const size_t kept = collapse_rows((uint64_t *)(given.memory + n[0]), (uint32_t *)(given.memory + n[1]), n[2],
                                    n[3] / sizeof(uint64_t), (uint64_t *)(given.memory + n[4]), n[5]);
  return double_of(env, (double)kept);
}

// A side as assembly/sort-by-band.ts lays it out.
static Side side_of(uint8_t *memory, uint32_t pointer) {
  uint32_t at[5];
  memcpy(at, memory + pointer, sizeof at);
  return (Side){.rows = (uint64_t *)(memory + at[0]),
                .row_of = (uint32_t *)(memory + at[1]),
                .offsets = (uint32_t *)(memory + at[2]),
                .filled = (uint64_t *)(memory + at[3]),
                .heads = (uint64_t *)(memory + at[4])};
}

// sortByBand(memory, side, count, rowBytes, mask, values, valueCount)
static napi_value js_sort_by_band(napi_env env, napi_callback_info info) {
  const Given given = given_to(env, info);
  const uint32_t *n = given.numbers;
  sort_by_band(side_of(given.memory, n[0]), n[1], n[2] / sizeof(uint64_t), (uint64_t *)(given.memory + n[3]),
               (uint32_t *)(given.memory + n[4]), n[5]);
  return NULL;
}

// joinBand(memory, left, right, same, rowBytes, valueCount, flips, radius, earlierBands, earlierBandCount, edges,
// capacity, flush) -> candidates compared
static napi_value js_join_band(napi_env env, napi_callback_info info) {
  const Given given = given_to(env, info);
  const uint32_t *n = given.numbers;
  Host host = {env, given.last};
  BandJoin join = {.left = side_of(given.memory, n[0]),
                   .right = side_of(given.memory, n[1]),
                   .same = n[2] != 0,
                   .row_words = n[3] / sizeof(uint64_t),
                   .value_count = n[4],
                   .flips = n[5],
                   .radius = n[6],
                   .earlier = (uint64_t *)(given.memory + n[7]),
                   .earlier_count = n[8],
                   .edges = {(uint32_t *)(given.memory + n[9]), 0, n[10], call_flush, &host}};
  return double_of(env, join_band(&join));
}

static void add_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  add_function(env, exports, "joinRows", js_join_rows);
  add_function(env, exports, "collapseRows", js_collapse_rows);
  add_function(env, exports, "sortByBand", js_sort_by_band);
  add_function(env, exports, "joinBand", js_join_band);
  napi_value sets, value;
  napi_create_array(env, &sets);
  for (uint32_t number = 0; instruction_set(number) != NULL; number++) {
    napi_create_string_utf8(env, instruction_set(number), NAPI_AUTO_LENGTH, &value);
    napi_set_element(env, sets, number, value);
  }
  napi_set_named_property(env, exports, "instructionSets", sets);
  return exports;
}
