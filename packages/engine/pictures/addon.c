// JPEG files to luma and chroma by the system's libjpeg-turbo, and the area mean of decoded pixels, for Node by Node-API. libjpeg-turbo is found when the
// addon is loaded: without it there is no function decodeJpeg.
#include <dlfcn.h>
#include <node_api.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "area-mean.h"

enum { MAX_COMPONENTS = 3, MAX_ROWS = 64, MAX_SCANS = 100 };
// Of libjpeg: JPEG_HEADER_OK, JCS_GRAYSCALE, JCS_YCbCr.
enum { HEADER_OK = 1, GREY = 1, YCBCR = 3 };

// Where the planes are written to.
typedef struct {
  uint32_t width, height, chroma_side;
  uint8_t *planes[MAX_COMPONENTS];
} Planes;

// The functions of libjpeg; the structure that they take differs by its version.
static struct {
  void *(*std_error)(void *);
  void (*create)(void *, int, size_t);
  void (*from_memory)(void *, const unsigned char *, unsigned long);
  int (*read_header)(void *, int);
  int (*start)(void *);
  unsigned (*read_raw_data)(void *, uint8_t ***, unsigned);
  int (*finish)(void *);
  void (*destroy)(void *);
} libjpeg;

#define JOIN(a, b) a##b
#define JPEG_LIB_VERSION 62
#define TYPE(name) JOIN(name, 62)
#include "decode-jpeg.h"
#undef JPEG_LIB_VERSION
#undef TYPE
#define JPEG_LIB_VERSION 80
#define TYPE(name) JOIN(name, 80)
#include "decode-jpeg.h"

typedef bool Decode(const uint8_t *file, size_t length, unsigned shrink, const Planes *to);

static const struct {
  const char *name;
  Decode *decode;
} libraries[] = {
    {"libjpeg.so.62", decode62},
    {"libjpeg.so.8", decode80},
    {"/opt/homebrew/opt/jpeg-turbo/lib/libjpeg.8.dylib", decode80},
    {"/usr/local/opt/jpeg-turbo/lib/libjpeg.8.dylib", decode80},
};

static Decode *decode = NULL;

// The first installed library that is libjpeg-turbo: others with the same names decode to other pixels.
static void find_libjpeg(void) {
  for (size_t index = 0; decode == NULL && index < sizeof libraries / sizeof *libraries; index++) {
    void *library = dlopen(libraries[index].name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) continue;
    *(void **)&libjpeg.std_error = dlsym(library, "jpeg_std_error");
    *(void **)&libjpeg.create = dlsym(library, "jpeg_CreateDecompress");
    *(void **)&libjpeg.from_memory = dlsym(library, "jpeg_mem_src");
    *(void **)&libjpeg.read_header = dlsym(library, "jpeg_read_header");
    *(void **)&libjpeg.start = dlsym(library, "jpeg_start_decompress");
    *(void **)&libjpeg.read_raw_data = dlsym(library, "jpeg_read_raw_data");
    *(void **)&libjpeg.finish = dlsym(library, "jpeg_finish_decompress");
    *(void **)&libjpeg.destroy = dlsym(library, "jpeg_destroy_decompress");
    const bool is_turbo = dlsym(library, "jpeg_skip_scanlines") != NULL && libjpeg.from_memory != NULL;
    if (is_turbo) decode = libraries[index].decode;
    else dlclose(library);
  }
}

static uint32_t number_of(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

// The bytes of a Uint8Array.
static uint8_t *bytes_of(napi_env env, napi_value value, size_t *length) {
  void *bytes = NULL;
  napi_typedarray_type type;
  napi_value buffer;
  size_t offset;
  *length = 0;
  if (napi_get_typedarray_info(env, value, &type, length, &bytes, &buffer, &offset) != napi_ok) return NULL;
  return bytes;
}

static napi_value boolean_of(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

// decodeJpeg(file, shrink, luma, width, height, cb, cr, side): whether the picture is in luma (width x height), cb and cr (side x side)
static napi_value decode_jpeg(napi_env env, napi_callback_info info) {
  napi_value arguments[8];
  size_t count = 8, length, sizes[MAX_COMPONENTS];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint8_t *file = bytes_of(env, arguments[0], &length);
  const Planes to = {
      number_of(env, arguments[3]),
      number_of(env, arguments[4]),
      number_of(env, arguments[7]),
      {bytes_of(env, arguments[2], sizes), bytes_of(env, arguments[5], sizes + 1), bytes_of(env, arguments[6], sizes + 2)},
  };
  const size_t cells = (size_t)to.chroma_side * to.chroma_side;
  const bool fits = file != NULL && to.width > 0 && to.height > 0 && cells > 0 &&
                    sizes[0] >= (size_t)to.width * to.height && sizes[1] >= cells && sizes[2] >= cells;
  return boolean_of(env, fits && decode(file, length, number_of(env, arguments[1]), &to));
}

// areaMean(pixels, width, height, channels, to, newWidth, newHeight): whether there was enough memory
static napi_value area_mean(napi_env env, napi_callback_info info) {
  napi_value arguments[7];
  size_t count = 7, length, new_length;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const uint8_t *pixels = bytes_of(env, arguments[0], &length);
  const uint32_t width = number_of(env, arguments[1]), height = number_of(env, arguments[2]);
  const uint32_t channels = number_of(env, arguments[3]);
  uint8_t *to = bytes_of(env, arguments[4], &new_length);
  const uint32_t new_width = number_of(env, arguments[5]), new_height = number_of(env, arguments[6]);
  const size_t stride = (size_t)width * channels;
  AreaMean mean;
  if (stride == 0 || height == 0 || new_width == 0 || new_height == 0 || length < stride * height ||
      new_length < (size_t)new_width * new_height * channels ||
      !area_mean_begin(&mean, width, height, channels, new_width, new_height, to))
    return boolean_of(env, false);
  for (uint32_t row = 0; row < height; row++) area_mean_add_row(&mean, pixels + row * stride);
  area_mean_end(&mean);
  return boolean_of(env, true);
}

static void add(napi_env env, napi_value exports, const char *name, napi_callback call) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, call, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  find_libjpeg();
  if (decode != NULL) add(env, exports, "decodeJpeg", decode_jpeg);
  add(env, exports, "areaMean", area_mean);
  return exports;
}
