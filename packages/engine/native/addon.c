// join.c for Node, by Node-API: one binary for every version of Node (https://nodejs.org/api/n-api.html).
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "join.h"

enum { EDGE_WORDS = 3 };

static void *bytes_of(napi_env env, napi_value array, size_t *length) {
  void *data = NULL;
  napi_value buffer;
  size_t offset;
  napi_typedarray_type type;
  napi_get_typedarray_info(env, array, &type, length, &data, &buffer, &offset);
  return data;
}

static uint32_t number_of(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

// Rows of u64 words as columns; false without memory.
static bool to_columns(const uint64_t *rows, size_t count, size_t row_words, Columns *columns) {
  const size_t padded = (count + PADDED_ROWS - 1) / PADDED_ROWS * PADDED_ROWS;
  uint64_t *words = calloc(padded * row_words + PADDED_ROWS, sizeof *words);
  if (words == NULL) return false;
  for (size_t row = 0; row < count; row++)
    for (size_t k = 0; k < row_words; k++) memcpy(&words[k * padded + row], &rows[row * row_words + k], sizeof *words);
  *columns = (Columns){words, count, padded};
  return true;
}

// join(left: Int32Array, leftCount, right: Int32Array, rightCount, radius, same, edges: Uint32Array, firstRow, variant)
// -> [edges written, next row]
static napi_value join(napi_env env, napi_callback_info info) {
  napi_value arguments[9];
  size_t given = 9;
  napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
  size_t left_length, right_length, edge_length;
  const void *left_rows = bytes_of(env, arguments[0], &left_length);
  const size_t left_count = number_of(env, arguments[1]);
  const void *right_rows = bytes_of(env, arguments[2], &right_length);
  const size_t right_count = number_of(env, arguments[3]);
  bool same = false;
  napi_get_value_bool(env, arguments[5], &same);
  Found found = {.edges = bytes_of(env, arguments[6], &edge_length), .next_row = number_of(env, arguments[7])};
  found.capacity = edge_length / EDGE_WORDS;
  const size_t row_words = left_count == 0 ? 0 : left_length / 2 / left_count;
  Columns left = {0}, right = {0};
  if (row_words > MAX_WORDS || !to_columns(left_rows, left_count, row_words, &left) ||
      !to_columns(right_rows, right_count, row_words, &right)) {
    free((void *)left.words);
    napi_throw_error(env, NULL, row_words > MAX_WORDS ? "rows of more than 256 bits" : "out of memory");
    return NULL;
  }
  join_columns(left, right, row_words, number_of(env, arguments[4]), same, join_variant(number_of(env, arguments[8])),
               &found);
  free((void *)left.words);
  free((void *)right.words);
  napi_value result, number;
  napi_create_array_with_length(env, 2, &result);
  napi_create_uint32(env, (uint32_t)found.count, &number);
  napi_set_element(env, result, 0, number);
  napi_create_uint32(env, (uint32_t)found.next_row, &number);
  napi_set_element(env, result, 1, number);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function, name, names;
  napi_create_function(env, "join", NAPI_AUTO_LENGTH, join, NULL, &function);
  napi_set_named_property(env, exports, "join", function);
  napi_create_array(env, &names);
  for (uint32_t number = 0; join_variant(number) != NULL; number++) {
    napi_create_string_utf8(env, join_variant(number), NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, number, name);
  }
  napi_set_named_property(env, exports, "instructions", names);
  return exports;
}
